"""Intents and slots from a user's own files through a whole study: intermediate task and target, scored, predicted,
exported."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tiny_study import TinyStudy

from toy_frames import INTENTS, SLOTS, frames, write
from xstilts.cli import main

Make = Callable[..., TinyStudy]


@pytest.fixture
def assistant(study: Make) -> TinyStudy:
    tiny = study()
    for name, number, seed in (("train.jsonl", 60, 0), ("dev.jsonl", 20, 1), ("de.conll", 20, 2)):
        write(tiny.folder / name, frames(number, seed))
    write(tiny.folder / "de.jsonl", frames(20, 2))
    tiny.tasks |= {
        "wishes": {
            "kind": "slots-intent", "reader": "jsonl", "intents": list(INTENTS), "labels": list(SLOTS),
            "train": "train.jsonl", "dev": "dev.jsonl", "test": {"de": "de.jsonl"},
        },
    }  # fmt: skip
    tiny.write(
        arms={"none": {"strategy": "direct"}, "wishes": {"strategy": "sequential", "through": ["wishes"]}},
        targets=["wishes", "weather"],
        train={"updates": 8, "batch": 8, "lr": 1e-2, "max_length": 32},
        settings={"wishes": {"states": "mean", "intent_weight": 0.3}},
        seeds=[1],
    )
    return tiny


def test_own_intents_and_slots_go_through_a_study(assistant: TinyStudy, capsys: pytest.CaptureFixture[str]):
    assert assistant.call("plan") == 0
    assert "wishes" in capsys.readouterr().out
    assert assistant.call("run") == 0
    report = json.loads((assistant.store / "reports" / "tiny" / "report.json").read_text("utf-8"))
    scored = {(one["target"], one["arm"]) for one in report["standings"] if one["overall"]["value"] is not None}
    assert scored >= {(target, arm) for target in ("wishes", "weather") for arm in ("none", "wishes")}
    metrics = [json.loads(raw)["metrics"] for raw in assistant.scores().values()]
    frames_of = [one for one in metrics if "frame_accuracy" in one]
    assert frames_of and all({"frame_accuracy", "slot_f1", "intent_accuracy"} == set(one) for one in frames_of)
    values = frames_of[0]["slot_f1"]["languages"]["de"]["values"]
    assert set(values) == {"slot_f1", "slot_precision", "slot_recall"}


def test_a_slot_of_the_wrong_length_stops_the_study_before_anything_is_trained(
    assistant: TinyStudy, capsys: pytest.CaptureFixture[str]
):
    place = assistant.folder / "de.jsonl"
    lines = place.read_text("utf-8").splitlines()
    row = json.loads(lines[6])
    lines[6] = json.dumps({**row, "slots": row["slots"][1:]})
    place.write_text("\n".join(lines) + "\n", "utf-8")
    assert assistant.call("run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "de.jsonl:7" in said and "slots for" in said and not assistant.records("train")


def test_a_checkpoint_predicts_frames_and_is_exported(assistant: TinyStudy, capsys: pytest.CaptureFixture[str]):
    assistant.write(arms={"none": {"strategy": "direct"}}, targets=["wishes"])
    assert assistant.call("run") == 0
    [trained] = assistant.store.glob("steps/train-*")
    mine = assistant.folder / "mine.txt"
    mine.write_text("please hum red at noon\nwake blue\n", "utf-8")
    about = ["--task", "wishes", "--study", str(assistant.file), "--store", str(assistant.store)]
    capsys.readouterr()
    assert main(["predict", trained.name, str(mine), *about]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(one["prediction"]["slots"]) for one in answers] == [5, 2]
    assert {one["prediction"]["intent"] for one in answers} <= set(INTENTS)
    assert main(["export", trained.name, str(assistant.folder / "out"), *about]) == 0
    assert (assistant.folder / "out" / "head.safetensors").is_file()
    assert (assistant.folder / "out" / "model.safetensors").is_file()
