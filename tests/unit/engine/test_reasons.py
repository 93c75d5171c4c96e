"""Why a step runs: nothing like it, another setting, another input, a part that went; and its short key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from xstilts.core.errors import StudyError
from xstilts.core.short_keys import short_key, whole_key
from xstilts.engine.backends.inline import Inline
from xstilts.engine.reasons import NOT_NEEDED, REUSED, RUNS, differences, reasons
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store


@dataclass(frozen=True)
class Recipe:
    lr: float
    batch: int = 8


def work(settings: object, context: Context) -> None:
    (context.out / "model.bin").write_bytes(b"w" * 10)
    (context.out / "parts.json").write_text('{"weights": ["model.bin"]}')


def fails(settings: object, context: Context) -> None:
    raise ValueError("no")


def step(
    name: str, recipe: Recipe, inputs: Mapping[str, Step] | None = None, seed: int = 1, needs: tuple[str, ...] = ()
) -> Step:
    about = {"task": "mnli", "seed": str(seed)}
    return Step(name=name, version=1, settings=recipe, call=work, inputs=inputs or {}, about=about, needs=needs)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def run(store: Store, *goals: Step) -> None:
    execute(list(goals), store, backend=Inline())


def test_a_step_of_an_empty_store_has_nothing_to_be_compared_with(store: Store):
    [reason] = reasons([step("train", Recipe(0.1))], store)
    assert (reason.state, reason.text) == (RUNS, "the store has no train of mnli")


def test_another_setting_is_named_with_both_values_and_what_stands_on_it_says_so(store: Store):
    run(store, step("score", Recipe(1.0), {"checkpoint": step("train", Recipe(0.1))}))
    train = step("train", Recipe(0.2))
    first, second = reasons([step("score", Recipe(1.0), {"checkpoint": train})], store)
    assert first.key == train.key and first.state == RUNS
    assert [one.sentence for one in first.differences] == ["lr: 0.1 → 0.2"]
    assert "differs in lr: 0.1 → 0.2" in first.text
    assert second.text.endswith("its inputs are others: checkpoint")


def test_the_nearest_is_about_the_same_and_has_the_fewest_differences(store: Store):
    near, far = step("train", Recipe(0.1, 16), seed=2), step("train", Recipe(0.3, 32))
    run(store, near, far)
    [reason] = reasons([step("train", Recipe(0.1, 8))], store)
    assert reason.nearest == near.key


def test_done_steps_are_reused_and_what_nobody_reads_is_not_needed(store: Store):
    train = step("train", Recipe(0.1))
    score = step("score", Recipe(1.0), {"checkpoint": train}, needs=("weights",))
    run(store, score)
    states = {reason.key: reason for reason in reasons([score], store)}
    assert states[score.key].state == REUSED and states[score.key].text.startswith("made 2")
    store.trim(train, "weights")
    another = step("score", Recipe(2.0), {"checkpoint": train}, needs=("weights",))
    states = {reason.key: reason for reason in reasons([another], store)}
    assert states[train.key].text == "it is in the store, but weights went, and a step that runs reads them"
    (store.path(train) / "done.json").unlink()
    assert {reason.key: reason.state for reason in reasons([score], store)}[train.key] == NOT_NEEDED


def test_a_failed_attempt_is_said(store: Store):
    bad = Step(name="train", version=1, settings=1, call=fails)
    run(store, bad)
    [reason] = reasons([bad], store)
    assert reason.text.endswith("; an attempt failed")


def test_differences_of_classes_and_lists_are_named_whole():
    assert [one.place for one in differences({"!": "A", "x": 1}, {"!": "B", "x": 1})] == [""]
    assert [one.place for one in differences({"a": [1, 2]}, {"a": [1, 3]})] == ["a"]
    assert [one.place for one in differences({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]})] == ["a[1].b"]
    assert [one.sentence for one in differences({}, {"a": 1})] == ["a: none → 1"]


KEYS = ["train-01e3abe27817ca957e21", "train-01e3ffe27817ca957e21", "score-77aabbe27817ca957e21"]


def test_a_short_key_is_the_step_that_it_begins():
    assert [whole_key(short_key(key), KEYS) for key in KEYS] == KEYS
    assert whole_key("77aa", KEYS) == whole_key("score-77aa", KEYS) == KEYS[2]


@pytest.mark.parametrize(
    ("written", "said"),
    [("train-01e3", "any of 2 steps"), ("train-99", "no step"), ("77", "any of 1"), ("", "any of 3")],
)
def test_a_key_that_is_none_or_several_is_refused(written: str, said: str):
    with pytest.raises(StudyError, match=said):
        whole_key(written, KEYS)
