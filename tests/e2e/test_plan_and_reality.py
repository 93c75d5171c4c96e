"""A plan against what happened: small studies are planned, run, and compared number by number."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy, texts

from xstilts.cli import main
from xstilts.tasks.catalog import TASKS

Make = Callable[..., TinyStudy]

# A plan's number is at most so many times the real one, and at least one of so many. Tokens are sampled from the first
# rows; of bytes the weights are known, and small files beside them count where an encoder is tiny.
TOKENS_TOLERANCE = 1.1
BYTES_TOLERANCE = {"folder": 2.5, "packaged": 1.25}

STUDIES: dict[str, dict[str, Any]] = {
    "sequential": {"arms": {"none": {"strategy": "direct"}, "a": {"strategy": "sequential", "through": ["words"]}}},
    "mixture": {
        "arms": {
            "none": {"strategy": "direct"},
            "b": {"strategy": "multitask", "through": [["words", "picks"]], "sampling": {"temperature": 2}},
        }
    },
    "masked LM beside it": {
        "arms": {
            "none": {"strategy": "direct"},
            "m": {
                "strategy": "sequential",
                "through": ["words"],
                "mlm": {"text": ["mlm-tatoeba"], "languages": ["de"], "ratio": 0.5},
            },
        }
    },
    "language adapters": {
        "arms": {
            "x": {
                "strategy": "direct",
                "tune_target": {"adapter": "pfeiffer"},
                "language_adapters": {"text": ["mlm-tatoeba"]},
            }
        }
    },
}


def write_texts(tiny: TinyStudy) -> None:
    """A file for each language of the text; they all hold the same English."""
    lines = gzip.compress("".join(f"{text}\n" for text, _ in texts("en", 60, seed=3)).encode(), mtime=0)
    source = TASKS["mlm-tatoeba"].train
    for name in (name for place in source.places for name in place.files) if source else ():
        path = tiny.folder / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines)


def call(tiny: TinyStudy, command: str, *more: str) -> int:
    return tiny.call(command, "--data", str(tiny.folder / "texts"), *more)


def plan_of(tiny: TinyStudy, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert call(tiny, "plan", "--json") == 0
    plan: dict[str, Any] = json.loads(capsys.readouterr().out)
    return plan


@pytest.mark.parametrize("which", ["folder", "packaged"])
@pytest.mark.parametrize("name", STUDIES)
def test_what_a_plan_says_is_what_happens(
    study: Make, name: str, which: str, capsys: pytest.CaptureFixture[str]
) -> None:
    packaged = {"encoder": "tiny-e5"} if which == "packaged" else {}
    tiny = study(seeds=[1], targets=["weather", "pairs"], train={"updates": 6, "batch": 4}, **STUDIES[name], **packaged)
    write_texts(tiny)
    before = plan_of(tiny, capsys)
    assert call(tiny, "run") == 0
    capsys.readouterr()
    records = {record["key"]: record for kind in kinds(before) for record in tiny.records(kind)}
    assert records.keys() == {step["key"] for step in before["steps"]}, "the steps are those of the plan"
    trained = {step["key"]: summary(tiny, step["key"]) for step in before["steps"] if step["name"] == "train"}
    assert {step["key"]: step["updates"] for step in before["steps"] if step["name"] == "train"} == {
        key: found["updates"] for key, found in trained.items()
    }
    assert before["updates"] == sum(found["updates"] for found in trained.values())
    tokens = sum(found["tokens"] for found in trained.values())
    planned = sum(step["tokens"] for step in before["steps"] if step["name"] == "train")
    assert tokens / TOKENS_TOLERANCE < planned < tokens * TOKENS_TOLERANCE
    size = sum(path.stat().st_size for path in (tiny.store / "steps").rglob("*") if path.is_file())
    expected, tolerance = sum(step["bytes"] for step in before["steps"]), BYTES_TOLERANCE[which]
    assert size / tolerance < expected < size * tolerance
    assert before["peak_bytes"] > size / tolerance
    assert plan_of(tiny, capsys)["to_run"] == 0


def kinds(plan: dict[str, Any]) -> set[str]:
    return {step["name"] for step in plan["steps"]}


def summary(tiny: TinyStudy, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(tiny.store) / "steps" / key / "summary.json").read_text())
    return found


def test_a_study_of_eight_rows_leaves_the_plan_of_a_large_one_sane(
    study: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = study(seeds=[1], targets=["weather"], arms={"none": {"strategy": "direct"}}, encoder="tiny-e5")

    def seconds_by_kind() -> dict[str, float]:
        capsys.readouterr()
        assert main(["plan", "phang2020", "--json", "--store", str(tiny.store)]) == 0
        found: dict[str, float] = {}
        for step in json.loads(capsys.readouterr().out)["steps"]:
            found[step["name"]] = found.get(step["name"], 0.0) + step["seconds"]
        return found

    before = seconds_by_kind()
    assert tiny.call("run") == 0
    after = seconds_by_kind()
    total = sum(before.values())
    for kind in ("score", "prepare", "train", "predict"):
        # What a start takes on a busy machine may be many times the nominal one; of the whole it stays next to nothing.
        allowed = max(12 * before[kind], 0.01 * total)
        assert after[kind] < allowed, f"{kind}: {before[kind]:.0f} s before, {after[kind]:.0f} s after"
    assert sum(after.values()) < 1.2 * total
