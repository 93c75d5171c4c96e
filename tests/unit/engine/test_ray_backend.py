"""The ray backend over a cluster whose messages are written down here: retries, interrupts, nodes that are refused."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import StudyError
from xstilts.engine.backends.attempt import Begun, Order
from xstilts.engine.backends.base import Ended, MachineShare, Progressed, Started, StepEvent
from xstilts.engine.backends.catalog import is_elsewhere, make_backend
from xstilts.engine.backends.child import Unreported
from xstilts.engine.backends.node_check import COMPARED
from xstilts.engine.backends.ray import Ray
from xstilts.engine.backends.ray_cluster import Lost, RayCluster
from xstilts.engine.execute import Result
from xstilts.engine.step import Step
from xstilts.engine.store import Store

DONE = Result("done", 1.5)
GONE = Lost("NodeDiedError: it burnt down")
KILLED = Unreported(-9, "")


class Written:
    """A cluster of one node: each attempt says the next of these lists."""

    where = "--backend ray:x:1"

    def __init__(self, *attempts: Sequence[Any], changes: dict[str, Any] | None = None) -> None:
        self.attempts, self.changes = [iter(one) for one in attempts], changes or {}
        self.orders: list[tuple[Order, int, int]] = []
        self.room: list[tuple[int, int]] = []
        self.interrupts = self.closed = 0
        self.gone = False

    def check_room(self, threads: int, gpus: int) -> None:
        self.room.append((threads, gpus))

    def ask_nodes(self, function: Callable[..., dict[str, Any]], words: Sequence[Any]) -> list[dict[str, Any]]:
        return [{**function(*words), **self.changes}]

    def submit(self, order: Order, threads: int, gpus: int) -> Any:
        self.orders.append((order, threads, gpus))
        return self.attempts[len(self.orders) - 1]

    def ready(self, attempts: Sequence[Any], seconds: float) -> list[Any]:
        return list(attempts)

    def message(self, ready: Any) -> Any:
        return next(ready)

    def interrupt(self, attempts: Sequence[Any]) -> None:
        self.interrupts += 1

    def is_gone(self) -> bool:
        return self.gone

    def close(self) -> None:
        self.closed += 1


def toy(compute: bool = False) -> Step:
    return Step(name="toy", version=1, settings={}, call=print, compute=compute)


def heard(cluster: Written, place: Path, **more: Any) -> list[StepEvent]:
    """Run one step to its end."""
    backend, events, step = Ray(lambda step: ["true"], lambda: cluster, threads=3, **more), [], toy(compute=True)
    backend.launch(step, Store(place / "store"), events.append)
    while not (events and isinstance(events[-1], Ended)):
        backend.poll(0)
    assert backend.has_capacity(step)
    backend.close()
    assert cluster.closed == 1
    return events


def end(events: Sequence[StepEvent]) -> Result:
    """The result, after exactly one start and one end."""
    assert [type(event) for event in events if not isinstance(event, Progressed)] == [Started, Ended]
    (result,) = [event.result for event in events if isinstance(event, Ended)]
    return result


@pytest.mark.parametrize("loss", [GONE, KILLED])
def test_a_step_that_is_lost_with_its_node_or_process_is_tried_again(loss: Any, tmp_path: Path) -> None:
    cluster = Written([Begun("a"), loss], [Begun("b"), DONE])
    events = heard(cluster, tmp_path)
    assert end(events) == DONE and events[0] == Started(toy().key, "cpu of a")
    assert len(cluster.orders) == 2 and cluster.orders[0] == cluster.orders[1]
    (remark,) = [event.text for event in events if isinstance(event, Progressed)]
    assert "tried again" in remark


def test_a_step_that_is_lost_each_time_fails_with_what_was_said_last(tmp_path: Path) -> None:
    cluster = Written([Lost("first")], [Begun("b"), Lost("second")], [Lost("third")], [GONE])
    result = end(heard(cluster, tmp_path))
    assert result.status == "failed" and "lost 4 times" in result.error and "burnt down" in result.error


@pytest.mark.parametrize("ending", [Result("failed", error="x"), Unreported(1, "one\ntwo"), Unreported(-11, "")])
def test_a_step_that_fails_by_itself_is_not_tried_again(ending: Any, tmp_path: Path) -> None:
    cluster = Written([Begun("a"), ending])
    assert end(heard(cluster, tmp_path)).status == "failed" and len(cluster.orders) == 1


def test_a_step_without_a_word_leaves_its_output_in_the_store(tmp_path: Path) -> None:
    error = end(heard(Written([Begun("a"), Unreported(3, "one\ntwo")]), tmp_path)).error
    assert "ended with exit code 3: two (its output is in " in error
    assert Path(error.partition("output is in ")[2].rstrip(")")).read_text() == "one\ntwo\n"


def away(connect: Callable[[], Any], place: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Ray, list[StepEvent]]:
    """A backend with a running step, whose first cluster went away."""
    monkeypatch.setattr("xstilts.engine.backends.ray._LOOK", 0.0)
    backend, events = Ray(lambda step: ["true"], connect), list[StepEvent]()
    backend.launch(toy(), Store(place / "store"), events.append)
    return backend, events


def test_steps_go_on_once_a_ray_that_went_away_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Written([Begun("a")]), Written([Begun("b"), DONE])
    answers = iter([first, StudyError("no Ray can be reached"), second])

    def connect() -> Any:
        answer = next(answers)
        if isinstance(answer, StudyError):
            raise answer
        return answer

    backend, events = away(connect, tmp_path, monkeypatch)
    backend.poll(0)
    first.gone = True
    backend.poll(0)
    assert first.closed == 1 and not backend.has_capacity(toy()), "nothing is started while it is away"
    while not isinstance(events[-1], Ended):
        backend.poll(0)
    assert end(events) == DONE and second.orders == first.orders and backend.has_capacity(toy())
    assert any("Ray was started anew" in event.text for event in events if isinstance(event, Progressed))


def test_a_ray_that_stays_away_ends_the_run_with_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clusters = iter([first := Written([Begun("a")])])

    def connect() -> Any:
        for cluster in clusters:
            return cluster
        raise StudyError("no Ray can be reached at 'x:1'.")

    backend, events = away(connect, tmp_path, monkeypatch)
    first.gone = True
    backend.poll(0)
    monkeypatch.setattr("xstilts.engine.backends.ray._RETURN", 0.0)
    with pytest.raises(StudyError, match=r"not back after 0 s: no Ray can be reached at 'x:1'.*same command goes on"):
        backend.poll(0)
    backend.cancel()
    backend.poll(0)
    assert end(events).status == "interrupted"


@pytest.mark.parametrize("last", [Result("interrupted"), GONE])
def test_each_signal_is_one_interrupt_and_what_is_lost_then_is_left(last: Any, tmp_path: Path) -> None:
    cluster = Written([Begun("a"), Begun("a"), Begun("a"), last])
    backend, events = Ray(lambda step: ["true"], lambda: cluster), list[StepEvent]()
    backend.launch(toy(), Store(tmp_path / "store"), events.append)
    backend.cancel()
    backend.cancel()  # the handler of the signal, and the runner itself
    for interrupts in (1, 1):
        backend.poll(0)
        assert cluster.interrupts == interrupts
    backend.kill()
    backend.poll(0)
    backend.poll(0)
    assert cluster.interrupts == 2 and end(events).status == "interrupted" and len(cluster.orders) == 1


@pytest.mark.parametrize(("device", "gpus"), [("cuda", 1), ("cpu", 0), ("cuda:0,cuda:1", 2), ("cpu,cpu", 0)])
def test_a_step_asks_for_its_threads_and_its_gpus(device: str, gpus: int, tmp_path: Path) -> None:
    cluster = Written([Begun("a"), DONE])
    heard(cluster, tmp_path, device=device)
    ((order, *asked),) = cluster.orders
    assert asked == [3, gpus] and (order.device, order.threads) == (device, 3) and cluster.room == [(3, gpus)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"versions": {**dict.fromkeys(COMPARED, "1"), "torch": "1.0"}}, "torch is 1.0 there and"),
        ({"versions": {**dict.fromkeys(COMPARED, "1"), "xstilts": None}}, "xstilts is missing there and"),
        ({"lock": "missing"}, "does not see the store '/"),
        ({"lock": "not locked"}, "locks of one machine do not hold on the other"),
        ({"unseen": ["/data/x"]}, "does not see the data in '/data/x'"),
    ],
)
def test_a_node_that_differs_is_refused_before_anything_runs(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    cluster = Written(changes={"node": "far", **changes})
    backend = Ray(lambda step: ["true"], lambda: cluster)
    with pytest.raises(StudyError, match="node 'far' cannot run steps of this run") as caught:
        backend.launch(toy(), Store(tmp_path / "store"), lambda event: None)
    backend.close()
    assert said in str(caught.value) and caught.value.exit_code == 2 and "\n" not in str(caught.value).strip()
    assert not cluster.orders and cluster.closed == 1
    assert not list((tmp_path / "store" / "locks").rglob("nodes-*"))


def test_a_node_that_is_like_this_machine_is_taken(tmp_path: Path) -> None:
    assert end(heard(Written([Begun("a"), DONE]), tmp_path, folders=(tmp_path,))) == DONE


def test_a_folder_that_no_node_sees_is_named(tmp_path: Path) -> None:
    cluster = Written([])
    backend = Ray(lambda step: ["true"], lambda: cluster, folders=(tmp_path / "absent",))
    with pytest.raises(StudyError, match="absent'"):
        backend.launch(toy(), Store(tmp_path / "store"), lambda event: None)


def test_ray_that_is_not_installed_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"'ray' is not installed.*pip install 'xstilts\[ray\]'") as caught:
        make_backend(MachineShare(prepare_command=lambda: lambda step: []), "ray")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["ray:", "inline:x"])
def test_how_it_is_written_is_said(name: str) -> None:
    with pytest.raises(StudyError, match=r"it is written `(ray` or `ray:HOST:PORT|inline)`"):
        make_backend(MachineShare(prepare_command=lambda: lambda step: []), name)


def test_with_an_address_steps_run_elsewhere() -> None:
    assert is_elsewhere("ray:a:1") and is_elsewhere("command:sh {command}")
    assert not (is_elsewhere("ray") or is_elsewhere("local") or is_elsewhere(None))


@pytest.mark.parametrize(
    ("address", "said"),
    [("here", "written `HOST:PORT`"), ("ray://a:1", "written `HOST:PORT`"), ("127.0.0.1:9", "no Ray can be reached")],
)
def test_an_address_that_nobody_answers_at_is_refused(address: str, said: str) -> None:
    pytest.importorskip("ray", reason="the package ray is not installed")
    with pytest.raises(StudyError, match=said) as caught:
        RayCluster(address, 1)
    assert caught.value.exit_code == 2
