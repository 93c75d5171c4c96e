"""What a user can get wrong: one paragraph that names the value, the place, what is allowed and the nearest match.

It comes before anything is trained where it can be known before, with exit code 2; nothing already computed is lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy, texts, write_places
from tiny_study import encoder as build_encoder

from xstilts.cli import main

Make = Callable[..., TinyStudy]
Complaint = Callable[[], str]

# A target of which only addresses are known: a hub and a server that refuse.
REMOTE = """
from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Place, Source
from xstilts.kinds.classification import Classification
from xstilts.tasks.base import Origin, Task

READ = {"read": Tsv(header=True), "row": TextRow(text="text", label="sky")}
PLACES = (
    Place(hub="nobody/remote", files=("train.tsv",), **READ),
    Place(files=("remote/train.tsv",), urls=("http://127.0.0.1:9/train.tsv",), **READ),
)
HERE = Source(places=(Place(files=("weather-de.tsv",), **READ),), language="de")
REMOTE = Task(
    name="remote",
    kind=Classification(labels=("fair", "foul")),
    train=Source(places=PLACES, language="en"),
    test={"de": HERE},
    origin=Origin(licence="CC0 1.0", cite="written for this test"),
)
TASKS = (REMOTE,)
"""


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str]) -> Complaint:
    """The error since the last call: one paragraph after "error:", and no traceback."""

    def read() -> str:
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        _, found, paragraph = said.err.partition("error: ")
        assert found, f"no error in {said.err!r}"
        assert "\n" not in paragraph.strip()
        return paragraph.strip()

    return read


def refused(tiny: TinyStudy, complaint: Complaint, *more: str, command: str = "run") -> str:
    """Runs a study that must be refused before anything is trained; the error."""
    assert tiny.call(command, *more) == 2
    assert tiny.records("train") == []
    return complaint()


def damage(path: Path, line: int, old: str, new: str) -> str:
    """Replaces `old` in a line (from 1) of a file; what the file was."""
    before = path.read_text("utf-8")
    lines = before.split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines), "utf-8")
    return before


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"target": ["weather"]}, ["tiny.yaml", "'target'", "Did you mean 'targets'?", "Allowed: ", "question"]),
        ({"train": {"updatez": 4}}, [": train", "'updatez'", "Did you mean 'updates'?", "epochs"]),
        (
            {"arms": {"a": {"strategy": "dirct"}}},
            ["arms.a.strategy", "'dirct'", "Did you mean 'direct'?", "joint"],
        ),
        ({"targets": ["wether"]}, ["targets", "'wether'", "Did you mean 'weather'?", "Allowed: "]),
        (
            {"arms": {"a": {"strategy": "sequential", "through": ["wrds"]}}},
            ["arms.a.through", "'wrds'", "Did you mean 'words'?"],
        ),
        ({"languages": ["de", "sv"]}, ["languages", "'sv'", "Did you mean 'sw'?", "Allowed: de, sw."]),
        ({"baseline": "non"}, ["baseline", "'non'", "Did you mean 'none'?", "Allowed: none, tagged."]),
        ({"contrasts": {"c": {"taged": 1, "none": -1}}}, ["contrasts.c", "'taged'", "Did you mean 'tagged'?"]),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(
    study: Make, complaint: Complaint, command: str, changes: dict[str, Any], parts: list[str]
):
    said = refused(study(**changes), complaint, command=command)
    assert [part for part in parts if part not in said] == []


def test_an_unknown_study_is_answered_with_the_nearest_one(complaint: Complaint, tmp_path: Path):
    assert main(["run", "quikstart", "--store", str(tmp_path)]) == 2
    assert "'quikstart'" in (said := complaint()) and "Did you mean 'quickstart'?" in said


def test_an_unknown_published_row_is_answered_with_the_nearest_one_and_all_there_are(study: Make, complaint: Complaint):
    said = refused(study(), complaint, "--against", "mbert, x-stilt", command="report")
    assert "--against" in said and "'x-stilt'" in said and "Did you mean 'x-stilts'?" in said
    assert "Allowed: mbert, " in said and "xlmr-large" in said and "mt5-xxl" in said


def test_a_file_that_is_not_there_is_named_with_the_folders_looked_into(study: Make, complaint: Complaint):
    tiny = study()
    (tiny.folder / "words-en.bio").unlink()
    for command in ("plan", "run"):
        said = refused(tiny, complaint, command=command)
        assert "The arm 'tagged' cannot run" in said and "words-en.bio" in said and "--data" in said


WRONG_FILES: list[tuple[str, int, tuple[str, str], list[str]]] = [
    ("weather-en.tsv", 4, ("\t", " "), ["weather-en.tsv:4", "2"]),
    ("weather-sw.tsv", 3, ("f", "F"), ["weather-sw.tsv:3", "'F", "Did you mean 'f", "Allowed: fair, foul"]),
    ("words-en.bio", 2, ("\tSKY", "\tY"), ["words-en.bio:", "'Y'", "Allowed: X, SKY"]),
    ("places-en.json", 1, ('"answer_start": 0', '"answer_start": 1'), ["paragraphs[0].qas[0]", "at character 1"]),
    ("places-de.json", 1, ('"context"', '"contxt"'), ["data[0].paragraphs[0]", "'context'", "contxt"]),
]


@pytest.mark.parametrize(("file", "line", "change", "parts"), WRONG_FILES)
def test_a_wrong_row_is_named_before_anything_is_trained_and_costs_nothing_but_itself(
    study: Make, complaint: Complaint, file: str, line: int, change: tuple[str, str], parts: list[str]
):
    tiny = study(seeds=[1])
    before = damage(tiny.folder / file, line, *change)
    said = refused(tiny, complaint)
    assert [part for part in parts if part not in said] == []
    read = tiny.stamps("prepare")
    assert len(read) == 6  # all files but the one
    (tiny.folder / file).write_text(before, "utf-8")
    assert tiny.call("run") == 0
    assert len(tiny.stamps("prepare")) == 7 and len(tiny.scores()) == 4
    assert read.items() <= tiny.stamps("prepare").items()


def test_every_wrong_file_is_named_at_once(study: Make, complaint: Complaint):
    tiny = study(seeds=[1])
    damage(tiny.folder / "weather-de.tsv", 3, "\t", " ")
    damage(tiny.folder / "places-sw.json", 1, '"question"', '"qestion"')
    said = refused(tiny, complaint)
    assert "weather-de.tsv:3" in said and "places-sw.json" in said and "1 more" in said


def test_with_allow_missing_a_wrong_row_stops_only_what_needs_it(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1])
    damage(tiny.folder / "weather-sw.tsv", 3, "\t", " ")
    assert tiny.call("run", "--allow-missing", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["failed"]) == 1 and "weather-sw.tsv:3" in next(iter(answer["failed"].values()))
    labels = {record["label"] for record in tiny.records("score")}
    assert labels == {"places by places · seed 1", "places by words → places · seed 1"}
    report = (tiny.store / "reports" / "tiny" / "report.md").read_text("utf-8")
    assert "weather-sw.tsv:3" in report
    again = tiny.call("run", "--allow-missing", "--json")
    assert again == 1 and json.loads(capsys.readouterr().out)["executed"] == 0


def test_an_empty_language_is_named(study: Make, complaint: Complaint):
    tiny = study()
    (tiny.folder / "weather-sw.tsv").write_text("text\tsky\n", "utf-8")
    said = refused(tiny, complaint)
    assert "weather-sw.tsv" in said and "'sw'" in said and "no examples" in said


def test_blank_gold_in_a_test_set_is_named_before_anything_is_trained(study: Make, complaint: Complaint):
    tiny = study(targets=["weather", "picks"], seeds=[1])
    path = tiny.folder / "picks-de.jsonl"
    rows = [json.loads(line) | {"right": ""} for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    said = refused(tiny, complaint)
    assert "picks-de.jsonl:1" in said and "blank gold labels: 10 of the 10 examples of picks de" in said
    assert refused(tiny, complaint) == said  # what was read is kept, and so is what is known of it


def test_a_training_set_without_any_gold_is_named_before_anything_is_trained(study: Make, complaint: Complaint):
    tiny = study(targets=["weather", "picks"], seeds=[1])
    path = tiny.folder / "picks-en.jsonl"
    path.write_text(path.read_text("utf-8").replace('"right": 0', '"right": ""').replace('"right": 1', '"right": ""'))
    said = refused(tiny, complaint)
    assert "picks-en.jsonl:1" in said and "cannot be trained on" in said


def test_a_target_without_english_training_data_says_where_it_was_looked_for(
    study: Make, complaint: Complaint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XSTILTS_OFFLINE", "1")
    tiny = study(targets=["weather", "xnli"])
    said = refused(tiny, complaint)
    assert "The target 'xnli' cannot run" in said and "'en'" in said and "substitute" in said


@pytest.mark.parametrize("offline", [True, False])
def test_a_target_that_cannot_be_fetched_is_refused_and_then_substituted_or_left_out(
    study: Make,
    complaint: Complaint,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    offline: bool,
):
    tiny = study(targets=["weather", "remote"], seeds=[1], languages=["de"])
    (tiny.folder / "remote_tasks.py").write_text(REMOTE, "utf-8")
    monkeypatch.syspath_prepend(str(tiny.folder))
    more = ["--tasks", "remote_tasks:TASKS", *(["--offline"] if offline else [])]
    said = refused(tiny, complaint, *more)
    assert "The target 'remote' cannot run" in said and "train.tsv" in said and "substitute" in said
    if offline:
        tiny.write(substitute={"remote": "weather"})
    capsys.readouterr()
    assert tiny.call("run", "--json", *more, *([] if offline else ["--allow-missing"])) == 0
    found = {one["target"]: one["overall"]["value"] for one in json.loads(capsys.readouterr().out)["scores"]}
    assert found["weather"] is not None and (found["remote"] is not None) == offline


def test_an_encoder_that_cannot_be_fetched_is_refused(
    study: Make, complaint: Complaint, monkeypatch: pytest.MonkeyPatch
):
    tiny = study(encoder="nobody/no-such-encoder")
    said = refused(tiny, complaint)
    assert "nobody/no-such-encoder" in said and "local folder" in said
    monkeypatch.setenv("XSTILTS_OFFLINE", "1")
    said = refused(tiny, complaint)
    assert "nobody/no-such-encoder" in said and "is not here" in said and "tiny" in said


def test_a_folder_that_is_no_encoder_says_what_it_lacks(
    study: Make, complaint: Complaint, encoder: Path, tmp_path: Path
):
    bare = tmp_path / "bare"
    shutil.copytree(encoder, bare)
    (bare / "tokenizer.json").unlink()
    said = refused(study(encoder=str(bare)), complaint)
    assert str(bare) in said and "no tokenizer.json" in said


def test_a_checkpoint_from_another_encoder_is_refused(study: Make, complaint: Complaint, tmp_path: Path):
    tiny = study(seeds=[1], targets=["weather"], arms={"none": {"strategy": "direct"}}, keep="all")
    assert tiny.call("run") == 0
    [record] = tiny.records("train")
    mixed, other = tmp_path / "mixed", build_encoder(tmp_path / "other", width=32)
    shutil.copytree(tiny.store / "steps" / record["key"], mixed)
    shutil.rmtree(mixed / "encoder")
    shutil.copytree(other, mixed / "encoder")
    (tmp_path / "mine.txt").write_text("the sunny one\n", "utf-8")
    own = ["--task", "weather", "--study", str(tiny.file), "--store", str(tiny.store)]
    complaint_of = {
        "predict": ["predict", str(mixed), str(tmp_path / "mine.txt"), *own],
        "export": ["export", str(mixed), str(tmp_path / "out"), *own],
    }
    for arguments in complaint_of.values():
        assert main(arguments) == 2
        said = complaint()
        assert str(mixed) in said and "another encoder" in said
        assert "hidden_size 16" in said and "hidden_size 32" in said


def test_a_checkpoint_without_the_head_that_is_asked_for_is_refused(study: Make, complaint: Complaint, tmp_path: Path):
    tiny = study(seeds=[1], targets=["weather"], arms={"none": {"strategy": "direct"}}, keep="all")
    assert tiny.call("run") == 0
    [record] = tiny.records("train")
    (tmp_path / "mine.txt").write_text("the sunny one\n", "utf-8")
    own = ["--study", str(tiny.file), "--store", str(tiny.store)]
    assert main(["predict", record["key"], str(tmp_path / "mine.txt"), "--task", "words", *own]) == 2
    assert "no head for 'tagging" in (said := complaint()) and "Allowed: classification" in said
    assert main(["predict", record["key"][:-1] + "z", str(tmp_path / "mine.txt"), "--task", "weather", *own]) == 2
    assert f"Did you mean '{record['key'][:14]}'?" in complaint()


def test_a_disk_that_fills_up_loses_nothing_that_was_done(
    study: Make, complaint: Complaint, monkeypatch: pytest.MonkeyPatch
):
    tiny = study(seeds=[1])
    real, room = os.replace, 60

    def replace(source: Any, target: Any, **more: Any) -> None:
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        real(source, target, **more)

    monkeypatch.setattr(os, "replace", replace)
    assert tiny.call("run") == 2
    said = complaint()
    assert "the disk is full" in said and "Nothing already done is lost" in said
    done = tiny.stamps()
    assert 0 < len(tiny.stamps("train")) < 5 and tiny.stamps("prepare")
    monkeypatch.setattr(os, "replace", real)
    assert tiny.call("run") == 0
    assert done.items() <= tiny.stamps().items()
    whole = study("whole", seeds=[1])
    assert whole.call("run") == 0 and whole.scores() == tiny.scores()


def test_a_disk_too_full_for_one_step_stops_only_what_needs_it(
    study: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    tiny = study(seeds=[1])
    real = os.replace

    def replace(source: Any, target: Any, **more: Any) -> None:
        if "work/train-" in str(target) and "span" in Path(target).name:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        real(source, target, **more)

    monkeypatch.setattr(os, "replace", replace)
    assert tiny.call("run", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["failed"]) == 2 and all("the disk is full" in text for text in answer["failed"].values())
    assert {r["label"].split()[0] for r in tiny.records("score")} == {"weather"}
    monkeypatch.setattr(os, "replace", real)
    assert tiny.call("run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["executed"] == 6  # train, predict and score of places, in two arms


def test_a_store_that_is_something_else_is_refused(study: Make, complaint: Complaint, tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"")
    tiny = study()
    assert tiny.call("run", store=tmp_path / "photos") == 2
    assert "cat.jpg" in (said := complaint()) and str(tmp_path / "photos") in said


def test_wrong_rows_in_a_users_file_are_named(study: Make, complaint: Complaint, tmp_path: Path):
    tiny = study(seeds=[1], targets=["places"], arms={"none": {"strategy": "direct"}}, keep="all")
    write_places(tiny.folder / "places-en.json", texts("en", 24, seed=2))
    assert tiny.call("run") == 0
    [record] = tiny.records("train")
    own = ["--task", "places", "--study", str(tiny.file), "--store", str(tiny.store)]
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"question": "a", "context": "b"}\n{"question": "a", "contxt": "b"}\n', "utf-8")
    assert main(["predict", record["key"], str(mine), *own]) == 2
    assert "mine.jsonl:2" in (said := complaint()) and "'context'" in said and "contxt" in said
