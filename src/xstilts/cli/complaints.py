"""Complaints: how an error is said on standard error."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from xstilts.cli.console import make_console
from xstilts.core.environment import FALSE

DEBUG = "XSTILTS_DEBUG"  # set: a defect prints its traceback


def complain(text: str) -> None:
    """Print an error as one paragraph."""
    from rich.text import Text

    line = Text("error: ", style="bold red")
    line.append(text, style="not bold default")
    make_console(stderr=True).print(line, soft_wrap=True)


def defect(error: Exception) -> str:
    """Return what to say of an error that no user can mend. Its traceback goes into a file, or with XSTILTS_DEBUG into
    the text."""
    trace = "".join(traceback.format_exception(error))
    said = " ".join(str(error).split())[:300]
    what = f"This is a defect of xstilts, not of your input: {type(error).__name__}: {said}."
    if os.environ.get(DEBUG, "").strip().lower() not in FALSE:  # whatever else it says, nothing is refused here
        return f"{what}\n{trace}"
    return f"{what} Please report it with {_kept(trace)}."


def _kept(trace: str) -> str:
    try:
        handle, name = tempfile.mkstemp(prefix="xstilts-defect-", suffix=".txt", text=True)
        os.close(handle)
        Path(name).write_text(trace, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return f"what it says with {DEBUG}=1"
    return f"the traceback in {name}"
