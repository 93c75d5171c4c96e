"""An audit for leaks: every training set past the index of all test sets, counted by level and language.

Pretraining text is read past the leak guard, as pretraining reads it, built from the test texts of the audit. The guard
of a recipe protects more than these, so that what is counted here is an upper bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xstilts.core.collection import deferred_collection
from xstilts.core.forks import forked, usable_forks
from xstilts.core.leak_levels import LEVELS
from xstilts.data.examples import Example, WordsExample
from xstilts.data.leak_guard import LeakGuard
from xstilts.data.leak_tokens import Texts
from xstilts.data.leakage import NONE, LeakageIndex
from xstilts.data.read import ResolvedSource, load_examples

OnProgress = Callable[[int, int, str], None]
_Rows = Sequence[Texts]


@dataclass(frozen=True, kw_only=True)
class AuditedTest:
    """The test set of a target in one language."""

    target: str
    language: str
    source: ResolvedSource


@dataclass(frozen=True, kw_only=True)
class AuditedTraining:
    """A training set by its name. guarded: pretraining text, of which the leak guard lets only a part pass."""

    name: str
    sources: tuple[ResolvedSource, ...]
    guarded: bool = False


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
class LeakedExample:
    """A test example that some training set holds, at the strongest level of all of them."""

    target: str
    language: str
    id: str
    level: str


@dataclass(frozen=True, kw_only=True)
class LeaksFound:
    """The outcome of an audit. leaks: those with any leaked row. tests: (target, language) -> rows; trainings: name ->
    rows."""

    leaks: tuple[LeakedRows, ...]
    examples: tuple[LeakedExample, ...]
    tests: Mapping[tuple[str, str], int]
    trainings: Mapping[str, int]


@deferred_collection()
def find_leaks(
    tests: Sequence[AuditedTest], trainings: Sequence[AuditedTraining], on_progress: OnProgress = lambda *of: None
) -> LeaksFound:
    """Compare training sets with test sets, all of them read here. on_progress: sets done, of how many, the next
    one; of training sets, which several processes read, one that is done.

    Raises DataError (file:line) for a file that cannot be read.
    """
    index, places = LeakageIndex(), dict[tuple[str, str], range]()
    texts: list[Texts] = []
    ids: list[str] = []
    total = len(tests) + len(trainings)
    for done, test in enumerate(tests):
        on_progress(done, total, f"{test.target} {test.language}")
        examples = load_examples(test.source).examples
        rows = [row_texts(example) for example in examples]
        places[test.target, test.language] = index.add(rows, test.source.language)
        texts += rows
        ids += [example.id for example in examples]
    guard = _guard(tests, places, texts) if any(one.guarded for one in trainings) else None
    index.build()

    def levels_of(group: Sequence[int]) -> list[tuple[np.ndarray, int]]:
        return list(_levels([trainings[number] for number in group], index, guard))

    groups = _by_files(trainings)
    met: dict[int, tuple[np.ndarray, int]] = {}
    for place, levels_of_group in forked(levels_of, groups, usable_forks(len(groups))):
        met |= zip(groups[place], levels_of_group, strict=True)
        on_progress(len(tests) + len(met), total, trainings[groups[place][0]].name)
    strongest, leaks, counts = np.full(len(index), NONE, dtype=np.int8), list[LeakedRows](), dict[str, int]()
    for number, training in enumerate(trainings):
        levels, counts[training.name] = met[number]
        strongest = np.minimum(strongest, levels)
        leaks += [leak for key, of in places.items() if (leak := _leaked(key, training.name, levels, of, texts)).leaked]
    return LeaksFound(
        leaks=tuple(leaks),
        examples=tuple(_examples(places, strongest, ids)),
        tests={key: len(of) for key, of in places.items()},
        trainings=counts,
    )


def _by_files(trainings: Sequence[AuditedTraining]) -> list[list[int]]:
    """Return the numbers of training sets in groups that have a file in common, the largest group first; within one,
    sets that read their files in the same way stand together."""
    groups: dict[int, list[int]] = {number: [number] for number in range(len(trainings))}
    of_file: dict[Path, int] = {}
    for number, training in enumerate(trainings):
        home = number
        for path in (path for source in training.sources for path in source.paths):
            other = of_file.setdefault(path, home)
            if groups[other] is not groups[home]:
                groups[other] += groups[home]
                groups |= dict.fromkeys(groups[home], groups[other])
    ways = [repr([(source.paths, source.read, source.row) for source in training.sources]) for training in trainings]
    bytes_of = [sum(source.text_bytes for source in training.sources) for training in trainings]
    distinct = {id(group): sorted(group, key=lambda number: ways[number]) for group in groups.values()}.values()
    return sorted(distinct, key=lambda group: -sum(bytes_of[number] for number in group))


def _levels(
    trainings: Sequence[AuditedTraining], index: LeakageIndex, guard: LeakGuard | None
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield for each training set how it says the same as each test row [N], and how many rows it has."""
    known: dict[int, np.ndarray] = {}  # several tasks read one file
    for training in trainings:
        levels, count = np.full(len(index), NONE, dtype=np.int8), 0
        for source in training.sources:
            rows = _rows(source, guard if training.guarded else None)
            key = hash((source.language, *rows))
            if key not in known:
                known[key] = index.levels(rows, source.language)
            levels = np.minimum(levels, known[key])
            count += len(rows)
        yield levels, count


def row_texts(example: Example) -> tuple[str, ...]:
    """Return the texts of a row: of a tagged or parsed sentence the sentence."""
    return (" ".join(example.words),) if isinstance(example, WordsExample) else example.texts


def _rows(source: ResolvedSource, guard: LeakGuard | None) -> list[tuple[str, ...]]:
    rows = [row_texts(example) for example in load_examples(source).examples]
    if guard is None:
        return rows
    return [row for row in rows if not any(guard.reason(text, source.language) for text in row)]


def _guard(tests: Sequence[AuditedTest], places: Mapping[tuple[str, str], range], texts: Sequence[Texts]) -> LeakGuard:
    return LeakGuard(
        (test.source.language, text)
        for test in tests
        for place in places[test.target, test.language]
        for text in texts[place]
    )


def _leaked(key: tuple[str, str], training: str, levels: np.ndarray, rows: range, texts: _Rows) -> LeakedRows:
    mine = levels[rows.start : rows.stop]
    counts = {name: int((mine == level).sum()) for level, name in enumerate(LEVELS)}
    first = int(np.argmin(mine)) if (mine < NONE).any() else None
    return LeakedRows(
        target=key[0],
        language=key[1],
        training=training,
        rows=len(rows),
        sample="" if first is None else " / ".join(texts[rows.start + first]),
        **counts,
    )


def _examples(
    places: Mapping[tuple[str, str], range], strongest: np.ndarray, ids: Sequence[str]
) -> list[LeakedExample]:
    return [
        LeakedExample(target=target, language=language, id=ids[row], level=LEVELS[strongest[row]])
        for (target, language), rows in places.items()
        for row in rows
        if strongest[row] < NONE
    ]
