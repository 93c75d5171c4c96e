"""What a submission to XTREME or XTREME-R consists of: its tasks, their files and languages, and the groups that the
official program averages (google-research/xtreme, evaluate.py; Hu et al. 2020, Ruder et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xstilts.core.catalog import Catalog
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.ranking import MeanAveragePrecision
from xstilts.metrics.retrieval import MiningF1
from xstilts.metrics.spans import Mlqa, SquadScore
from xstilts.metrics.tallies import Metric
from xstilts.xtreme import files, write
from xstilts.xtreme.files import Read
from xstilts.xtreme.write import Write


@dataclass(frozen=True, kw_only=True)
class Target:
    """One task of a submission: `<name>/test-<language>.<suffix>`, read by `read`, scored by `metric`; `guesses` and
    `golds` write the files of predictions and labels.

    `beside`: metrics that the official program does not know and that say what its own hides, by what they are called.
    """

    name: str
    suffix: str
    read: Read
    metric: Metric
    guesses: Write
    golds: Write
    beside: Mapping[str, Metric] = field(default_factory=dict)


def _labels(name: str, guesses: Write = write.labels) -> Target:
    return Target(name=name, suffix="tsv", read=files.labels, metric=Accuracy(), guesses=guesses, golds=guesses)


def _tags(name: str, **beside: Metric) -> Target:
    return Target(
        name=name, suffix="tsv", read=files.tags, metric=ChunkF1(), guesses=write.tags, golds=write.tags, beside=beside
    )


def _answers(name: str, metric: Metric, **beside: Metric) -> Target:
    return Target(
        name=name,
        suffix="json",
        read=files.answers,
        metric=metric,
        guesses=write.answers,
        golds=write.questions,
        beside=beside,
    )


TARGETS = Catalog(
    "task of the benchmark",
    _labels("pawsx"),
    _labels("xnli"),
    Target(
        name="xcopa",
        suffix="jsonl",
        read=files.json_labels,
        metric=Accuracy(),
        guesses=write.json_labels,
        golds=write.json_labels,
    ),
    _tags("panx"),
    _tags("udpos", plain=TokenAccuracy()),
    Target(name="bucc2018", suffix="tsv", read=files.pairs, metric=MiningF1(), guesses=write.pairs, golds=write.pairs),
    _labels("tatoeba", write.positions),
    _answers("xquad", SquadScore(), language_aware=Mlqa()),
    _answers("mlqa", Mlqa()),
    _answers("tydiqa", SquadScore(), language_aware=Mlqa()),
    Target(
        name="mewslix",
        suffix="json",
        read=files.rankings,
        metric=MeanAveragePrecision(),
        guesses=write.answers,
        golds=write.answers,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A benchmark. `languages`: task -> languages, both in the official order; `groups`: name -> tasks, the mean of
    which it is; `without`: tasks of the benchmark that no submission folder holds; `tasks`: what a study calls them
    where the name is another benchmark's."""

    name: str
    title: str
    languages: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    without: tuple[str, ...] = ()
    tasks: Mapping[str, str] = field(default_factory=dict)


def task_of(version: Version, name: str) -> str:
    """What a task of the benchmark is called in a study."""
    return version.tasks.get(name, name)


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_XNLI = _codes("ar bg de el en es fr hi ru sw th tr ur vi zh")
_MLQA = _codes("en es de ar hi vi zh")
_TYDIQA = _codes("en ar bn fi id ko ru sw te")
_PANX = _codes(
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk tr et"
    " fi hu"
)
_UDPOS = _codes("af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh")
_TATOEBA = _codes(
    "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"
)
_XQUAD = _codes("en es de el ru tr ar vi th zh hi")

VERSIONS = Catalog(
    "version",
    Version(
        name="xtreme",
        title="XTREME",
        languages={
            "pawsx": _codes("de en es fr ja ko zh"),
            "xnli": _XNLI,
            "panx": _PANX,
            "udpos": _UDPOS,
            "bucc2018": _codes("de fr ru zh"),
            "tatoeba": _TATOEBA,
            "xquad": _XQUAD,
            "mlqa": _MLQA,
            "tydiqa": _TYDIQA,
        },
        groups={
            "classification": ("pawsx", "xnli"),
            "tagging": ("udpos", "panx"),
            "qa": ("xquad", "mlqa", "tydiqa"),
            "retrieval": ("bucc2018", "tatoeba"),
        },
    ),
    Version(
        name="xtreme-r",
        title="XTREME-R",
        languages={
            "xnli": _XNLI,
            "panx": (*_PANX, *_codes("qu pl uk az lt pa gu ro")),
            "udpos": (*_UDPOS, *_codes("lt pl uk wo ro")),
            "tatoeba": (*_TATOEBA, *_codes("az lt pl uk ro")),
            "xcopa": _codes("et ht id it qu sw ta th tr vi zh"),
            "mewslix": _codes("ar de en es fa ja pl ro ta tr uk"),
            "xquad": (*_XQUAD, "ro"),
            "mlqa": _MLQA,
            "tydiqa": _TYDIQA,
        },
        groups={
            "classification": ("xnli", "xcopa"),
            "tagging": ("udpos", "panx"),
            "qa": ("xquad", "mlqa", "tydiqa"),
            "retrieval": ("tatoeba", "mewslix"),
            "multi_choice": ("xcopa",),
        },
        without=("lareqa",),
        tasks={"tatoeba": "tatoeba-after-squad1"},
    ),
)
