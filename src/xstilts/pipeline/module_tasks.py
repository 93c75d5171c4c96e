"""Tasks of a user's own Python module (`--tasks my_tasks:TASKS`): imported, and checked like any other."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from xstilts.core.errors import StudyError, XstiltsError
from xstilts.core.languages import canonical_code
from xstilts.data.source import Source
from xstilts.study.field_types import task_name
from xstilts.tasks.base import Task

WHERE = "--tasks"


def module_tasks(spec: str, folders: Sequence[Path]) -> list[Task]:
    """Return the tasks of "package.module:NAME" (NAME is TASKS where it is left out), with canonical languages.

    Args:
        spec: The module, as Python imports it, and the name of a task, or of several, in it.
        folders: Where it is looked for after the current folder, before what is installed.

    Raises StudyError where it cannot be imported, or holds something else.
    """
    module, _, attribute = spec.partition(":")
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", module):
        raise StudyError(f"'{module}' is no name of a Python module.", where=WHERE, hint="Write `my_tasks:TASKS`.")
    try:
        tasks = getattr(_imported(module, folders), attribute or "TASKS")
    except XstiltsError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's module raises while it is imported
        raise StudyError(
            f"The tasks '{spec}' cannot be imported: {_said(error)}.",
            where=WHERE,
            hint="Write the module as Python imports it, without .py; it may lie in the current folder, beside the "
            "study or in a data folder.",
        ) from error
    found = [tasks] if isinstance(tasks, Task) else _listed(tasks)
    if not found or not all(isinstance(task, Task) for task in found):
        raise StudyError(f"'{spec}' is no task, and no list of tasks.", where=WHERE)
    return [_checked(task, spec) for task in found]


def _imported(module: str, folders: Sequence[Path]) -> object:
    """Import a module that may lie in one of the folders; they stay importable, for what it imports later."""
    for folder in (*reversed(folders), Path.cwd()):
        if (path := str(folder.resolve())) not in sys.path:
            sys.path.insert(0, path)
    importlib.invalidate_caches()
    return importlib.import_module(module)


def _listed(tasks: object) -> list[object]:
    """Return what a list, a tuple, a set or a mapping holds; [] for anything else (a generator may never end)."""
    if isinstance(tasks, Mapping):
        return list(tasks.values())
    return list(tasks) if isinstance(tasks, list | tuple | set | frozenset) else []


def _said(error: BaseException) -> str:
    """Return what happened while a module was imported, in words."""
    if isinstance(error, SystemExit):
        return "it ends the program"
    if isinstance(error, AttributeError | ImportError | SyntaxError) or not str(error):
        return str(error) or f"it raised {type(error).__name__.removesuffix('Error').lower()}"
    return f"it raised '{' '.join(str(error).split())}'"


def _checked(task: object, spec: str) -> Task:
    assert isinstance(task, Task)
    try:
        task_name(task.name)
        test = {canonical_code(code): _canonical(source) for code, source in task.test.items()}
        if len(test) < len(task.test):
            raise StudyError("two of its test languages are one language.")
        return replace(
            task,
            test={code: source for code, source in test.items() if source is not None},
            train=_canonical(task.train),
            dev=_canonical(task.dev),
            pool=_canonical(task.pool),
            translations={canonical_code(code): source for code, source in task.translations.items()},
            candidate_language=canonical_code(task.candidate_language) if task.candidate_language else "",
        )
    except StudyError as error:
        raise StudyError(
            f"The task '{task.name}' of '{spec}': {error.what}",
            where=WHERE,
            value=error.value,
            allowed=error.allowed,
            hint=error.hint,
        ) from error


def _canonical(source: Source | None) -> Source | None:
    if source is None or not source.language:
        return source
    return replace(source, language=canonical_code(source.language))
