"""Judging a case: what the command line made of an input, and whether a person could act on what it said."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

CLEAR, UNCLEAR, ACCEPTED, HARMLESS = "clear", "unclear", "accepted", "harmless"
TRACEBACK, HANG, OUTSIDE = "traceback", "hang", "outside"
VERDICTS = (CLEAR, UNCLEAR, ACCEPTED, HARMLESS, TRACEBACK, HANG, OUTSIDE)
SECONDS = 20.0  # after which a command hangs


@dataclass(frozen=True, kw_only=True)
class Case:
    """One bad input.

    Attributes:
        surface: where it comes in ("study", "reader", ...).
        name: what is wrong with it.
        make: Writes the input into a folder of its own, and returns the arguments of the command.
        names: Texts of which a clear message says at least one: the value, or its place.
        may_pass: It may be accepted, for it may be harmless.
    """

    surface: str
    name: str
    make: Callable[[Path], list[str]]
    names: tuple[str, ...]
    may_pass: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    case: Case
    verdict: str
    said: str

    def __str__(self) -> str:
        return f"{self.verdict:9} {self.case.surface}/{self.case.name}: {' '.join(self.said.split())[:300]}"


# What a library says of its own affairs, which no user can act on.
_LIBRARY = re.compile(
    r"Traceback|Input should be|pydantic|<class |object at 0x|NoneType|Error\(|errors\.pydantic|"
    r"(?:Key|Type|Value|Attribute|Index|Assertion|Runtime|Recursion|Unicode\w*|Validation|JSONDecode)Error\b"
)


class _Hangs(BaseException):
    pass


def judge(case: Case, box: Path, run: Callable[[list[str]], int]) -> Verdict:
    """Run a case in the folder `box` (its store is `box/store`, its input `box/in`) and say what came of it."""
    for name in ("in", "store", "tmp"):
        (box / name).mkdir(parents=True)
    arguments = case.make(box / "in")
    before = _listing(box)
    out, err = _stream(), _stream()
    code: int | None = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _at_most(SECONDS):
            code = run(arguments)
    except _Hangs:
        return Verdict(case=case, verdict=HANG, said=" ".join(arguments))
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - whatever a user would see as a traceback
        return Verdict(case=case, verdict=TRACEBACK, said=f"{type(error).__name__}: {error}")
    said = _text(err) + (_text(out) if code == 1 else "")
    if new := _listing(box) - before:
        return Verdict(case=case, verdict=OUTSIDE, said=f"{sorted(new)[:3]} {said}")
    return Verdict(case=case, verdict=_verdict(case, code, said), said=said)


def _verdict(case: Case, code: int | None, said: str) -> str:
    if code == 0:
        return HARMLESS if case.may_pass else ACCEPTED
    if code == 70 or "Traceback" in said:
        return TRACEBACK
    flat = "".join(said.split()).casefold()
    named = any("".join(name.split()).casefold() in flat for name in case.names)
    if case.may_pass and not _LIBRARY.search(said):
        return HARMLESS  # what it was refused for may lie elsewhere
    return CLEAR if code in (1, 2) and named and not _LIBRARY.search(said) and "\x1b" not in said else UNCLEAR


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode() if isinstance(stream.buffer, io.BytesIO) else ""


def _listing(box: Path) -> set[str]:
    """Return what is in the folder of a case outside its store."""
    found = set()
    for root, folders, files in os.walk(box):
        if Path(root) == box:
            folders[:] = [name for name in folders if name != "store"]
        found |= {str((Path(root) / name).relative_to(box)) for name in (*folders, *files) if name != "__pycache__"}
    return {name for name in found if "__pycache__" not in name}


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
