"""The base of tasks. A task is one data set, declared as data; a language is a key, never part of a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from xstilts.core.canonical import OMIT_DEFAULT, fingerprint
from xstilts.data.source import Source
from xstilts.kinds.base import Kind
from xstilts.metrics.tallies import Metric
from xstilts.tasks.augmentation import Augmentation


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Origin of a data set and what its licence allows. Shown by `xstilts tasks`, never identity."""

    licence: str
    cite: str  # a citation a reader can look up
    home: str = ""  # address of the data set's own page
    text: str = ""  # "human-translated", "original", "machine-translated", ...
    noncommercial: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingView:
    """The training view of a task: all that the identity of a training may depend on. No name, no test set: two tasks
    that train on the same data share the training, and a new test language retrains nothing."""

    identity_name: ClassVar[str] = "Fit"

    kind: Kind
    train: Source
    dev: Source | None
    select: Metric
    version: int = 1
    # True: what has the id of a dev example is not trained on (a translation of data that the dev set was cut from)
    exclude_dev_ids: bool = field(default=False, metadata={**OMIT_DEFAULT, "identity_name": "apart"})
    augmentation: Augmentation | None = field(default=None, metadata=OMIT_DEFAULT)  # of the training rows

    def __hash__(self) -> int:  # by what is identity: a field of a kind may be a mapping
        return hash((fingerprint(self.kind), self.train, self.dev))


@dataclass(frozen=True, kw_only=True)
class Task:
    """One data set: what is trained on, what selects, what is tested in each language, and how answers are scored."""

    name: str  # [a-z0-9-]+, unique
    kind: Kind
    origin: Origin
    train: Source | None = None  # None: never trained (retrieval, test-only sets)
    dev: Source | None = None  # None: `holdout` of the training data is kept for selection
    test: Mapping[str, Source] = field(default_factory=dict)
    finetuned_on: str | None = None  # without training data of its own: the task that is fine-tuned on first
    metrics: tuple[Metric, ...] = ()  # () : the kind's own
    select: Metric | None = None  # steers selection on dev; None: the first of the metrics
    # language -> published machine translations of the training data, under the same ids; trained on only by an arm
    # that asks for them (`translated`), so no part of `fit`
    translations: Mapping[str, Source] = field(default_factory=dict)
    holdout: float = 0.05  # share of the training groups held out where there is no dev
    scale: str = "full"  # "full", or a sentence that says what was cut; shown wherever the task is
    benchmarks: tuple[str, ...] = ()  # ("xtreme", "xtreme-r")
    note: str = ""  # what a reader of its numbers must know (how it is read, an odd metric); beside them in a report
    can_subsample: bool = True  # False: a test set means something only as a whole (mining), so no study cuts it
    # whose sentences its training data are, where other tasks are trained on them as well, under other labels: a report
    # says where an arm has met those of its target before
    corpora: tuple[str, ...] = ()
    # of natural noise: the task with the clean counterparts, and test language -> which of its test languages these are
    counterpart: str = ""
    counterparts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # of corrected sentences: test language -> the task that has the same ones as they were written
    as_written: Mapping[str, str] = field(default_factory=dict)
    same_tests_as: str = ""  # another task whose tests hold the same texts: pretraining is kept from them once
    pool: Source | None = None  # what the queries of every test language search, beside their own source
    # of retrieval: the language of the queries or of the candidates, where it is not that of the test set
    query_language: str = ""
    candidate_language: str = ""
    version: int = 1

    @property
    def scored(self) -> tuple[Metric, ...]:
        return self.metrics or self.kind.metrics

    @property
    def fit(self) -> TrainingView | None:
        """Return the training view; None where the task has no training data. The held-out part is disjoint from what
        is trained on."""
        if self.train is None:
            return None
        train, dev = self.train, self.dev
        if dev is None:
            train, dev = self.train.split("rest", self.holdout), self.train.split("held", self.holdout)
        return TrainingView(
            kind=self.kind, train=train, dev=dev, select=self.select or self.scored[0], version=self.version
        )

    @property
    def sources(self) -> Iterator[tuple[str, Source]]:
        """Yield ("train", "dev", "test" or "pool", source) of all that is read for it as it is: no translations."""
        named = [("train", self.train), ("dev", self.dev), *(("test", test) for test in self.test.values())]
        yield from ((use, source) for use, source in (*named, ("pool", self.pool)) if source is not None)

    def replace(self, **changes: object) -> Task:
        """Return this task with some fields replaced. Other training data leave translations and corpora of these
        behind, other tests the task with the same ones."""
        if "train" in changes:
            changes = {"translations": {}, "corpora": (), **changes}
        if "test" in changes:
            changes = {"same_tests_as": "", **changes}
        return replace(self, **changes)  # type: ignore[arg-type]
