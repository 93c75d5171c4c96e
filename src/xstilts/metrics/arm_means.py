"""Means of arms over languages and targets, with what documents and seeds may do to them.

Two things vary by chance. *Documents*, for short: test items, whatever is resampled as one (a paragraph with its
questions, a sentence of a treebank); another test set would hold others. The groups of the test set are resampled;
one group moves together in every language, arm and seed, so arms are compared on the same documents. *Seeds*: another
training would end elsewhere. An arm's seeds vary by themselves: what two arms share at a seed is not taken off, so that
a comparison is never surer than it is for trainings that share nothing.

A collapsed run is left out: the mean over the runs that trained stands in its place, and counts as no run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xstilts.metrics.seed_variance import SeedVariances, stability_guide
from xstilts.metrics.significance import Draws
from xstilts.metrics.simultaneous import ArmMeans

LEAST_FREEDOM = 0.5  # degrees of freedom of an arm's seeds (trained runs - 1, the mean over targets) for a test


class TargetScores(NamedTuple):
    """One target of a mean: its draws, the languages to average, and which runs are collapsed [A, S]."""

    draws: Draws
    languages: Sequence[str]
    collapsed: np.ndarray


@dataclass(frozen=True, eq=False)
class MeanOfArms:
    """Arms on one target, or on the mean over targets.

    arms: those that have every score. means: their numbers, in that order.
    trained: the fewest trained runs of each arm on any target [A]; 0 where it never trained and others did.
    groups: the fewest groups of any language; with fewer than two there is no interval.
    """

    arms: tuple[str, ...]
    means: ArmMeans
    trained: np.ndarray
    groups: int

    def weights(self, contrasts: Sequence[dict[str, float]]) -> np.ndarray:
        """Return the weights of contrasts as rows over the arms here, [C, A]."""
        return np.array([[weights.get(arm, 0.0) for arm in self.arms] for weights in contrasts])

    def has(self, arms: Sequence[str]) -> bool:
        """Return whether every arm has its scores."""
        return all(arm in self.arms for arm in arms)

    def can_test(self, arms: Sequence[str]) -> bool:
        """Return whether seeds of every arm can be compared: it trained on every target, with two seeds or more on one
        target, on at least half of several; and documents can be resampled."""
        if self.means.seeds is None or self.groups < 2:
            return False
        places = [self.arms.index(arm) for arm in arms]
        freedom = self.means.seeds.freedom[places]
        return bool((self.trained[places] > 0).all() and (freedom >= LEAST_FREEDOM - 1e-9).all())


class TargetMeans(NamedTuple):
    """Arms on one target, averaged over languages. Collapsed runs are filled with the mean of those that trained."""

    by_seed: np.ndarray  # [A, S]
    documents: np.ndarray  # [A, A] covariance over documents
    luck: np.ndarray  # [A] the part of a run's variance that is its luck on these documents
    runs: np.ndarray  # [A] trained runs
    groups: int  # the fewest of any language


def mean_of_arms(parts: Sequence[TargetScores]) -> MeanOfArms:
    """Average arms over languages, then targets. All parts have the same arms and seeds."""
    complete = np.all([np.isfinite(_scores(part)).all(axis=1) for part in parts], axis=0)
    kept = np.flatnonzero(complete)
    names = parts[0].draws.arms
    return over_targets(tuple(names[i] for i in kept), [_target_means(part, kept) for part in parts])


def over_targets(arms: tuple[str, ...], targets: Sequence[TargetMeans]) -> MeanOfArms:
    """Average arms over targets, each counting the same."""
    by_seed = np.mean([t.by_seed for t in targets], axis=0)
    runs = np.array([t.runs for t in targets])
    value = by_seed.mean(axis=1)
    freedom = np.maximum(runs, 1).mean(axis=0) - 1.0
    variances = SeedVariances(
        squares=((by_seed - value[:, None]) ** 2).sum(axis=1),
        freedom=freedom,
        runs=1.0 / (1.0 / np.maximum(runs, 1)).mean(axis=0),
        documents=np.sum([t.luck for t in targets], axis=0) / len(targets) ** 2,
        guide=stability_guide(np.array([t.by_seed for t in targets]), freedom),
    )
    groups = np.array([t.groups for t in targets])
    means = ArmMeans(
        value=value,
        document_covariance=np.sum([t.documents for t in targets], axis=0) / len(targets) ** 2,
        document_freedom=_document_freedom([t.documents for t in targets], groups),
        seeds=variances if by_seed.shape[1] > 1 else None,
    )
    return MeanOfArms(arms, means, runs.min(axis=0), int(groups.min()))


def _scores(part: TargetScores) -> np.ndarray:
    places = [part.draws.languages.index(language) for language in part.languages]
    return np.asarray(part.draws.point[..., places].mean(axis=-1))


def _target_means(part: TargetScores, kept: np.ndarray) -> TargetMeans:
    """Return one target's means of the arms `kept`. Exponential weights spread a mean over G groups by
    (G - 1) / (G + 1) of its unbiased variance."""
    places = [part.draws.languages.index(language) for language in part.languages]
    collapsed, groups = part.collapsed[kept], part.draws.fewest_groups(part.languages)
    point = fill_collapsed(_scores(part)[kept], collapsed)
    drawn = fill_collapsed(part.draws.drawn[:, kept][..., places].mean(axis=-1), collapsed)
    runs = (~collapsed).sum(axis=1)
    factor = (groups + 1) / (groups - 1) if groups > 1 else float("nan")
    mean = drawn.mean(axis=-1)
    centred = mean - mean.mean(axis=0)
    documents = centred.T @ centred / len(mean) * factor
    luck = np.var(drawn - mean[..., None], axis=0).sum(axis=-1) / np.maximum(runs - 1, 1) * factor
    return TargetMeans(point, documents, luck, runs, groups)


def resampled_means(part: TargetScores) -> np.ndarray:
    """Return the mean of every arm over languages and seeds on each resampled test set, [R, A], as `mean_of_arms`
    takes it; scaled so that its variance over resamples is that over test sets."""
    places = [part.draws.languages.index(language) for language in part.languages]
    groups = part.draws.fewest_groups(part.languages)
    mean = fill_collapsed(part.draws.drawn[..., places].mean(axis=-1), part.collapsed).mean(axis=-1)
    factor = (groups + 1) / (groups - 1) if groups > 1 else float("nan")
    return np.asarray((mean - mean.mean(axis=0)) * factor**0.5)


def fill_collapsed(values: np.ndarray, collapsed: np.ndarray) -> np.ndarray:
    """Put the mean over an arm's trained runs in the place of collapsed ones; an arm that never trains is what it is.

    values: [..., A, S]; collapsed: [A, S].
    """
    trained = ~collapsed | collapsed.all(axis=1, keepdims=True)
    mean = np.where(trained, values, 0.0).sum(axis=-1, keepdims=True) / trained.sum(axis=-1, keepdims=True)
    return np.where(trained, values, mean)


def _document_freedom(covariances: Sequence[np.ndarray], groups: np.ndarray) -> float:
    """Return Satterthwaite's degrees of freedom of a sum of variances, those of differences between arms."""
    sizes = np.array([np.trace(c) - c.sum() / max(len(c), 1) for c in covariances])
    squares = (sizes**2 / np.maximum(groups - 1, 1)).sum()
    return float(sizes.sum() ** 2 / squares) if squares > 0 else float(max(groups.min() - 1, 1))
