"""Environment variables that say how the program runs: truth values and numbers, read in one place."""

from __future__ import annotations

import os

from xstilts.core.errors import StudyError, shortened

TRUE, FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def is_set(name: str) -> bool:
    """Return a variable that is a truth value; False where it is not set. Raises StudyError for any other text.

    >>> os.environ["XSTILTS_OFFLINE"] = "Yes"
    >>> is_set("XSTILTS_OFFLINE")
    True
    >>> del os.environ["XSTILTS_OFFLINE"]
    """
    text = os.environ.get(name, "").strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    allowed = (*TRUE, *FALSE[1:])
    raise StudyError(f"{name} is {shortened(text)!r}, which says neither yes nor no.", value=text, allowed=allowed)


def whole_number(name: str) -> int | None:
    """Return a variable that is a number of 1 or more; None where it is not set. Raises StudyError for any other."""
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal() and int(text[:9]) >= 1 and len(text) < 9:
        return int(text)
    raise StudyError(f"{name} is {shortened(text)!r}; it must be a whole number, 1 or more.")


def snapshot_seconds() -> float:
    """Return the seconds between two snapshots of a training (`XSTILTS_SNAPSHOT_SECONDS`, 120 where it is not set).
    Raises StudyError for what is no number of seconds."""
    text = os.environ.get("XSTILTS_SNAPSHOT_SECONDS", "").strip() or "120"
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise StudyError(f"XSTILTS_SNAPSHOT_SECONDS is {shortened(text)!r}; it must be a number of seconds, 0 or more.")
    return value


def default_threads(jobs: int = 1) -> int:
    """Return the compute threads of each of so many processes where nobody gives a number: `OMP_NUM_THREADS` as the
    user set it (of nested levels the first), else a share of the cores that this process may use."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if first.isascii() and first.isdecimal() and int(first[:6]) >= 1:
        return int(first[:6])
    return max(1, usable_cores() // jobs)


def usable_cores() -> int:
    """Return the number of cores that this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
