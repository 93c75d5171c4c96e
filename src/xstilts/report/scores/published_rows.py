"""Published rows: a row is one model on one benchmark, and each of its figures has a source.

They are stored in `xstilts/references/`, one file a benchmark; `published_files.py` reads and checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from xstilts.metrics.catalog import METRICS


@dataclass(frozen=True, kw_only=True)
class Citation:
    """The place a figure was read at: the work, its address, and the table or section in it."""

    cite: str
    address: str
    place: str


@dataclass(frozen=True, kw_only=True)
class PublishedScore:
    """One published number. `task` is a task of the benchmark or the name of one of its averages; `name` is the value
    it gives ("accuracy", "f1", "exact_match"; of averages "mean", or "gain" over another row). In percent, or in
    points for a gain. `quote` is the words of the source that hold the number."""

    task: str
    name: str
    value: float
    quote: str
    source: Citation


@dataclass(frozen=True, kw_only=True)
class BenchmarkTask:
    """A task as a benchmark scores it: a mean over `languages` (canonical codes) in `metric`, a name as in our metrics,
    or one of its own where the program is another; `metric_title` is the metric in words."""

    name: str
    metric: str
    metric_title: str
    languages: tuple[str, ...]
    train: int | None = None  # training examples
    retrieval: bool = False
    note: str = ""

    @property
    def headline(self) -> tuple[str, ...]:
        """Names of the values whose mean is the task's score (of QA exact match and F1); () for a metric we do not
        have."""
        return METRICS[self.metric].headline if self.metric in METRICS else ()


@dataclass(frozen=True, kw_only=True)
class PublishedAverage:
    """A mean that a benchmark prints. `tasks`: those it is taken over; () where it is no plain mean of tasks."""

    name: str
    title: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A benchmark: its tasks, and the averages over them that it prints."""

    name: str
    title: str
    about: str
    tasks: Mapping[str, BenchmarkTask]
    averages: Mapping[str, PublishedAverage]


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """The figures of one model on one benchmark.

    parameters: "559M", "" where no source says.
    encoder, hub: what people call the encoder, and its name on the hub ("" where it is not there or not known).
    setting: what it was trained on.
    over: the row that it was trained on top of, for the gain (X-STILTs over XLM-R Large).
    """

    name: str
    benchmark: Benchmark
    model: str
    setting: str
    figures: tuple[PublishedScore, ...]
    parameters: str = ""
    encoder: str = ""
    hub: str = ""
    over: str = ""

    def values(self, task: str) -> dict[str, float]:
        """Value name -> figure, of one task or average."""
        return {figure.name: figure.value for figure in self.figures if figure.task == task}

    def score(self, task: str) -> float | None:
        """Return the task's score as the benchmark defines it; None where a part of it is not published."""
        names, values = self.benchmark.tasks[task].headline, self.values(task)
        return fmean(values[name] for name in names) if names and set(names) <= set(values) else None

    @property
    def sources(self) -> tuple[Citation, ...]:
        return tuple(dict.fromkeys(figure.source for figure in self.figures))
