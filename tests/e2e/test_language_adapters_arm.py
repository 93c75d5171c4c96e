"""Language adapters of an arm, on the command line: trained from text, below the tasks, changed at prediction."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy, texts

from xstilts.core.files import read_json

Make = Callable[..., TinyStudy]
LANGUAGES = {"text": ["mlm-tatoeba"], "reduction": 4}
SMALL = {"adapter": "pfeiffer", "reduction": 4}
ARM = {"strategy": "direct", "tune_target": SMALL, "language_adapters": LANGUAGES}


def write_text(tiny: TinyStudy, language: str, seed: int = 3) -> None:
    path = tiny.folder / "texts" / "text" / "tatoeba" / f"{language}.txt.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{text}\n" for text, _ in texts(language, 60, seed=seed))
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))


@pytest.fixture
def tiny(study: Make) -> TinyStudy:
    """German has text, Swahili has none."""
    shared = {**ARM, "strategy": "sequential", "through": ["words"], "tune": SMALL}
    made = study(seeds=[1], targets=["weather", "pairs"], keep="all", arms={"madx": ARM, "shared": shared})
    made.write(tasks={**made.tasks, "picks": {**made.tasks["picks"], "test": {"sw": "picks-sw.jsonl"}}})
    for language in ("en", "de"):
        write_text(made, language)
    return made


def call(tiny: TinyStudy, command: str, *more: str) -> int:
    return tiny.call(command, "--data", str(tiny.folder / "texts"), *more)


def artefact(tiny: TinyStudy, name: str, label: str) -> Path:
    (key,) = {record["key"] for record in tiny.records(name) if record["label"] == label}
    return tiny.store / "steps" / key


def to_run(tiny: TinyStudy, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """What a run would do now: labels by the name of the step."""
    capsys.readouterr()
    assert call(tiny, "plan", "--json") == 0
    found: dict[str, list[str]] = {}
    for step in json.loads(capsys.readouterr().out)["steps"]:
        if not step["reused"]:
            found.setdefault(step["name"], []).append(step["label"])
    return found


def test_a_study_with_language_adapters(
    tiny: TinyStudy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert call(tiny, "plan", "--steps") == 0
    said = " ".join(capsys.readouterr().out.split())
    before = r"madx mlm-tatoeba\[en\] 12 3 1 \S+ shared mlm-tatoeba\[en\] → words 12 → 12 4 2 train-\w+"
    assert re.search(before, said), "what comes before the target"
    assert "train mlm-tatoeba[de] · seed 1" in said
    assert "note: arm madx: one language adapter each, trained by masked LM: de, en on mlm-tatoeba" in said
    assert "arm madx: read with the language adapter of en, there is no text of them here: sw" in said
    assert call(tiny, "run") == 0
    assert sorted(record["label"] for record in tiny.records("train")) == [
        "mlm-tatoeba[de] · seed 1",
        "mlm-tatoeba[en] · seed 1",
        "mlm-tatoeba[en] → weather · seed 1",
        "mlm-tatoeba[en] → words · seed 1",
        "mlm-tatoeba[en] → words → weather · seed 1",
    ]
    page = (tiny.store / "reports/tiny/report.md").read_text("utf-8")
    assert "arm shared: read with the language adapter of en, there is no text of them here: sw" in page
    stacked = read_json(artefact(tiny, "train", "mlm-tatoeba[en] → words → weather · seed 1") / "adapter.json")
    assert [entry["settings"]["invertible"] for entry in stacked["adapters"]] == [True, False]
    assert [entry["method"] for entry in stacked["adapters"]] == ["Bottleneck"] * 2
    inputs = {record["label"]: record for record in tiny.records("predict")}
    assert set(inputs) == {f"{target} by mlm-tatoeba[en]{rest} · seed 1" for target, rest in (
        ("weather", " → weather"), ("weather", " → words → weather"), ("pairs", ""), ("pairs", " → words"),
    )}  # fmt: skip
    assert to_run(tiny, capsys) == {}


def test_other_text_of_a_language_changes_what_is_read_with_its_adapter_alone(
    tiny: TinyStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target without German is not predicted again, nothing else is trained again."""
    tiny.write(targets=["weather", "picks"], arms={"madx": ARM})
    assert call(tiny, "run") == 0
    write_text(tiny, "de", seed=4)
    predicted = ["weather by mlm-tatoeba[en] → weather · seed 1"]
    assert to_run(tiny, capsys) == {
        "prepare": ["mlm-tatoeba[de] train"],
        "train": ["mlm-tatoeba[de] · seed 1"],
        "predict": predicted,
        "score": predicted,
    }
    write_text(tiny, "de")
    assert to_run(tiny, capsys) == {}


def test_without_english_text_the_arm_is_refused_before_anything_is_trained(
    tiny: TinyStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny.folder / "texts" / "text" / "tatoeba" / "en.txt.gz").unlink()
    assert call(tiny, "run", "--offline") == 2
    assert "The arm 'madx' cannot run: " in " ".join(capsys.readouterr().err.split()) and not tiny.records("train")
    arm: dict[str, Any] = {"strategy": "direct", "language_adapters": LANGUAGES}
    tiny.write(arms={"x": arm})
    assert call(tiny, "run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "arms.x: With 'language_adapters' the encoder must stay" in said and "tiny.yaml:" in said
