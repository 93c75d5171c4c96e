"""A backend is one class and one line of the catalogue: a toy one runs a graph like those that come with the engine."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.engine.backends import catalog
from xstilts.engine.backends.base import Ended, MachineShare, OnEvent, Progressed, Started, StepCommand
from xstilts.engine.backends.catalog import BACKENDS, NamedBackend, make_backend
from xstilts.engine.execute import Resources, run_one
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store


class OneThread:
    """A toy backend: every step runs in a thread of its own, one after the other, and the order is remembered."""

    def __init__(self, threads: int) -> None:
        self.threads, self.order = threads, list[str]()
        self.running: threading.Thread | None = None
        self.events: list[Ended] = []
        self.on_event: OnEvent | None = None

    @classmethod
    def for_run(cls, share: MachineShare) -> OneThread:
        return cls(share.step_threads)

    def has_capacity(self, step: Step) -> bool:
        return self.running is None

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        def run() -> None:
            self.events.append(Ended(step.key, run_one(step, store, Resources(progress=progress, threads=2))))

        def progress(done: float, total: float, unit: str = "", text: str = "") -> None:
            on_event(Progressed(step.key, done, total, unit, text))

        self.order.append(step.settings["name"])
        self.on_event = on_event
        on_event(Started(step.key, "cpu"))
        self.running = threading.Thread(target=run)
        self.running.start()

    def poll(self, seconds: float) -> None:
        if self.running is not None:
            self.running.join(seconds)
        if self.events and self.on_event is not None:
            self.running = None
            self.on_event(self.events.pop())

    def is_underway(self, step: Step, store: Store) -> bool:
        return False

    def cancel(self) -> None: ...
    def kill(self) -> None: ...


def no_command() -> StepCommand:
    raise AssertionError("this backend starts no process")


def write_inputs(settings: dict[str, str], context: Context) -> None:
    texts = [(context.inputs[name] / "text").read_text() for name in sorted(context.inputs)]
    (context.out / "text").write_text(f"{settings['name']}({','.join(texts)})")
    context.progress(1, 1, "files", "")


def toy(name: str, *inputs: Step) -> Step:
    named = {step.settings["name"]: step for step in inputs}
    return Step(name="toy", version=1, settings={"name": name}, call=write_inputs, inputs=named)


@pytest.fixture
def diamond() -> Step:
    first = toy("a")
    return toy("d", toy("b", first), toy("c", first))


def test_a_backend_of_ones_own_runs_a_graph(diamond: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    more = Catalog("backend", *BACKENDS.values(), NamedBackend("thread", OneThread.for_run))
    monkeypatch.setattr(catalog, "BACKENDS", more)
    store = Store(tmp_path / "store")
    backend = make_backend(MachineShare(prepare_command=no_command, jobs=2, threads=3), "thread")
    outcome = execute([diamond], store, backend=backend)
    assert isinstance(backend, OneThread) and backend.order == ["a", "b", "c", "d"] and backend.threads == 3
    assert len(outcome.done) == 4 and outcome.exit_code == 0
    assert (store.path(diamond) / "text").read_text() == "d(b(a()),c(a()))"


def test_jobs_choose_a_backend_where_none_is_named(diamond: Step, tmp_path: Path):
    inline = make_backend(MachineShare(prepare_command=no_command))
    local = make_backend(MachineShare(prepare_command=lambda: lambda step: ["false"], jobs=2, threads=1))
    assert [type(backend).__name__ for backend in (inline, local)] == ["Inline", "Local"]
    outcome = execute([diamond], Store(tmp_path / "store"), backend=inline)
    assert len(outcome.done) == 4


def test_an_unknown_backend_is_named_with_those_there_are():
    with pytest.raises(StudyError, match=r"no backend 'lokal'.*Did you mean 'local'.*inline, local"):
        make_backend(MachineShare(prepare_command=no_command), "lokal")
