"""An attempt at a step as a node runs it, without anything that carries its messages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from xstilts.engine.backends.attempt import Begun, Message, Order, attempt
from xstilts.engine.backends.base import Progressed
from xstilts.engine.backends.child import Unreported
from xstilts.engine.execute import Result

HELD = """if True:
    import os, pathlib, signal, sys, time
    def stop(number, frame):
        pathlib.Path("stopped").touch()
        sys.exit(130)
    signal.signal(signal.SIGTERM, stop)
    print('{"progress": [1, 2, "", ""]}', flush=True)
    time.sleep(60)"""


def order(folder: Path, body: str) -> Order:
    """A step in the Python of this machine, which the run knows by another name."""
    return Order(
        key="toy",
        command=("/there/python", "-S", "-c", body),
        python="/there/python",
        folder=str(folder),
        variables={"XSTILTS_TOY": "7"},
        device="cpu",
        threads=3,
    )


def held(folder: Path) -> Iterator[Message]:
    """One whose process has begun, and would sleep for a minute."""
    messages = attempt(order(folder, HELD))
    assert isinstance(next(messages), Begun) and next(messages) == Progressed("toy", 1, 2)
    return messages


def test_a_step_tells_where_it_is_how_far_and_how_it_ended(tmp_path: Path) -> None:
    body = """import os; [print('{"progress": [%d, 9, "", ""]}' % i) for i in range(9)]
print('{"ended": {"status": "done", "seconds": %s, "error": "%s"}}' %
      (os.environ["XSTILTS_THREADS"], os.environ["XSTILTS_TOY"] + os.getcwd()))"""
    begun, *progress, ended = attempt(order(tmp_path, body))
    assert isinstance(begun, Begun) and begun.node
    assert ended == Result("done", 3.0, f"7{tmp_path}")
    assert progress[-1] == Progressed("toy", 8, 9) and len(progress) < 9


def test_one_without_a_word_says_its_exit_code_and_output(tmp_path: Path) -> None:
    *_, ended = attempt(order(tmp_path / "absent", "import sys; sys.exit('no module')"))
    assert ended == Unreported(1, "no module")


def test_one_that_cannot_be_started_has_failed(tmp_path: Path) -> None:
    *_, ended = attempt(Order(**{**vars(order(tmp_path, "")), "command": ("/no/such/program",)}))
    assert isinstance(ended, Result) and ended.status == "failed" and "cannot be started" in ended.error


def test_an_interrupt_asks_the_process_to_stop_and_waits_for_it(tmp_path: Path) -> None:
    messages, began = held(tmp_path), time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        messages.throw(KeyboardInterrupt())  # type: ignore[attr-defined]
    assert (tmp_path / "stopped").exists() and time.monotonic() - began < 50


def test_one_that_nobody_hears_any_more_stops_its_process(tmp_path: Path) -> None:
    held(tmp_path).close()  # type: ignore[attr-defined]
    assert (tmp_path / "stopped").exists()
