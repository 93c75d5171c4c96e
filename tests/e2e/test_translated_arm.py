"""Intermediate tasks trained on in translation, on the command line: published files, and a translation model."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy, texts, write_weather

import toy_translators
from xstilts.cli import main
from xstilts.core.files import read_json

Make = Callable[..., TinyStudy]
OWN: dict[str, Any] = {"strategy": "sequential", "through": ["weather"]}
TRANSLATED = {**OWN, "translated": {"languages": ["de", "sw"]}}


def with_translations(tiny: TinyStudy, **changes: Any) -> TinyStudy:
    """`weather` with its training rows in German and Swahili: row i is row i."""
    for language in ("de", "sw"):
        write_weather(tiny.folder / f"train-{language}.tsv", texts(language, 24, seed=2))
    files = {language: f"train-{language}.tsv" for language in ("de", "sw")}
    tiny.write(tasks={**tiny.tasks, "weather": {**tiny.tasks["weather"], "translations": files}}, **changes)
    return tiny


def small(study: Make, arms: dict[str, Any]) -> TinyStudy:
    return study(seeds=[1], targets=["places"], languages=["de"], arms=arms)


def folder(tiny: TinyStudy, name: str, label: str) -> Path:
    (key,) = {record["key"] for record in tiny.records(name) if record["label"] == label}
    return tiny.store / "steps" / key


def test_published_translations_are_trained_on_and_named(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = with_translations(small(study, {"own": OWN, "translated": TRANSLATED}))
    assert tiny.call("plan") == 0
    assert "note: arm translated: trained on machine translations into de and sw" in capsys.readouterr().out
    assert tiny.call("run") == 0
    summary = read_json(folder(tiny, "train", "weather + weather[de] + weather[sw] · seed 1") / "summary.json")
    rows = {one["name"]: one for one in summary["parts"]}
    assert list(rows) == ["weather", "weather[de]", "weather[sw]"]
    # A quarter of the English rows selects; their translations are not trained on either.
    kept = read_json(folder(tiny, "train", "weather · seed 1") / "summary.json")["parts"][0]["examples"]
    assert {one["examples"] for one in rows.values()} == {kept} and 10 < kept < 24
    assert [one["dev_examples"] for one in rows.values()] == [24 - kept, 0, 0]
    page = (tiny.store / "reports/tiny/report.md").read_text("utf-8")
    assert "arm translated: trained on machine translations into de and sw (published files)" in page
    data = read_json(tiny.store / "reports/tiny/report.json")["data"]
    assert {(one["task"], one["language"]) for one in data if one["use"] == "train"} == {
        ("weather", "en"), ("weather", "de"), ("weather", "sw"), ("places", "en"),
    }  # fmt: skip
    assert tiny.call("run") == 0
    assert "Steps executed: 0." in capsys.readouterr().out


def test_translations_with_other_ids_than_the_original_are_refused(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = with_translations(small(study, {"x": TRANSLATED}))
    for path, start in (("weather-en.tsv", "e"), ("train-de.tsv", "d"), ("train-sw.tsv", "s")):
        header, *rows = (tiny.folder / path).read_text("utf-8").splitlines()
        lines = [f"id\t{header}", *(f"{start}{i}\t{row}" for i, row in enumerate(rows))]
        (tiny.folder / path).write_text("\n".join(lines) + "\n", "utf-8")
    weather = {**tiny.changes["tasks"]["weather"], "columns": {"id": "id", "text": "text", "label": "sky"}}
    tiny.write(tasks={**tiny.tasks, "weather": weather}, targets=["places"])
    assert tiny.call("run") != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "no id of the translated rows ('d0', ...) is one of the original's ('e0', ...)" in said


@pytest.mark.parametrize("rows", [23, 25])
def test_a_translation_of_another_number_of_rows_is_refused_before_anything_is_trained(
    rows: int, study: Make, capsys: pytest.CaptureFixture[str]
):
    tiny = with_translations(small(study, {"x": TRANSLATED}))
    write_weather(tiny.folder / "train-sw.tsv", texts("sw", rows, seed=2))
    assert tiny.call("run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "train-sw.tsv: the translation has" in said and f"has {rows} rows, but what it translates" in said
    assert "weather-en.tsv) has 24" in said and "Nothing was trained" in said and not tiny.records("train")
    tiny.write(allow_missing=True)
    assert tiny.call("run") == 1 and f"weather[sw]: the translation has {rows} rows" in capsys.readouterr().out
    assert not tiny.records("train")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_translators.marian(tmp_path_factory.mktemp("models") / "en-de")


def by_model(model: Path, **more: Any) -> dict[str, Any]:
    translated = {"languages": ["de"], "source": {"model": str(model), "beams": 1}, **more}
    return {**OWN, "translated": translated}


def test_a_model_translates_once_for_all_arms(study: Make, model: Path, capsys: pytest.CaptureFixture[str]):
    arms = {"beside": by_model(model), "instead": by_model(model, original=False)}
    tiny = small(study, arms)
    assert tiny.call("plan") == 0
    assert "translate" in capsys.readouterr().out
    assert tiny.call("run") == 0
    (record,) = tiny.records("translate")
    assert record["label"] == f"weather[de] train by {model}" and "folder" not in record["settings"]
    made = tiny.store / "steps" / record["key"]
    with gzip.open(made / "rows.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    counts = read_json(made / "counts.json")
    assert counts["rows"] == len(rows) and len(rows) + sum(counts["dropped"].values()) in range(10, 24)
    assert {row["label"] for row in rows} <= {"fair", "foul"} and rows[0]["where"].startswith("weather-en.tsv:")
    prepared = read_json(folder(tiny, "prepare", "weather[de] train") / "read.json")
    assert prepared["examples"] == counts["rows"] and prepared["dropped"] == counts["dropped"]
    line = next(one for one in read_json(tiny.store / "reports/tiny/report.json")["data"] if "translated" in one["use"])
    assert (line["task"], line["use"], line["language"]) == ("weather", "train, translated", "de")
    stamps = tiny.stamps()
    assert tiny.call("run") == 0 and tiny.stamps() == stamps
    tiny.write(seeds=[1, 2])
    assert tiny.call("run") == 0
    assert tiny.stamps("translate") == {key: time for key, time in stamps.items() if key.startswith("translate")}


def test_a_model_that_writes_another_language_stops_before_anything_is_trained(
    study: Make, model: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = small(study, {"x": by_model(model, languages=["sw"])})
    assert tiny.call("run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "cannot be told to translate into 'sw': it writes 'de'" in said and "Nothing was trained" in said
    assert not tiny.records("train")


def test_a_model_that_is_not_here_is_said_before_anything_runs(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = small(study, {"none": {"strategy": "direct"}, "x": by_model(Path("o/n"))})
    assert tiny.call("run", "--offline") == 2
    assert "The arm 'x' cannot run: The translation model 'o/n' is not here" in " ".join(
        capsys.readouterr().err.split()
    )
    assert tiny.call("run", "--offline", "--allow-missing") == 0
    assert "o/n" in (tiny.store / "reports/tiny/report.md").read_text("utf-8")


def test_the_model_travels_with_the_study(study: Make, model: Path, capsys: pytest.CaptureFixture[str]):
    tiny = small(study, {"x": by_model(model)})
    archive = tiny.folder / "all.tar"
    assert main(["data", "pack", str(tiny.file), str(archive), "--store", str(tiny.store)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"the encoder {tiny.encoder} and the translation model {model}:" in said
    other = tiny.folder / "other"
    assert main(["data", "unpack", str(archive), "--store", str(other)]) == 0
    assert len(list((other / "translators").rglob("model.safetensors"))) == 1
