from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xstilts.engine.graph import blocked, demand, readers_of, steps_of
from xstilts.engine.step import Context, Step


def call(settings: Any, context: Context) -> None: ...


def step(name: str, *inputs: Step, **more: Any) -> Step:
    named = {below.settings: below for below in inputs}
    return Step(name="toy", version=1, settings=name, call=call, inputs=named, **more)


A = step("a")
B, C = step("b", A), step("c", A)
D = step("d", B, C)
TRAIN = step("train", A)
PREDICT = step("predict", TRAIN, needs=("weights",))
LOOK = step("look", TRAIN)


def only(*done: Step, trimmed: tuple[Step, ...] = ()) -> Any:
    def satisfied(one: Step, parts: tuple[str, ...]) -> bool:
        return one in done and not (one in trimmed and "weights" in parts)

    return satisfied


@st.composite
def graphs(draw: st.DrawFn) -> list[Step]:
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 8))):
        below = draw(st.sets(st.sampled_from(range(number)))) if number else set()
        steps.append(step(str(number), *(steps[one] for one in sorted(below))))
    return steps


def test_one_line_is_finished_before_the_next_begins() -> None:
    one, two = step("one", step("x")), step("two", step("y"))
    assert [each.settings for each in steps_of([one, two])] == ["x", "one", "y", "two"]


def test_readers() -> None:
    assert readers_of([A, B, C, D]) == {A.key: [B, C], B.key: [D], C.key: [D], D.key: []}


def test_a_done_goal_is_not_looked_behind() -> None:
    asked: list[Step] = []

    def satisfied(one: Step, parts: tuple[str, ...]) -> bool:
        asked.append(one)
        return one == D

    found = demand([D], satisfied)
    assert (found.to_run, found.reused, asked) == ((), (D,), [D])


def test_what_must_run_asks_for_its_inputs() -> None:
    found = demand([D], only(B))
    assert found.to_run == (A, C, D) and found.reused == (B,)


def test_a_trimmed_input_must_run_again_only_for_a_reader_that_needs_the_part() -> None:
    done = only(A, TRAIN, trimmed=(TRAIN,))
    assert demand([LOOK, TRAIN], done).to_run == (LOOK,)
    found = demand([LOOK, PREDICT], done)
    assert found.to_run == (TRAIN, LOOK, PREDICT) and found.reused == (A,)
    assert found.parts[TRAIN.key] == ("weights",)


@given(graphs(), st.data())
def test_demand_is_enough_and_not_more(steps: list[Step], data: st.DataObject) -> None:
    done = data.draw(st.sets(st.sampled_from(steps)))
    found = demand([steps[-1]], lambda one, parts: one in done)
    present = set(done)
    for one in found.to_run:  # in this order every step finds its inputs
        assert one not in present and set(one.inputs.values()) <= present
        present.add(one)
    assert steps[-1] in present
    readers = readers_of(found.to_run)
    assert all(one == steps[-1] or readers[one.key] for one in found.to_run)  # nothing runs for nobody
    assert not set(found.reused) & set(found.to_run)


def test_blocked_is_everything_above_a_failure() -> None:
    order = (A, B, C, D, step("e"))
    assert blocked(order, {B.key: "broke"}) == {D.key: B.key}
    assert blocked(order, {A.key: "broke"}) == dict.fromkeys((B.key, C.key, D.key), A.key)
    assert blocked(order, {}) == {}
