"""What each arm loses under perturbation: scores by condition, and the measures of `metrics.robustness` over them.

Languages are the study's headline ones (zero-shot where there are any). Collapsed runs are set apart as in contrasts:
the mean over an arm's trained runs stands in their place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from xstilts.core.path_names import inside
from xstilts.metrics.arm_means import fill_collapsed
from xstilts.metrics.robustness import (
    agreement,
    area_under_curve,
    corruption_error,
    relative_corruption_error,
    relative_drop,
    worst_language,
    worst_quartile,
)
from xstilts.report.scores.inputs import Results, StressScores
from xstilts.report.scores.interactions import ChangeEstimate, arm_change
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.stress_draws import StressDraws


@dataclass(frozen=True, kw_only=True)
class NoiseCurve:
    """One target under one noise. `scores`: arm -> rate -> score, 0 among the rates; an arm that lacks one is left out.
    `drops`: arm -> what is lost, the mean over rates, with its interval."""

    target: str
    noise: str
    languages: tuple[str, ...]
    scores: Mapping[str, Mapping[float, float]]
    drops: Mapping[str, ChangeEstimate]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ArmRobustness:
    """One arm on one target, over all noises: means over languages, rates, then noises, then seeds; in percent.

    drop: clean minus perturbed, with its interval. relative_drop: which share of what lies above the floor is lost.
    area: under the curve over rates. worst_language, worst_quartile: of the perturbed scores, by language.
    consistency: how far guesses agree with those on the clean input; None for guesses that are copied from the input.
    corruption_error, relative_corruption_error: relative to the baseline arm, whose own is 100.
    """

    target: str
    arm: str
    clean: float
    perturbed: float
    drop: ChangeEstimate | None
    relative_drop: float | None
    area: float
    worst_language: tuple[str, float]
    worst_quartile: float
    consistency: float | None
    corruption_error: float | None
    relative_corruption_error: float | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def headline_languages(stress: StressDraws) -> tuple[str, ...]:
    """Return the languages that are averaged: those scored that were not trained in; all where there are no others."""
    if stress.draws is None:
        return ()
    others = tuple(x for x in stress.draws.languages if x != stress.target.train_language)
    return others or stress.draws.languages


def noise_curves(stress: StressDraws) -> tuple[NoiseCurve, ...]:
    """Return one curve for each noise that some language of the target has."""
    curves = []
    for noise in stress.noises:
        lacking = stress.not_applicable.get(noise, {})
        languages = tuple(x for x in headline_languages(stress) if x not in lacking)
        if languages:
            scores = {arm: found for arm in stress.arms if (found := _curve(stress, arm, noise, languages)) is not None}
            changes = [stress.changes([noise])]
            drops = {arm: _negated(change) for arm in stress.arms if (change := arm_change(changes, arm, True))}
            curves.append(
                NoiseCurve(target=stress.target.name, noise=noise, languages=languages, scores=scores, drops=drops)
            )
    return tuple(curves)


def _curve(stress: StressDraws, arm: str, noise: str, languages: Sequence[str]) -> dict[float, float] | None:
    scores = _scores(stress, languages).mean(axis=-1)[:, stress.arms.index(arm)]
    points = {0.0: float(scores[0])}
    points |= {c.rate: float(scores[i]) for i, c in enumerate(stress.conditions) if c.noise == noise}
    return dict(sorted(points.items())) if all(map(np.isfinite, points.values())) else None


def _scores(stress: StressDraws, languages: Sequence[str]) -> np.ndarray:
    """Return scores [C, A, L], means over seeds."""
    assert stress.draws is not None
    places = [stress.draws.languages.index(language) for language in languages]
    by_seed = np.moveaxis(stress.point[..., places], -1, 0)  # [L, C, A, S]
    return np.moveaxis(fill_collapsed(by_seed, stress.collapsed).mean(axis=-1), 0, -1)


def _negated(change: ChangeEstimate) -> ChangeEstimate:
    low = None if change.high is None else -change.high
    high = None if change.low is None else -change.low
    return ChangeEstimate(value=-change.value, low=low, high=high, interval=change.interval)


def arm_robustness(results: Results, stress: StressDraws, floors: Mapping[str, float]) -> tuple[ArmRobustness, ...]:
    """Return every arm of a target that has all its scores. `floors`: language -> the best score that ignores the
    input."""
    changes, curves = stress.changes(), noise_curves(stress)
    if changes.draws is None:
        return ()
    languages = changes.languages(True) or changes.languages(False)
    perturbed = {arm: _perturbed(stress, arm, languages) for arm in stress.arms}
    clean = {arm: _scores(stress, languages)[0, i] for i, arm in enumerate(stress.arms)}
    base = results.baseline
    found = []
    for arm in stress.arms:
        by_language, of_curves = perturbed[arm], [curve.scores[arm] for curve in curves if arm in curve.scores]
        if by_language is None or len(of_curves) < len(curves):
            continue
        means, clean_mean = list(by_language.values()), float(clean[arm].mean())
        theirs = perturbed[base]
        change = arm_change([changes], arm, True)
        found.append(
            ArmRobustness(
                target=stress.target.name,
                arm=arm,
                clean=clean_mean,
                perturbed=fmean(means),
                drop=_negated(change) if change else None,
                relative_drop=relative_drop(clean_mean, fmean(means), fmean([floors.get(x, 0.0) for x in languages])),
                area=fmean(area_under_curve(curve) for curve in of_curves),
                worst_language=worst_language(by_language),
                worst_quartile=worst_quartile(means),
                consistency=_consistency(results, stress, arm, languages),
                corruption_error=corruption_error(means, list(theirs.values())) if theirs else None,
                relative_corruption_error=relative_corruption_error(
                    clean_mean, [fmean(means)], float(clean[base].mean()), [fmean(theirs.values())]
                )
                if theirs
                else None,
            )
        )
    return tuple(found)


def _perturbed(stress: StressDraws, arm: str, languages: Sequence[str]) -> dict[str, float] | None:
    """Return the perturbed score by language: the mean over rates, then over the noises that the language has; None
    where one is missing."""
    scores, place = _scores(stress, languages), stress.arms.index(arm)
    found = {}
    for number, language in enumerate(languages):
        means = [
            float(np.mean([scores[i, place, number] for i, c in enumerate(stress.conditions) if c.noise == noise]))
            for noise in stress.noises
            if language not in stress.not_applicable.get(noise, {})
        ]
        found[language] = fmean(means)
    return found if np.isfinite(list(found.values())).all() else None


def _consistency(results: Results, stress: StressDraws, arm: str, languages: Sequence[str]) -> float | None:
    """Return the mean over languages, conditions and seeds, the conditions of a language counting the same."""
    runs = [one for one in results.stress if (one.target, one.arm) == (stress.target.name, arm)]
    shares = [share for one in runs for share in _agreements(one, languages)]
    return 100.0 * fmean(shares) if shares else None


def _agreements(one: StressScores, languages: Sequence[str]) -> list[float]:
    if one.predictions is None or one.clean_predictions is None:
        return []
    shares = []
    for language in languages:
        if language not in one.not_applicable:
            clean, noisy = guess_texts(one.clean_predictions, language), guess_texts(one.predictions, language)
            both = [_agreement(clean[id], text) for id, text in noisy.items() if id in clean]
            shares += [fmean(both)] if both else []
    return shares


def _agreement(clean: str, perturbed: str) -> float:
    return 1.0 if clean == perturbed else agreement(json.loads(clean), json.loads(perturbed))


@lru_cache(maxsize=256)
def guess_texts(folder: Path, language: str) -> dict[str, str]:
    """Return id -> guess (as JSON text) of one language's predictions. Artefacts never change, so each is read once."""
    import pyarrow.parquet as pq

    table = pq.read_table(inside(folder, f"{language}.parquet"), columns=["id", "guess"])
    return dict(zip(table["id"].to_pylist(), table["guess"].to_pylist(), strict=True))


def dropped_examples(results: Results, target: str) -> dict[tuple[str, float, str], dict[str, int]]:
    """Return what a perturbation made unusable, by noise, rate and language: reason -> examples."""
    found: dict[tuple[str, float, str], dict[str, int]] = {}
    for one in results.stress:
        if one.target == target and one.scores is not None:
            for language, reasons in read_scores(one.scores).dropped.items():
                if reasons:
                    found.setdefault((one.noise, one.rate, language), dict(reasons))
    return found
