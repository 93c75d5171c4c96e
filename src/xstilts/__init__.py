"""Intermediate-task training across languages: from a question to numbers with intervals.

>>> from xstilts import Study, plan, run
>>> study = Study.load("quickstart")
>>> plan(study)  # doctest: +SKIP
>>> answer = run(study)  # doctest: +SKIP
>>> answer.contrasts, answer.scores(), answer.report_path  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import os
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xstilts.app.answer import Answer
    from xstilts.app.plan import Plan, plan
    from xstilts.app.run import run
    from xstilts.study.schema import Study
    from xstilts.tasks.base import Task

__all__ = ["Answer", "Plan", "Study", "Task", "plan", "run"]

_HOMES = {
    "Study": "xstilts.study.schema",
    "Task": "xstilts.tasks.base",
    "Plan": "xstilts.app.plan",
    "plan": "xstilts.app.plan",
    "Answer": "xstilts.app.answer",
    "run": "xstilts.app.run",
}


_SPIN = "1000"  # turns; benchmarks/busy_machine.py measures what they cost and give


def _bound_spinning(environment: MutableMapping[str, str]) -> None:
    """Have the threads of libgomp wait for each other by sleeping after a short spin, where the user has not said how
    they wait. libgomp reads it when torch is loaded.

    As the library has it they spin for milliseconds. On a busy machine the thread that is waited for then has no core,
    because the one that waits holds it."""
    if not any(name in environment for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")):
        environment["GOMP_SPINCOUNT"] = _SPIN


_bound_spinning(os.environ)  # before anything loads torch


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used, so that `import xstilts` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xstilts' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
