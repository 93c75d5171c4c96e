"""Shared rows: test rows that an arm trains on as well, and dev rows that are training rows of what they select.

Counted by what the rows say (`data/text_keys`), over all that a route trains on, once its files are prepared. Rows are
never left out for it: some data sets have them, and so have their published numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xstilts.data.source import View
from xstilts.data.text_keys import shared_mask
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.kinds.tokenized import read_text_keys
from xstilts.pipeline.same_files import same_files
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.steps.base import FileUse
from xstilts.report.elements.formatting import count, name_list
from xstilts.study.text_overlap import name_arms

_Rows = tuple[str, tuple[View, ...]]  # the step that prepared them, and which of its rows
WARNED_SHARE = 0.05
Shares = Mapping[str, tuple[int, int]]  # language -> rows that are trained on, rows
UNKNOWN = "not all test rows were compared with training rows: some files are damaged, or of an earlier version"


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
    What is not prepared yet is passed over."""
    texts = _Texts(session.store)
    notes = {target: tuple(_target_notes(target, session, texts)) for target in session.study.targets}
    steps = dict.fromkeys(training.step for trained in session.steps.trainings.values() for training in trained)
    return SharedRows(
        tests={target: said for target, said in notes.items() if said},
        dev=tuple(dict.fromkeys(note for step in steps for note in _dev_notes(step, texts))),
    )


def data_warnings(session: Session) -> tuple[str, ...]:
    """Return what makes a study's scores other than they seem: files, and rows, that are trained on and scored."""
    return (*same_files(session.goals), *shared_rows(session).warnings)


@dataclass
class _Texts:
    """Text keys of prepared rows, each file read once."""

    store: Store
    _done: dict[str, bool] = field(default_factory=dict)
    _known: dict[_Rows, np.ndarray | None] = field(default_factory=dict)
    _sorted: dict[_Rows, np.ndarray] = field(default_factory=dict)

    def is_prepared(self, use: FileUse) -> bool:
        key = use.prepared.key
        if key not in self._done:
            self._done[key] = self.store.is_done(use.prepared)
        return self._done[key]

    def of(self, use: FileUse) -> np.ndarray | None:
        """Return the keys of a use; None where they were not written down."""
        key = use.prepared.key, use.views
        if key not in self._known:
            self._known[key] = read_text_keys(self.store.path(use.prepared), use.views)
        return self._known[key]

    def sorted(self, use: FileUse) -> np.ndarray:
        key = use.prepared.key, use.views
        if key not in self._sorted:
            keys = self.of(use)
            self._sorted[key] = np.unique(keys) if keys is not None else np.zeros(0, np.uint64)
        return self._sorted[key]


def _target_notes(target: str, session: Session, texts: _Texts) -> Iterator[SharedNote]:
    routes = [key for key in session.steps.scores if key[1] == target]
    tests = {
        use.source.language: use
        for key in routes[:1]
        for use in kind_of(session.steps.scores[key]).file_uses(session.steps.scores[key])
        if texts.is_prepared(use)
    }
    trained: dict[str, dict[_Rows, FileUse]] = {}
    for arm, _, seed in routes:
        for training in session.steps.trainings[arm, target, seed]:
            for use in kind_of(training.step).file_uses(training.step):
                if use.use == "train" and texts.is_prepared(use):
                    trained.setdefault(arm, {})[use.prepared.key, use.views] = use
    uses = {key: use for by_key in trained.values() for key, use in by_key.items()}
    if any(texts.of(use) is None for use in (*tests.values(), *uses.values())):
        yield SharedNote(UNKNOWN, 0.0)
    keys = {language: found for language, use in tests.items() if (found := texts.of(use)) is not None}
    masks = {key: _masks(keys, texts.sorted(use)) for key, use in uses.items()}
    shares = {arm: _shares(keys, [masks[key] for key in by_key]) for arm, by_key in trained.items()}
    yield from share_notes(shares, tuple(session.study.arms))


def _masks(keys: Mapping[str, np.ndarray], among: np.ndarray) -> Mapping[str, np.ndarray]:
    return {language: shared_mask(of_language, among) for language, of_language in keys.items()}


def _shares(keys: Mapping[str, np.ndarray], masks: Sequence[Mapping[str, np.ndarray]]) -> Shares:
    return {
        language: (int(np.logical_or.reduce([mask[language] for mask in masks]).sum()), len(of_language))
        for language, of_language in keys.items()
    }


def share_notes(shares: Mapping[str, Shares], arms: Sequence[str]) -> Iterator[SharedNote]:
    """Yield one note for all arms that train on the same number of rows in each language.

    >>> list(share_notes({"a": {"de": (2, 5), "sw": (0, 5)}, "b": {"de": (0, 5), "sw": (0, 5)}}, ("a", "b")))[0]
    SharedNote(sentence='2 of 10 test rows are also training rows of the arm a (1 of 2): de 2 of 5', share=0.4)
    """
    together: dict[tuple[tuple[str, tuple[int, int]], ...], list[str]] = {}
    for arm in arms:
        together.setdefault(tuple(shares.get(arm, {}).items()), []).append(arm)
    for same, of_arms in together.items():
        shared, rows = (sum(numbers) for numbers in zip(*(pair for _, pair in same), strict=True)) if same else (0, 0)
        if shared:
            languages = [f"{language} {count(some)} of {count(all_)}" for language, (some, all_) in same if some]
            said = f"{count(shared)} of {count(rows)} test rows are also training rows of {name_arms(of_arms, arms)}"
            share = max(some / max(all_, 1) for _, (some, all_) in same)
            yield SharedNote(f"{said}: {name_list(languages, 8)}", share)


def _dev_notes(step: Step, texts: _Texts) -> Iterator[SharedNote]:
    uses = [use for use in kind_of(step).file_uses(step) if texts.is_prepared(use)]
    trained = [texts.sorted(use) for use in uses if use.use == "train"]
    for use in uses:
        if use.use != "dev" or (keys := texts.of(use)) is None:
            continue
        shared = int(np.logical_or.reduce([shared_mask(keys, among) for among in trained]).sum()) if trained else 0
        if shared:
            said = f"{use.task}: {count(shared)} of {count(len(keys))} dev rows, which select, are also training rows"
            yield SharedNote(said, shared / len(keys))
