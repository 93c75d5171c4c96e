"""Layout of a submission to XTREME or XTREME-R: its tasks, their files and languages, and the groups that the
official program averages (google-research/xtreme, evaluate.py; Hu et al. 2020, Ruder et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from xstilts.core.catalog import Catalog
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.ranking import MeanAveragePrecision
from xstilts.metrics.retrieval import MiningF1
from xstilts.metrics.spans import Mlqa, SquadScore
from xstilts.metrics.tallies import Metric
from xstilts.xtreme.labels import BINARY_LABELS, PANX_TAGS, UDPOS_TAGS, XNLI_LABELS
from xstilts.xtreme.read import (
    ReadPairs,
    read_answers,
    read_json_labels,
    read_labels,
    read_pairs,
    read_rankings,
    read_sentence_numbers,
    read_tags,
)
from xstilts.xtreme.write import (
    WriteFile,
    write_answers,
    write_candidate_numbers,
    write_json_labels,
    write_labels,
    write_pairs,
    write_squad_gold,
    write_tags,
)


@dataclass(frozen=True, kw_only=True)
class SubmissionTask:
    """One task of a submission: `<name>/test-<language>.<suffix>`, read by `read`, scored by `metric`; `write_guesses`
    and `write_gold` write the files of predictions and labels.

    `extra_metrics`: metrics that the official program does not know and that say what its own hides, by name.
    """

    name: str
    suffix: str
    read: ReadPairs
    metric: Metric
    write_guesses: WriteFile
    write_gold: WriteFile
    extra_metrics: Mapping[str, Metric] = field(default_factory=dict)


def _labels(name: str, read: ReadPairs, write_guesses: WriteFile = write_labels) -> SubmissionTask:
    return SubmissionTask(
        name=name,
        suffix="tsv",
        read=read,
        metric=Accuracy(),
        write_guesses=write_guesses,
        write_gold=write_guesses,
    )


def _tags(name: str, tags: Sequence[str], **extra_metrics: Metric) -> SubmissionTask:
    return SubmissionTask(
        name=name,
        suffix="tsv",
        read=partial(read_tags, labels=tags),
        metric=ChunkF1(),
        write_guesses=write_tags,
        write_gold=write_tags,
        extra_metrics=extra_metrics,
    )


def _answers(name: str, metric: Metric, **extra_metrics: Metric) -> SubmissionTask:
    return SubmissionTask(
        name=name,
        suffix="json",
        read=read_answers,
        metric=metric,
        write_guesses=write_answers,
        write_gold=write_squad_gold,
        extra_metrics=extra_metrics,
    )


SUBMISSION_TASKS = Catalog(
    "task of the benchmark",
    _labels("pawsx", partial(read_labels, labels=BINARY_LABELS)),
    _labels("xnli", partial(read_labels, labels=XNLI_LABELS)),
    SubmissionTask(
        name="xcopa",
        suffix="jsonl",
        read=partial(read_json_labels, labels=BINARY_LABELS),
        metric=Accuracy(),
        write_guesses=write_json_labels,
        write_gold=write_json_labels,
    ),
    _tags("panx", PANX_TAGS),
    _tags("udpos", UDPOS_TAGS, plain=TokenAccuracy()),
    SubmissionTask(
        name="bucc2018",
        suffix="tsv",
        read=read_pairs,
        metric=MiningF1(),
        write_guesses=write_pairs,
        write_gold=write_pairs,
    ),
    _labels("tatoeba", read_sentence_numbers, write_candidate_numbers),
    _answers("xquad", SquadScore(), language_aware=Mlqa()),
    _answers("mlqa", Mlqa()),
    _answers("tydiqa", SquadScore(), language_aware=Mlqa()),
    SubmissionTask(
        name="mewslix",
        suffix="json",
        read=read_rankings,
        metric=MeanAveragePrecision(),
        write_guesses=write_answers,
        write_gold=write_answers,
    ),
)


@dataclass(frozen=True, kw_only=True)
class XtremeVersion:
    """A benchmark. `languages`: task -> languages, both in the official order; `groups`: name -> tasks, the mean of
    which it is; `without`: tasks of the benchmark that no submission folder holds; `tasks`: what a study calls them
    where the name is another benchmark's."""

    name: str
    title: str
    languages: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    without: tuple[str, ...] = ()
    tasks: Mapping[str, str] = field(default_factory=dict)


def study_task_name(version: XtremeVersion, name: str) -> str:
    """Return the name that a task of the benchmark has in a study."""
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

XTREME_VERSIONS = Catalog(
    "version",
    XtremeVersion(
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
    XtremeVersion(
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
