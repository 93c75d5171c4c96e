"""Shared rows: test rows that an arm trains on as well, and dev rows that are training rows of what they select.

Counted by what the rows say (`data/text_keys`), over all that a route trains on, once its files are prepared. Rows are
never left out for it: some data sets have them, and so have their published numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xstilts.core.errors import DataError, StoreError
from xstilts.data.source import View
from xstilts.data.text_keys import shared_mask
from xstilts.data.views import without_translations_of
from xstilts.engine.graph import steps_of
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.kinds.prepared_keys import TextKeys
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import file_uses, kind_of
from xstilts.pipeline.steps.base import FileUse
from xstilts.report.elements.formatting import count, name_list
from xstilts.study.text_overlap import name_arms

# The step that prepared rows, which of them, and what those are that they must not translate.
_Rows = tuple[str, tuple[View, ...], "_Rows | None"]
WARNED_SHARE = 0.05
Shares = Mapping[str, tuple[int, int]]  # language -> rows that are trained on, rows


# Why rows are not compared, and what to do; `folders` of the store hold them.
_ANEW = "delete {folders} from steps/ of the store, and the next run that reads these rows prepares them anew"
EARLIER = f"prepared by an earlier version of the program, which wrote nothing to compare them by: {_ANEW}"
DAMAGED = f"whose keys.arrow is damaged: {_ANEW}"
_NOUN = {"train": "training rows", "dev": "dev rows", "test": "test rows"}


class SharedNote(NamedTuple):
    """A sentence on shared rows, and which share of the rows of a language, or of a dev set, it is about at most."""

    sentence: str
    share: float


@dataclass(frozen=True, kw_only=True)
class SharedRows:
    """What is to be said of each target's test rows, and of dev sets."""

    tests: Mapping[str, tuple[SharedNote, ...]]
    dev: tuple[SharedNote, ...]

    @property
    def notes(self) -> tuple[SharedNote, ...]:
        """All of them, with the names of their targets."""
        named = ((target, note) for target, notes in self.tests.items() for note in notes)
        return (*(SharedNote(f"{target}: {said}", share) for target, (said, share) in named), *self.dev)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those that change a score more than the few sentences do that most data sets hold twice."""
        return tuple(note.sentence for note in self.notes if note.share >= WARNED_SHARE)


def shared_rows(session: Session) -> SharedRows:
    """Compare the test rows of each target with all that its arms train on, and dev rows with those of their phase.
    What is not prepared yet is passed over. It is worked out once for what is prepared, unless some could not be
    compared."""
    texts = _Texts(session.store)
    prepared = frozenset(step.key for step in _preparations(session) if texts.is_prepared(step))
    known: tuple[frozenset[str], SharedRows] | None = session.remembered.get("shared rows")
    if known is not None and known[0] == prepared:
        return known[1]
    notes = {target: tuple(_target_notes(target, session, texts)) for target in session.study.targets}
    steps = dict.fromkeys(training.step for trained in session.steps.trainings.values() for training in trained)
    found = SharedRows(
        tests={target: said for target, said in notes.items() if said},
        dev=tuple(dict.fromkeys(note for step in steps for note in _dev_notes(step, texts))),
    )
    if not texts.problems:
        session.remembered["shared rows"] = prepared, found
    return found


def _preparations(session: Session) -> list[Step]:
    return [step for step in steps_of(session.goals) if kind_of(step).reads_files]


@dataclass
class _Texts:
    """Text keys of prepared rows: each file is read once, each choice of its rows made once.

    problems: why the keys of a file are not known, by the key of the step that prepared it.
    """

    store: Store
    problems: dict[str, str] = field(default_factory=dict)
    _done: dict[str, bool] = field(default_factory=dict)
    _files: dict[str, TextKeys | None] = field(default_factory=dict)
    _chosen: dict[_Rows, list[int]] = field(default_factory=dict)
    _sorted: dict[_Rows, np.ndarray] = field(default_factory=dict)

    def is_prepared(self, step: Step) -> bool:
        if step.key not in self._done:
            self._done[step.key] = self.store.is_done(step)
        return self._done[step.key]

    def of(self, use: FileUse) -> np.ndarray | None:
        """Return the keys of the rows of a use that a score counts; None where they are not known."""
        indices, file = self._indices(use), self._file(use)
        return None if indices is None or file is None else file.of(indices)

    def sorted(self, use: FileUse) -> np.ndarray:
        key = rows_of(use)
        if key not in self._sorted:
            keys = self.of(use)
            self._sorted[key] = np.unique(keys) if keys is not None else np.zeros(0, np.uint64)
        return self._sorted[key]

    def _file(self, use: FileUse) -> TextKeys | None:
        key = use.prepared.key
        if key not in self._files:
            try:
                found = self._files[key] = TextKeys.read(self.store.files(use.prepared, ("keys.arrow",)))
                if found is None:
                    self.problems[key] = EARLIER
            except StoreError:
                self._files[key], self.problems[key] = None, DAMAGED
        return self._files[key]

    def _indices(self, use: FileUse) -> list[int] | None:
        """Return which rows of a file a use has, as the training chooses them; None where they are not known."""
        key, file = rows_of(use), self._file(use)
        if file is None:
            return None
        if key not in self._chosen:
            chosen = file.indices(use.views)
            if use.without is not None:
                others, originals = self._indices(use.without), self._file(use.without)
                if others is None or originals is None:
                    return None
                with suppress(DataError):  # the training says so
                    chosen = without_translations_of(chosen, file.keys, others, originals.keys)
            self._chosen[key] = chosen
        return self._chosen[key]


def rows_of(use: FileUse) -> _Rows:
    return use.prepared.key, use.views, None if use.without is None else rows_of(use.without)


def _target_notes(target: str, session: Session, texts: _Texts) -> Iterator[SharedNote]:
    routes = [key for key in session.steps.scores if key[1] == target]
    as_they_are = [key for key in routes if session.study.arms[key[0]].translate_test is None]
    tests = {
        use.source.language: use
        for key in (as_they_are or routes)[:1]
        for use in file_uses(session.steps.scores[key])
        if texts.is_prepared(use.prepared)
    }
    trained: dict[str, dict[_Rows, FileUse]] = {}
    for arm, _, seed in routes:
        for training in session.steps.trainings[arm, target, seed]:
            for use in file_uses(training.step):
                if use.use == "train" and texts.is_prepared(use.prepared):
                    trained.setdefault(arm, {})[rows_of(use)] = use
    uses = {key: use for by_key in trained.values() for key, use in by_key.items()}
    keys = {language: found for language, use in tests.items() if (found := texts.of(use)) is not None}
    masks = {key: _masks(keys, texts.sorted(use)) for key, use in uses.items()}
    yield from _unknown([*tests.values(), *uses.values()], texts)
    shares = {arm: _shares(keys, [masks[key] for key in by_key]) for arm, by_key in trained.items()}
    yield from share_notes(shares, tuple(session.study.arms))


def _unknown(uses: Iterable[FileUse], texts: _Texts) -> Iterator[SharedNote]:
    """Yield what could not be compared, in one sentence for each reason."""
    of_reason: dict[str, dict[str, str]] = {}
    for use in uses:
        for one in (use, use.without):
            if one is not None and (reason := texts.problems.get(one.prepared.key)):
                name = f"{_NOUN[one.use]} of {one.task} ({one.source.language})"
                of_reason.setdefault(reason, {})[name] = one.prepared.key
    for reason, names in of_reason.items():
        said = reason.format(folders=name_list(list(dict.fromkeys(names.values())), 4))
        yield SharedNote(f"not compared: {name_list(list(names), 4)}, {said}", 0.0)


def _masks(keys: Mapping[str, np.ndarray], among: np.ndarray) -> Mapping[str, np.ndarray]:
    return {language: shared_mask(of_language, among) for language, of_language in keys.items()}


def _shares(keys: Mapping[str, np.ndarray], masks: Sequence[Mapping[str, np.ndarray]]) -> Shares:
    return {
        language: (int(np.logical_or.reduce([mask[language] for mask in masks]).sum()), len(of_language))
        for language, of_language in keys.items()
    }


def share_notes(shares: Mapping[str, Shares], arms: Sequence[str]) -> Iterator[SharedNote]:
    """Yield one note for all arms that train on the same number of rows in each language, and one for all numbers that
    are no cause for a warning.

    >>> list(share_notes({"a": {"de": (2, 5), "sw": (0, 5)}, "b": {"de": (0, 5), "sw": (0, 5)}}, ("a", "b")))[0]
    SharedNote(sentence='2 of 10 test rows are also training rows of the arm a (1 of 2): de 2 of 5', share=0.4)
    """
    together: dict[tuple[tuple[str, tuple[int, int]], ...], list[str]] = {}
    for arm in arms:
        if any(some for some, _ in shares.get(arm, {}).values()):
            together.setdefault(tuple(shares[arm].items()), []).append(arm)
    few = {same: of_arms for same, of_arms in together.items() if _largest(same) < WARNED_SHARE}
    for same, of_arms in together.items():
        if same not in few or len(few) == 1:
            yield _share_note([same], of_arms, arms)
    if len(few) > 1:
        yield _share_note(list(few), [arm for arm in arms if any(arm in some for some in few.values())], arms)


_Counts = tuple[tuple[str, tuple[int, int]], ...]  # Shares, as a value


def _largest(counts: _Counts) -> float:
    return max(some / max(all_, 1) for _, (some, all_) in counts)


def _share_note(each: Sequence[_Counts], of_arms: Sequence[str], arms: Sequence[str]) -> SharedNote:
    """Return one note on arms that train on `each` of these numbers of rows, the languages with the largest."""
    totals = sorted({sum(some for _, (some, _) in counts) for counts in each})
    rows = sum(all_ for _, (_, all_) in each[0])
    most = {language: (max(dict(counts)[language][0] for counts in each), all_) for language, (_, all_) in each[0]}
    up_to = "up to " if len(each) > 1 else ""
    languages = [f"{name} {up_to}{count(some)} of {count(all_)}" for name, (some, all_) in most.items() if some]
    number = f"{count(totals[0])} to {count(totals[-1])}" if len(totals) > 1 else count(totals[0])
    whose = f", by arm ({len(of_arms)} of {len(arms)})" if len(each) > 1 else f" of {name_arms(of_arms, arms)}"
    said = f"{number} of {count(rows)} test rows are also training rows{whose}"
    return SharedNote(f"{said}: {name_list(languages, 8)}", max(map(_largest, each)))


def _dev_notes(step: Step, texts: _Texts) -> Iterator[SharedNote]:
    uses = [use for use in file_uses(step) if texts.is_prepared(use.prepared)]
    trained = [texts.sorted(use) for use in uses if use.use == "train"]
    for use in uses:
        if use.use != "dev":
            continue
        if (keys := texts.of(use)) is None:
            yield from _unknown([use], texts)
            continue
        shared = int(np.logical_or.reduce([shared_mask(keys, among) for among in trained]).sum()) if trained else 0
        if shared:
            said = f"{use.task}: {count(shared)} of {count(len(keys))} dev rows, which select, are also training rows"
            yield SharedNote(said, shared / len(keys))
