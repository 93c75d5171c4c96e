"""Environment variables: a truth value is what people write for one, and anything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.app.execution import serve_step
from xstilts.core.environment import default_threads, is_set, usable_cores, whole_number
from xstilts.core.errors import StudyError
from xstilts.engine.backends.base import MachineShare
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.options import OFFLINE, Options, device_name, devices

NAME = "XSTILTS_OFFLINE"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("1", True),
        ("true", True),
        ("YES", True),
        ("On", True),
        ("0", False),
        ("false", False),
        ("no", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("name", OFFLINE)
def test_what_people_write_for_yes_and_no(
    name: str, text: str, means: bool, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    for other in OFFLINE:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, text)
    assert is_set(name) is means
    assert Options(store=tmp_path).roots.offline is means


@pytest.mark.parametrize("text", ["maybe", "2", "ja", "tru"])
def test_another_text_is_refused(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(StudyError, match=f"{NAME} is '{text}'.*Allowed: 1, true, yes, on, 0, false, no, off"):
        assert Options(store=tmp_path).roots


def test_threads_are_those_the_user_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def share(jobs: int, threads: int | None = None) -> int:
        return MachineShare(prepare_command=lambda: lambda step: [], jobs=jobs, threads=threads).step_threads

    for text, number in (("3", 3), ("5,2", 5)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert default_threads() == number and share(1) == number and share(2) == number
        assert share(2, threads=7) == 7
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert default_threads() == usable_cores() and share(1) == usable_cores()
    assert share(1000) == 1
    monkeypatch.setenv("XSTILTS_THREADS", "many")
    with pytest.raises(StudyError, match="XSTILTS_THREADS is 'many'; it must be a whole number"):
        whole_number("XSTILTS_THREADS")


@pytest.mark.parametrize("device", ["gpu", "cud", "cuda:x", "cpu:0", "", "mps"])
def test_a_device_that_there_is_not_is_refused(device: str) -> None:
    with pytest.raises(StudyError, match=r"--device: There is no device.*Allowed: cpu, cuda"):
        device_name(device)


@pytest.mark.parametrize(("device", "said"), [("gpu", "no device 'gpu'"), ("cuda:999", "CUDA device")])
def test_a_step_on_its_own_is_told_its_device_in_the_same_words(
    device: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    step = Step(name="one", version=1, settings={}, inputs={}, call=lambda settings, context: None, label="")
    monkeypatch.setenv("XSTILTS_DEVICE", device)
    with pytest.raises(StudyError, match=f"XSTILTS_DEVICE: .*{said}"):
        serve_step([step], step.key, Store(tmp_path))


def test_cuda_without_cuda_is_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "cuda:1"):
        with pytest.raises(StudyError, match=f"--device: This machine has no CUDA device.*'{device}'"):
            devices(Options(device=device))
        with pytest.raises(StudyError, match="no CUDA device"):
            devices(Options(device=device, backend="ray"))
        for elsewhere in ("ray:node:6379", "command:srun {command}"):
            assert devices(Options(device=device, backend=elsewhere)) == [device]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices(Options(device="cuda:1")) == ["cuda:1"]
    with pytest.raises(StudyError, match="has 2 CUDA devices, and 'cuda:2' is asked for"):
        devices(Options(device="cuda:2"))
