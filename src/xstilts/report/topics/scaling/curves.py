"""Curves of score against the size of the training data, with fits, and what an intermediate example is worth.

Curves are the arms of a study that differ in a size alone: of each target, in the mean over its languages and in each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.core.errors import DataError
from xstilts.report.scores.inputs import SizedArms, TargetInfo
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.scores import averaged_languages
from xstilts.scaling.curve_fit import CurveFit, fit_curve
from xstilts.scaling.exchange import ExchangeRate, exchange_rates
from xstilts.scaling.sized_scores import SizeCurve, SizedScore

RESAMPLES, LANGUAGE_RESAMPLES = 500, 200


@dataclass(frozen=True, kw_only=True)
class TargetScaling:
    """One curve of arms on one target.

    fit: of the mean over `languages`. by_language: of each of them, where there are several.
    level: what is scored without the intermediate phase, of a curve over its data; None where it was not.
    missing: arm -> why it is no point of the curve.
    """

    arms: SizedArms
    target: str
    measure: str
    languages: tuple[str, ...]
    fit: CurveFit
    by_language: tuple[CurveFit, ...]
    level: float | None
    missing: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class TargetExchange:
    """The exchange rate of one target's examples, or why there is none."""

    target: str
    curve: str
    without: str
    phase_examples: int
    rates: tuple[ExchangeRate, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class StudyScaling:
    curves: tuple[TargetScaling, ...]
    exchange: tuple[TargetExchange, ...]


def compute(board: Scoreboard) -> StudyScaling | None:
    """Return None for a study without arms that differ in a size alone, or without scores of them."""
    curves = tuple(
        curve
        for arms in board.results.sized_arms
        for target in board.results.targets
        if (curve := _curve(board, arms, target)) is not None
    )
    return StudyScaling(curves=curves, exchange=tuple(_exchanges(curves))) if curves else None


def _curve(board: Scoreboard, arms: SizedArms, target: TargetInfo) -> TargetScaling | None:
    """The curve of the languages that every scored arm of it has; None where nothing was scored."""
    sizes, missing = _points(board, arms, target)
    languages = tuple(
        x for x in board.headline(target) if all(board.language_scores[arm, target.name][x].by_seed for arm in sizes)
    )
    if not sizes or not languages:
        return None
    name = f"{arms.name} on {target.name}"
    each = languages if len(languages) > 1 else ()
    means = [mean for arm in arms.without if (mean := board.mean(arm, target, languages).value) is not None]
    return TargetScaling(
        arms=arms,
        target=target.name,
        measure=", ".join(filter(None, (target.headline or target.main, averaged_languages(board, target, languages)))),
        languages=languages,
        fit=fit_curve(_size_curve(board, target, sizes, languages, name), resamples=RESAMPLES),
        by_language=tuple(
            fit_curve(_size_curve(board, target, sizes, (x,), x), resamples=LANGUAGE_RESAMPLES) for x in each
        ),
        level=means[0] if arms.axis == "intermediate" and len(means) == 1 else None,
        missing=missing,
    )


def _points(board: Scoreboard, arms: SizedArms, target: TargetInfo) -> tuple[dict[str, int], dict[str, str]]:
    """Return the arms that are points of a curve with their sizes, and why others are none."""
    sizes: dict[str, int] = {}
    missing: dict[str, str] = {}
    for arm, size in arms.sizes.items():
        scored = any(board.language_scores[arm, target.name][x].by_seed for x in board.headline(target))
        if not scored:
            missing[arm] = board.reason(arm, target)
        elif size is None:
            missing[arm] = "the number of its examples is not known"
        elif size in sizes.values():
            missing[arm] = f"it has the same {size:,} examples as another arm"
        else:
            sizes[arm] = size
    return sizes, missing


def _size_curve(
    board: Scoreboard, target: TargetInfo, sizes: dict[str, int], languages: Sequence[str], name: str
) -> SizeCurve:
    """The runs of arms, in the mean over languages, with what resampled test examples do to each size's mean."""
    draws = board.target_draws[target.name].draws
    runs, deviations = [], []
    for arm, size in sorted(sizes.items(), key=lambda point: point[1]):
        by_language = [board.language_scores[arm, target.name][x].by_seed for x in languages]
        seeds = [seed for seed in board.results.seeds if all(seed in scores for scores in by_language)]
        runs += [
            SizedScore(size=size, seed=seed, score=float(np.mean([scores[seed] for scores in by_language])))
            for seed in seeds
        ]
        if draws is not None and seeds:
            point, drawn = draws.contrast({arm: 1.0}, languages)
            places = [draws.seeds.index(seed) for seed in seeds]
            deviations.append(drawn[:, places].mean(axis=1) - point[places].mean())
    known = len(deviations) == len({run.size for run in runs}) and np.isfinite(deviations).all()
    return SizeCurve(name, tuple(runs), np.stack(deviations, axis=1) if known and deviations else None)


def _exchanges(curves: Sequence[TargetScaling]) -> Iterator[TargetExchange]:
    """Each curve over the target's own data with a phase before it, beside the one without."""
    for curve in curves:
        if curve.arms.axis != "target" or curve.arms.phase_examples is None:
            continue
        for other in curves:
            is_bare = other.arms.axis == "target" and set(curve.arms.without) <= set(other.arms.sizes)
            if is_bare and other.target == curve.target and other is not curve:
                yield _exchange(curve, other, curve.arms.phase_examples)


def _exchange(curve: TargetScaling, bare: TargetScaling, examples: int) -> TargetExchange:
    rates: tuple[ExchangeRate, ...] = ()
    reason = ""
    try:
        rates = exchange_rates(bare.fit, curve.fit, examples)
    except DataError as error:
        reason = error.what
    return TargetExchange(
        target=curve.target,
        curve=curve.arms.name,
        without=bare.arms.name,
        phase_examples=examples,
        rates=rates,
        reason=reason,
    )
