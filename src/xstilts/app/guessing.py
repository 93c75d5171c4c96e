"""Whether a task can be guessed without its question: its files as they are here, judged by cheap baselines."""

from __future__ import annotations

from xstilts.core.errors import DataError
from xstilts.data.examples import Example
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.evaluate.guessing_check import GuessingCheck, can_be_checked, check_guessing
from xstilts.tasks.base import Task


def check_task(task: Task, roots: Roots, language: str = "en") -> GuessingCheck:
    """Fit the baselines of `evaluate.guessing_check` on the training set and score them on the test set of `language`,
    or of the first language that the task has.

    Raises DataError for a task of a kind without anything to guess, without training or test data, and where its files
    are not here."""
    if not can_be_checked(task.kind):
        raise DataError(
            f"'{task.name}' has nothing to be guessed: choices and classified texts have, not {task.kind.name}",
            hint="Its floor in a report is the best answer that ignores the words.",
        )
    if task.train is None or not task.test:
        raise DataError(
            f"'{task.name}' has no {'test' if task.train else 'training'} set, so no baseline can be checked"
        )
    test = task.test[language] if language in task.test else next(iter(task.test.values()))
    return check_guessing(task.name, task.kind, _examples(task.train, roots), _examples(test, roots))


def _examples(source: Source, roots: Roots) -> list[Example]:
    return load_examples(resolve_source(source, roots)).examples
