"""The parent process: how a process that was started by another ends when that one does."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_PDEATHSIG = 1
# Loaded now: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: int) -> None:
    """Have the kernel send this process the signal `number` when the thread that started it ends. Outside Linux nothing
    is done."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
