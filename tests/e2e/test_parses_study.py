"""Parses from a user's own files through a whole study: scored, predicted, exported; what stops it, what is counted."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tiny_study import TinyStudy

from toy_parses import LABELS, parses, write
from xstilts.cli import main
from xstilts.metrics.forms import is_valid

Make = Callable[..., TinyStudy]


@pytest.fixture
def parser(study: Make) -> TinyStudy:
    tiny = study()
    for name, number, seed in (("train.jsonl", 48, 0), ("dev.jsonl", 12, 1), ("de.jsonl", 12, 2)):
        write(tiny.folder / name, parses(number, seed))
    tiny.tasks |= {
        "wishes": {
            "kind": "parse-generation", "reader": "jsonl", "forms": "tree", "labels": list(LABELS),
            "train": "train.jsonl", "dev": "dev.jsonl", "test": {"de": "de.jsonl"},
        },
    }  # fmt: skip
    tiny.write(
        arms={"none": {"strategy": "direct"}},
        targets=["wishes"],
        train={"updates": 6, "batch": 8, "lr": 1e-2, "max_length": 32},
        settings={"wishes": {"width": 32, "heads": 2, "layers": 1, "longest": 24, "beams": 2}},
        seeds=[1],
    )
    return tiny


def test_own_parses_go_through_a_study_and_are_predicted_and_exported(
    parser: TinyStudy, capsys: pytest.CaptureFixture[str]
):
    assert parser.call("run") == 0
    [scores] = [json.loads(raw)["metrics"] for raw in parser.scores().values()]
    assert set(scores) == {"xsemplr_exact_match", "valid_forms"}
    assert scores["valid_forms"]["languages"]["de"]["values"] == {"valid": 100.0}, "whatever it has learnt"
    [trained] = parser.store.glob("steps/train-*")
    mine = parser.folder / "mine.txt"
    mine.write_text("call bob\ntell the friend of zoe about ann ]\n", "utf-8")
    about = ["--task", "wishes", "--study", str(parser.file), "--store", str(parser.store)]
    capsys.readouterr()
    assert main(["predict", trained.name, str(mine), *about]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 2 and all(is_valid(one["prediction"]["form"], "tree") for one in answers)
    assert main(["export", trained.name, str(parser.folder / "out"), *about]) == 0
    assert (parser.folder / "out" / "head.safetensors").is_file()
    assert (parser.folder / "out" / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("[IN:CALL [SL:WHO ann ]", "the brackets of the form do not fit"),
        ("[IN:CAL [SL:WHO ann ] ]", "'[IN:CAL', which is not one of this task's labels"),
        ("[IN:CALL [SL:WHO " + "ann " * 30 + "] ]", "and the decoder writes 23 at most"),
    ],
)
def test_a_form_that_cannot_be_written_stops_the_study_before_anything_is_trained(
    form: str, message: str, parser: TinyStudy, capsys: pytest.CaptureFixture[str]
):
    place = parser.folder / "train.jsonl"
    lines = place.read_text("utf-8").splitlines()
    lines[6] = json.dumps({**json.loads(lines[6]), "text": "call ann", "form": form})
    place.write_text("\n".join(lines) + "\n", "utf-8")
    assert parser.call("run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "train.jsonl:7" in said and message in said and not parser.records("train")


def test_names_that_are_spelt_otherwise_are_counted_with_the_first_place(
    parser: TinyStudy, capsys: pytest.CaptureFixture[str]
):
    place = parser.folder / "de.jsonl"
    lines = place.read_text("utf-8").splitlines()
    lines[3] = json.dumps({"id": "x", "text": "call Anna", "form": "[IN:CALL [SL:WHO ann ] ]"})
    place.write_text("\n".join(lines) + "\n", "utf-8")
    assert parser.call("run") == 0
    report = (parser.store / "reports" / "tiny" / "report.md").read_text("utf-8")
    [note] = [line for line in report.splitlines() if "neither a label nor a word of the question" in line]
    assert "1 with a form that holds a token" in note and "the first at de.jsonl:4" in note
