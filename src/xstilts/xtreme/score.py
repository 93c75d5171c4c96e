"""Scores of a submission folder, as the official program prints them, and some that it does not have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from xstilts.core.errors import DataError
from xstilts.metrics.tallies import Metric
from xstilts.xtreme.layout import SUBMISSION_TASKS, SubmissionTask, XtremeVersion
from xstilts.xtreme.read import GoldGuessPairs

LanguageValues = Mapping[str, Mapping[str, float]]  # value -> language -> percent


@dataclass(frozen=True, kw_only=True)
class TaskScore:
    """`values` by language; `headline`: those whose mean is the score; `extra_values`: what the official program has
    not."""

    values: LanguageValues
    headline: tuple[str, ...]
    extra_values: LanguageValues

    @property
    def score(self) -> float:
        """Return the mean over languages, then over the headline's values: the official `avg_metric`."""
        return fmean(fmean(self.values[name].values()) for name in self.headline)


@dataclass(frozen=True, kw_only=True)
class BenchmarkScores:
    """`missing`: tasks of the benchmark without a score, and why."""

    version: XtremeVersion
    tasks: Mapping[str, TaskScore]
    missing: Mapping[str, str]

    @property
    def groups(self) -> dict[str, float]:
        """Return unweighted means of the tasks' scores, of the groups whose tasks all have a score."""
        complete = {
            name: tasks for name, tasks in self.version.groups.items() if all(task in self.tasks for task in tasks)
        }
        return {name: fmean(self.tasks[task].score for task in tasks) for name, tasks in complete.items()}

    @property
    def total(self) -> float | None:
        """Return the unweighted mean of all tasks that a submission holds; None unless every one has a score. Of XTREME
        it is the official total; XTREME-R has none, and this one is ours: without LAReQA, which no submission holds."""
        if any(task not in self.tasks for task in self.version.languages):
            return None
        return fmean(task.score for task in self.tasks.values())

    @property
    def official(self) -> dict:
        """Return the official program's JSON: `all_task` where it has one, the groups, the tasks."""
        total = {} if self.total is None or self.version.without else {"all_task": self.total}
        return {**total, **self.groups, **{name: _official(task) for name, task in self.tasks.items()}}


def _official(task: TaskScore) -> dict:
    means = {f"avg_{name}": fmean(values.values()) for name, values in task.values.items()}
    return {**task.values, **means, "avg_metric": task.score}


def score_folder(predictions: Path, labels: Path, version: XtremeVersion) -> BenchmarkScores:
    """Return the scores of every task of the benchmark that both folders hold. Raises DataError for a folder that is
    not there, a language without its file on either side, and for what `files` refuses."""
    for folder in (predictions, labels):
        if not folder.is_dir():
            raise DataError("there is no such folder", where=str(folder))
    scores, missing = {}, dict.fromkeys(version.without, "no submission holds it")
    for name, languages in version.languages.items():
        absent = [str(folder) for folder in (predictions, labels) if not (folder / name).is_dir()]
        if absent:
            missing[name] = f"no folder '{name}' in {' and '.join(absent)}"
            continue
        scores[name] = _score(SUBMISSION_TASKS.find(name), languages, predictions / name, labels / name)
    if not scores:
        raise DataError(
            f"no task of {version.title} is in both folders",
            where=str(predictions),
            allowed=version.languages,
            hint=f"A submission holds <task>/test-<language>.tsv|json; the labels ({labels}) hold the same.",
        )
    return BenchmarkScores(version=version, tasks=scores, missing=missing)


def _score(target: SubmissionTask, languages: tuple[str, ...], predictions: Path, labels: Path) -> TaskScore:
    read = {}
    for language in languages:
        name = f"test-{language}.{target.suffix}"
        for folder, noun in ((predictions, "predictions"), (labels, "labels")):
            if not (folder / name).is_file():
                raise DataError(
                    f"no {noun} in '{language}': the mean of {target.name} is over {len(languages)} languages",
                    where=str(folder / name),
                )
        read[language] = target.read(labels / name, predictions / name)
    extra = {name: _values(metric, read) for name, metric in target.extra_metrics.items()}
    return TaskScore(
        values=_values(target.metric, read),
        headline=target.metric.headline,
        extra_values={
            f"{name} {value}": by_language for name, values in extra.items() for value, by_language in values.items()
        },
    )


def _values(metric: Metric, read: Mapping[str, GoldGuessPairs]) -> dict[str, dict[str, float]]:
    values_of_language: dict[str, dict[str, float]] = {}
    for language, pairs in read.items():
        counts = np.sum([metric.tally(gold, guess, language) for gold, guess in pairs], axis=0)
        for name, value in metric.values(counts).items():
            values_of_language.setdefault(name, {})[language] = float(value)
    return values_of_language
