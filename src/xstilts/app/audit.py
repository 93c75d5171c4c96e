"""Audit a study's data for leakage: rows that it trains on against every test set that it scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, WordsExample
from xstilts.data.leakage import LEVELS, NONE, LeakageIndex
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.study.resolve import ResolvedStudy, resolve_study, trained_tasks
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class LeakedRows:
    """How many rows of one test set a training set holds, each counted once, at the strongest level that holds.

    rows: of the test set. sample: the text of one of the leaked rows.
    """

    target: str
    language: str
    training: str
    rows: int
    exact: int = 0
    normalised: int = 0
    near: int = 0
    run: int = 0
    sample: str = ""

    @property
    def leaked(self) -> int:
        return self.exact + self.normalised + self.near + self.run


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The outcome of an audit. `leaks`: those with any leaked row. `tests`, `trainings`: rows that were compared, by
    name; `missing`: what could not be, and why."""

    leaks: tuple[LeakedRows, ...]
    tests: Mapping[str, int]
    trainings: Mapping[str, int]
    missing: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "leaks": [{**asdict(leak), "leaked": leak.leaked} for leak in self.leaks],
            "tests": dict(self.tests),
            "trainings": dict(self.trainings),
            "missing": dict(self.missing),
        }


def audit_study(study: Study, options: Options, say: Say = lambda text: None) -> Audit:
    """Compare what a study trains on with what it is tested on, as both are (cut, with substitutes).

    Raises StudyError for a name that there is not. Files that are not here are named, not refused.
    """
    with study.positions.shown():
        resolved = resolve_study(study, catalog_for(study, options), options.roots.data)
    return audit(resolved.targets, trainings_of(resolved), options.roots, say)


def trainings_of(resolved: ResolvedStudy) -> dict[str, Source]:
    """Return every training set of a study by what it is called: intermediate tasks and texts, targets."""
    tasks: dict[str, Task] = {}
    for arm in resolved.study.arms.values():
        tasks |= {name: resolved.intermediates[name] for name in trained_tasks(arm)}
    tasks |= {name: resolved.finetuned_on(name) for name in resolved.targets}
    named = {task.name if task.name == name else f"{name} ({task.name})": task for name, task in tasks.items()}
    sources = {name: task.fit.train for name, task in named.items() if task.fit is not None}
    first: dict[Source, str] = {}
    for name, source in sources.items():
        first.setdefault(source, name)  # XQuAD and MLQA train on one file
    return {name: source for source, name in first.items()}


def audit(
    targets: Mapping[str, Task], trainings: Mapping[str, Source], roots: Roots, say: Say = lambda text: None
) -> Audit:
    """Compare training sets with all test sets of targets. `say`: told what is read."""
    index, missing = LeakageIndex(), dict[str, str]()
    places: dict[tuple[str, str], range] = {}
    texts: list[str] = []
    for target, task in targets.items():
        for language, source in task.test.items():
            rows = _read(source, roots, f"{target} {language}", missing)
            if rows:
                places[target, language] = index.add(rows, source.language)
                texts += [" / ".join(row) for row in rows]
    leaks, counts = [], {}
    for name, source in trainings.items():
        say(f"reading {name}")
        rows = _read(source, roots, name, missing)
        if not rows:
            continue
        counts[name] = len(rows)
        levels = index.levels(rows, source.language)
        leaks += [
            leak for key, numbers in places.items() if (leak := _leaked(key, name, levels, numbers, texts)).leaked
        ]
    return Audit(
        leaks=tuple(leaks),
        tests={f"{target} {language}": len(numbers) for (target, language), numbers in places.items()},
        trainings=counts,
        missing=missing,
    )


def _leaked(key: tuple[str, str], training: str, levels: np.ndarray, rows: range, texts: Sequence[str]) -> LeakedRows:
    mine = levels[rows.start : rows.stop]
    counts = {name: int((mine == level).sum()) for level, name in enumerate(LEVELS)}
    first = int(np.argmin(mine)) if (mine < NONE).any() else None
    return LeakedRows(
        target=key[0],
        language=key[1],
        training=training,
        rows=len(rows),
        sample="" if first is None else texts[rows.start + first],
        **counts,
    )


def _read(source: Source, roots: Roots, name: str, missing: dict[str, str]) -> list[tuple[str, ...]]:
    """Return the texts of the rows of a source; none of one that is not here, which is noted."""
    try:
        return [row_texts(example) for example in load_examples(resolve_source(source, roots)).examples]
    except DataError as error:
        missing[name] = error.what
        return []


def row_texts(example: Example) -> tuple[str, ...]:
    """Return the texts of a row: of a tagged or parsed sentence the sentence."""
    return (" ".join(example.words),) if isinstance(example, WordsExample) else example.texts
