"""The version check: every backend tells a step's process the versions of the run, and it refuses others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_slurm import FakeSlurm
from xstilts.core.errors import StudyError
from xstilts.core.versions import library_versions
from xstilts.engine.backends.attempt import Order
from xstilts.engine.backends.base import Backend, Ended, MachineShare, StepEvent
from xstilts.engine.backends.catalog import make_backend
from xstilts.engine.backends.ray import Ray
from xstilts.engine.backends.version_check import VERSIONS, check_versions, expected_versions
from xstilts.engine.step import Step
from xstilts.engine.store import Store

STEP = Step(name="toy", version=1, settings={}, call=print)
PATIENCE = 60.0


def test_a_step_without_a_run_and_one_of_the_same_versions_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VERSIONS, raising=False)
    check_versions()
    monkeypatch.setenv(VERSIONS, expected_versions()[VERSIONS])
    check_versions()


@pytest.mark.parametrize(("package", "version"), [("torch", "1.2.3"), ("xstilts", "0.0.9"), ("tokenizers", "0.1")])
def test_another_version_is_refused_with_both_named(
    package: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = library_versions()[package].partition("+")[0]
    monkeypatch.setenv(VERSIONS, expected_versions()[VERSIONS].replace(f"{package}={here}", f"{package}={version}"))
    with pytest.raises(StudyError, match=f": {package} is {here} there and {version} here\\. Nodes need the same"):
        check_versions()


def test_a_build_for_other_devices_is_the_same_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xstilts.engine.backends.version_check.library_versions", lambda: {"torch": "2.1.0+cu121"})
    told = expected_versions()[VERSIONS]
    monkeypatch.setattr("xstilts.engine.backends.version_check.library_versions", lambda: {"torch": "2.1.0+cpu"})
    monkeypatch.setenv(VERSIONS, told)
    check_versions()


def ended(backend: Backend, place: Path) -> None:
    events: list[StepEvent] = []
    backend.launch(STEP, Store(place / "store"), events.append)
    end = time.monotonic() + PATIENCE
    while not (events and isinstance(events[-1], Ended)) and time.monotonic() < end:
        backend.poll(0.1)
    backend.close()
    assert events and isinstance(events[-1], Ended)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    of_scripts = FakeSlurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{of_scripts.programs}{os.pathsep}{os.environ['PATH']}")
    yield
    of_scripts.end_all()


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize("name", ["local", "command:env {command}", "slurm"])
def test_a_steps_process_is_told_the_versions_of_its_run(name: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    words = ["sh", "-c", f'printf %s "${VERSIONS}" > {told}']
    share = MachineShare(prepare_command=lambda: lambda step: words, jobs=1, threads=1, kinds=["toy"], say=print)
    options = tmp_path / "slurm.yaml"
    options.write_text("gather: 0.1\npoll: 0.1\nrequeues: 0\n")
    ended(make_backend(share, f"slurm:{options}" if name == "slurm" else name), tmp_path)
    assert told.read_text() == expected_versions()[VERSIONS]


class Ordered:
    """A cluster that keeps what it is asked for."""

    where = "--backend ray:x:1"

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def check_room(self, threads: int, gpus: int) -> None: ...

    def ask_nodes(self, function: object, words: object) -> list[dict[str, object]]:
        return []

    def submit(self, order: Order, threads: int, gpus: int) -> object:
        self.orders.append(order)
        return object()

    def is_gone(self) -> bool:
        return False

    def close(self) -> None: ...


def test_a_task_of_ray_is_told_the_versions_of_its_run(tmp_path: Path) -> None:
    cluster = Ordered()
    backend = Ray(lambda step: ["true"], lambda: cluster)  # type: ignore[arg-type, return-value]
    backend.launch(STEP, Store(tmp_path / "store"), print)
    backend.close()
    assert cluster.orders[0].variables.items() >= expected_versions().items()
