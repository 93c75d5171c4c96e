"""Gains over some languages: the contrasts of a study over any group of languages, with intervals and without tests.

A gain is a contrast on the mean over a group's languages, then over targets, each counting the same; from the same
draws as the contrasts themselves, paired by test item. Its interval is of that number alone: nothing is corrected for
how many groups there are.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.metrics.arm_means import TargetScores, fill_collapsed, mean_of_arms
from xstilts.metrics.gatekeeping import clipped
from xstilts.metrics.rank_correlation import spearman
from xstilts.metrics.simultaneous import ALPHA, draw_errors
from xstilts.report.scores.inputs import ContrastSpec
from xstilts.report.scores.target_draws import TargetDraws

SCENARIOS = 500  # draws of the variances of each interval


@dataclass(frozen=True, kw_only=True)
class Gain:
    """A difference in points. `low`, `high` None: there is no interval (one test item; too few trained runs)."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class GroupGain:
    """A contrast over the languages of one group.

    target: None: the mean over the targets that have one of the languages. targets: how many these are. languages:
    those averaged; of several targets all of them together. gain: None where an arm lacks a score.
    """

    contrast: str  # its title
    target: str | None
    targets: int
    by: str
    group: str
    languages: tuple[str, ...]
    gain: Gain | None


@dataclass(frozen=True, kw_only=True)
class DistanceCorrelation:
    """Spearman's rank correlation of a contrast with a distance, over n languages. low, high: 95 % over languages; p:
    of a permutation test, alone."""

    contrast: str
    target: str | None
    distance: str
    n: int
    rho: float | None
    low: float | None
    high: float | None
    p: float | None


def group_gains(
    specs: Sequence[ContrastSpec],
    draws: Sequence[TargetDraws],
    groups: Mapping[tuple[str, str], Sequence[str]],
    target: str | None,
) -> list[GroupGain]:
    """Return every contrast over every group that some target has a language of. draws: one target, or all of the mean
    over targets (`target` None). Groups with the same languages share their numbers."""
    known: dict[tuple[tuple[str, ...], ...], dict[str, Gain]] = {}
    found = []
    for (by, group), members in groups.items():
        own = [tuple(x for x in one.languages(True) if x in members) for one in draws]
        parts = [
            TargetScores(one.draws, languages, one.collapsed)
            for one, languages in zip(draws, own, strict=True)
            if one.draws is not None and languages
        ]
        if not parts:
            continue
        key = tuple(own)
        if key not in known:
            known[key] = gains(parts, specs, repr((target, key)))
        languages = tuple(dict.fromkeys(x for part in parts for x in part.languages))
        found += [
            GroupGain(
                contrast=spec.title,
                target=target,
                targets=len(parts),
                by=by,
                group=group,
                languages=languages,
                gain=known[key].get(spec.name),
            )
            for spec in specs
        ]
    return found


def gains(parts: Sequence[TargetScores], specs: Sequence[ContrastSpec], salt: str) -> dict[str, Gain]:
    """Return the name of each contrast whose arms have every score -> its gain. salt: what decides the random draws."""
    if not _complete(parts).any():
        return {}
    means = mean_of_arms(parts)
    known = [spec for spec in specs if means.has(list(spec.weights))]
    if not known:
        return {}
    rows = means.weights([dict(spec.weights) for spec in known])
    values = rows @ means.means.value
    reaches = np.zeros(len(known))
    if means.groups > 1:
        rng = np.random.default_rng(zlib.crc32(salt.encode()))
        reaches = draw_errors(means.means, rows, rng, scenarios=SCENARIOS, each=0).reach(ALPHA)
    one_seed = means.means.seeds is None
    return {
        spec.name: _gain(float(value), float(reach), means.groups > 1 and (one_seed or means.can_test([*spec.weights])))
        for spec, value, reach in zip(known, values, reaches, strict=True)
    }


def _complete(parts: Sequence[TargetScores]) -> np.ndarray:
    """Return which arms have every score, [A]."""
    places = [[part.draws.languages.index(x) for x in part.languages] for part in parts]
    scores = [part.draws.point[..., of] for part, of in zip(parts, places, strict=True)]
    return np.all([np.isfinite(of).all(axis=(1, 2)) for of in scores], axis=0)


def _gain(value: float, reach: float, has_interval: bool) -> Gain:
    if not has_interval:
        return Gain(value=value)
    low, high = clipped(value, reach)
    return Gain(value=value, low=low, high=high)


def gains_by_language(spec: ContrastSpec, draws: Sequence[TargetDraws]) -> dict[str, float]:
    """Return language -> the contrast there: the mean over the targets that have it for every arm."""
    by_language: dict[str, list[float]] = {}
    for one in draws:
        if one.draws is None or not all(arm in one.draws.arms for arm in spec.weights):
            continue
        point_LAS = fill_collapsed(np.moveaxis(one.draws.point, -1, 0), one.collapsed)
        weights = np.array([spec.weights.get(arm, 0.0) for arm in one.draws.arms])
        used = weights != 0
        for x in one.languages(True):
            scores = point_LAS[one.draws.languages.index(x)].mean(axis=-1)
            if np.isfinite(scores[used]).all():
                by_language.setdefault(x, []).append(float(weights[used] @ scores[used]))
    return {language: float(np.mean(values)) for language, values in by_language.items()}


def distance_correlation(
    spec: ContrastSpec,
    gains_of: Mapping[str, float],
    distance: str,
    numbers: Mapping[str, float],
    target: str | None,
) -> DistanceCorrelation | None:
    """Return the correlation of a contrast (`gains_of`: as of `gains_by_language`) with a number of each language; None
    with fewer than three languages."""
    by_language = {x: value for x, value in gains_of.items() if x in numbers}
    if len(by_language) < 3:
        return None
    found = spearman([numbers[x] for x in by_language], list(by_language.values()))
    low, high = found.interval or (None, None)
    return DistanceCorrelation(
        contrast=spec.title,
        target=target,
        distance=distance,
        n=found.n,
        rho=found.rho,
        low=low,
        high=high,
        p=found.p,
    )
