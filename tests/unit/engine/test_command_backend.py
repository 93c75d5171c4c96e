"""The command backend: steps run by a command line of the user's own; its mistakes are named before anything runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xstilts.core.errors import StudyError
from xstilts.engine.backends.base import Ended, MachineShare, Started, StepEvent
from xstilts.engine.backends.catalog import make_backend
from xstilts.engine.step import Step
from xstilts.engine.store import Store

EVENT = '{"ended": {"status": "done", "seconds": 0.5, "error": ""}}'


def share(devices: tuple[str, ...] = ("cpu",)) -> MachineShare:
    """A step's process here is one that reports that it is done."""
    code = f"print('{EVENT}')"
    return MachineShare(prepare_command=lambda: lambda step: [sys.executable, "-c", code], threads=3, devices=devices)


def scheduler(folder: Path) -> Path:
    """A script in the place of a scheduler: it writes down how it was asked, and runs what stands after `--`."""
    path = folder / "schedule"
    path.write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    path.chmod(0o755)
    return path


def launched(
    backend_name: str, place: Path, devices: tuple[str, ...] = ("cpu",), compute: bool = False
) -> list[StepEvent]:
    backend, events = make_backend(share(devices), backend_name), []
    step = Step(name="toy", version=1, settings={}, call=print, compute=compute)
    assert backend.has_capacity(step)
    backend.launch(step, Store(place / "store"), events.append)
    while not isinstance(events[-1], Ended):
        backend.poll(0.1)
    return events


@pytest.mark.parametrize(
    ("devices", "compute", "gpus"), [(("cpu",), True, 0), (("cuda",), True, 1), (("cuda",), False, 0)]
)
def test_a_step_is_run_by_the_command_with_its_places_filled(
    tmp_path: Path, devices: tuple[str, ...], compute: bool, gpus: int
) -> None:
    template = f"command:{scheduler(tmp_path)} -c {{threads}} --gpus={{gpus}} --name={{name}} -- {{command}}"
    started, ended = launched(template, tmp_path, devices, compute)
    assert (tmp_path / "asked").read_text().startswith(f"-c 3 --gpus={gpus} --name=toy -- {sys.executable} -c print(")
    assert isinstance(started, Started) and started.device == (devices[0] if compute else "cpu")
    assert isinstance(ended, Ended) and ended.result.status == "done"


def test_inside_a_word_the_command_is_quoted_for_a_shell(tmp_path: Path) -> None:
    *_, ended = launched("command:sh -c 'exec {command}'", tmp_path)
    assert isinstance(ended, Ended) and ended.result.status == "done"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("command:sh -c true", r"no \{command\}.*srun"),
        ("command:sh -c {comand}", r"no placeholder '\{comand\}'.*Did you mean 'command'"),
        ("command:nosuchprogram {command}", "no program 'nosuchprogram'"),
        ("command:sh 'unclosed {command}", "no command line: No closing quotation"),
        ("command:sh {command", "no command line"),
        ("command", "written `command:TEMPLATE`"),
        ("command:", "written `command:TEMPLATE`"),
        ("local:8", "written `local`"),
        ("comand:sh {command}", r"no backend 'comand'.*Did you mean 'command'"),
    ],
)
def test_a_wrong_command_line_is_refused(name: str, said: str) -> None:
    with pytest.raises(StudyError, match=said) as caught:
        make_backend(share(), name)
    assert "--backend" in str(caught.value) and caught.value.exit_code == 2
