"""Errors a user can act on: the value, the place, what is allowed, and the nearest match.

Everything a user can cause raises a subclass of `XstiltsError`; the command line prints it as one paragraph and
exits with `exit_code`. Anything else that escapes is a defect of the program.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Self

from xstilts.core.lookalikes import code_points, look_alike


def nearest(value: str, allowed: Iterable[str]) -> str | None:
    """The member of `allowed` that looks most like `value`, or None when nothing is close."""
    names = [str(name) for name in allowed]
    if alike := next((name for name in names if look_alike(str(value), name)), None):
        return alike
    lowered = {name.lower(): name for name in reversed(names)}
    close = difflib.get_close_matches(str(value).lower(), list(lowered), n=1, cutoff=0.5)
    return lowered[close[0]] if close else None


def shortened(value: str, limit: int = 60) -> str:
    """Return a value for a message: its beginning, where it is long."""
    return value if len(value) <= limit else f"{value[: limit - 1]}…"


_CLASS = re.compile(r"\b(?:\w+\.)*\w+(?:Error|Exception)\b:?\s*")
_TYPE = re.compile(r"<class '([\w.]+)'>")


def reason_of(error: BaseException, limit: int = 200) -> str:
    """Return what an error of a library says, for a message: its beginning in one line, without names of classes.

    >>> reason_of(ValueError("KeyError: no\\n such thing"))
    'no such thing'
    """
    text = " ".join(_CLASS.sub("", _TYPE.sub(r"\1", str(error))).split())
    return shortened(text or type(error).__name__.removesuffix("Error"), limit)


class XstiltsError(Exception):
    """A mistake or a missing thing outside the program.

    Arguments
        what: one sentence that names the offending value.
        where: the place, `file:line` or a path into the study (`arms.both.through[1]`).
        value, allowed: the offending value and the set it should have come from; together they give "did you mean".
        hint: what to do next.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        value: str | None = None,
        allowed: Iterable[str] = (),
        hint: str | None = None,
    ) -> None:
        self.what, self.where, self.value, self.hint = what, where, value, hint
        self.allowed = tuple(str(name) for name in allowed)
        super().__init__(self.render())

    def moved(self, where: str) -> Self:
        """Return the same error at a place that is said more exactly."""
        return self.changed(where=where)

    def changed(self, **fields: Any) -> Self:
        """Return the same error with other values of some of its arguments."""
        same = {name: getattr(self, name) for name in ("what", "where", "value", "allowed", "hint")}
        return type(self)(**{**same, **fields})

    def render(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.value is not None and (match := nearest(self.value, self.allowed)):
            parts.append(f"Did you mean '{match}'?")
            if look_alike(str(self.value), match):
                here, there = code_points(str(self.value), match)
                parts.append(f"They look alike, but it has {here} where the allowed one has {there}.")
        if self.allowed:
            names = ", ".join(self.allowed[:40])
            others = f" and {len(self.allowed) - 40} more" if len(self.allowed) > 40 else ""
            parts.append(f"Allowed: {names}{others}.")
        if self.hint:
            parts.append(self.hint)
        if len(parts) > 1 and not parts[0].endswith((".", "!", "?", ":")):
            parts[0] += "."
        return " ".join(parts)


class StudyError(XstiltsError):
    """The study file asks for something that does not exist or cannot be."""


class DataError(XstiltsError):
    """A file is missing, malformed, or says something its task does not allow."""


class EncoderError(XstiltsError):
    """An encoder or checkpoint cannot be loaded, or is not the one that is needed."""


class StoreError(XstiltsError):
    """The store cannot be read or written (full disk, wrong permissions, foreign folder)."""
