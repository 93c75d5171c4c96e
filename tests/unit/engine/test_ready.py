"""Steps that are ready: each after its inputs, the first in order first, without a look at all of them each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xstilts.engine.graph import readers_of
from xstilts.engine.ready import ReadySteps
from xstilts.engine.step import Step


def graph(inputs: list[set[int]], computing: set[int] = frozenset()) -> list[Step]:
    """Steps by number; `inputs`: of each, numbers of earlier ones."""
    steps: list[Step] = []
    for number, below in enumerate(inputs):
        named = {str(one): steps[one] for one in below if one < number}
        step = Step(name="toy", version=1, settings=number, call=print, inputs=named, compute=number in computing)
        steps.append(step)
    return steps


def ready(steps: list[Step], pending: list[Step] | None = None, running: set[str] = frozenset()) -> ReadySteps:
    return ReadySteps(steps if pending is None else pending, readers_of(steps), running)


def always(step: Step) -> bool:
    return True


@given(st.lists(st.sets(st.integers(0, 12), max_size=3), max_size=12), st.data())
def test_what_is_taken_is_the_first_in_order_whose_inputs_have_ended(inputs: list[set[int]], data: st.DataObject):
    steps = graph(inputs)
    queue, running, ended = ready(steps), list[Step](), set[str]()
    while len(ended) < len(steps):
        free = [
            step for step in steps
            if step.key not in ended and step not in running and all(one.key in ended for one in step.inputs.values())
        ]  # fmt: skip
        taken = queue.take(always, 0.0)
        assert taken == next(iter(free), None)
        if taken is not None:
            running.append(taken)
        if running and (taken is None or data.draw(st.booleans())):
            one = running.pop(data.draw(st.integers(0, len(running) - 1)))
            ended.add(one.key)
            queue.ended(one)


def test_where_there_is_no_room_for_one_its_kind_is_not_asked_for_again() -> None:
    steps = graph([set()] * 100, computing=set(range(50)))
    asked: list[Step] = []

    def room_on_the_cpu(step: Step) -> bool:
        asked.append(step)
        return not step.compute

    assert ready(steps).take(room_on_the_cpu, 0.0) == steps[50]
    assert asked == [steps[0], steps[50]]


def test_one_that_is_put_off_comes_again_at_its_time_and_once() -> None:
    steps = graph([set(), set()])
    queue = ready(steps)
    queue.put_off(steps[0], 5.0)
    assert [queue.take(always, now) for now in (0.0, 4.9, 5.0, 6.0)] == [steps[1], None, steps[0], None]


def test_one_waits_for_an_input_that_is_at_work_already_and_not_for_one_that_is_done() -> None:
    _, working, reader = steps = graph([set(), set(), {0, 1}])
    queue = ready(steps, [reader], {working.key})
    assert queue.take(always, 0.0) is None
    queue.ended(working)
    assert queue.take(always, 0.0) == reader
