"""Intermediate-task training across languages: from a question to numbers with intervals.

>>> from xstilts import Study, run
>>> answer = run(Study.load("quickstart"))  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xstilts.app.run import Answer, run
    from xstilts.study.schema import Study
    from xstilts.tasks.base import Task

__all__ = ["Answer", "Study", "Task", "run"]

_HOMES = {
    "Study": "xstilts.study.schema",
    "Task": "xstilts.tasks.base",
    "run": "xstilts.app.run",
    "Answer": "xstilts.app.run",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used, so that `import xstilts` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xstilts' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
