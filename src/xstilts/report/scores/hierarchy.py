"""The hierarchy of a study's questions: which contrasts are tested, in which order, and with what outcome.

Tested are the contrasts on the mean over targets, over the zero-shot languages (over all where there are no others);
then, of those found, the targets; then, of those, the languages (`metrics.gatekeeping`). Means over all languages stand
beside, with an interval and no test: they are nearly the same question asked twice. With one seed nothing is tested.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xstilts.metrics.arm_means import MeanOfArms, TargetScores, mean_of_arms
from xstilts.metrics.gatekeeping import Family, Verdict, clipped, hierarchical_tests
from xstilts.metrics.simultaneous import ALPHA, ErrorDraws, draw_errors
from xstilts.report.scores.contrast_scopes import INCONCLUSIVE, Contrast, ScopeMeans
from xstilts.report.scores.target_draws import TargetDraws

SIMULTANEOUS = "simultaneous"
ALONE = "alone"
ONE_SEED = "over test items, this training"


@dataclass(frozen=True, eq=False)
class DrawnScope:
    """One scope with the errors of its contrasts; None where it has no interval (nothing to compare, one test
    item)."""

    scope: ScopeMeans
    family: Family | None

    @property
    def key(self) -> tuple[str | None, bool]:
        return self.scope.target, self.scope.zero_shot


def tested(scopes: Sequence[ScopeMeans]) -> tuple[Contrast, ...]:
    """Test the contrasts of a study. `scopes`: every target and the mean over targets; all have the same contrasts in
    the same order. Returned contrast by contrast, in the order of the scopes."""
    if not scopes:
        return ()
    drawn = [DrawnScope(scope, _family(scope)) for scope in scopes]
    verdicts = _verdicts(drawn)
    return tuple(
        _with_outcome(one, place, verdicts[one.key][place] if one.key in verdicts else None)
        for place in range(len(scopes[0].contrasts))
        for one in drawn
    )


def _verdicts(drawn: Sequence[DrawnScope]) -> dict[tuple[str | None, bool], tuple[Verdict | None, ...]]:
    """Return the verdicts of all questions, by target and scope: the mean over targets, then every target, over the
    zero-shot languages where there are any."""
    chosen = {one.scope.target: one for one in drawn}  # the zero-shot scope comes last
    mean = chosen.pop(None)
    averaged = tuple(d.target.name for d in mean.scope.used)
    alone = [one for one in chosen.values() if (one.scope.target,) == averaged]
    others = [one for one in chosen.values() if one not in alone]
    nothing = _no_family(len(mean.scope.contrasts))
    outcomes = hierarchical_tests(mean.family or nothing, [one.family or nothing for one in others])
    verdicts = {one.key: found for one, found in zip(others, outcomes.targets, strict=True)}
    # One target is its own mean: printed twice, tested once.
    return verdicts | {one.key: outcomes.mean for one in (mean, *alone)}


def _no_family(contrasts: int) -> Family:
    nothing = np.zeros((1, contrasts))
    return Family(nothing[0], ErrorDraws(nothing, nothing), np.zeros(contrasts, dtype=bool))


def _family(scope: ScopeMeans) -> Family | None:
    """Draw errors for the contrasts of a scope."""
    means = scope.means
    if means is None or means.groups < 2 or all(c.value is None for c in scope.contrasts):
        return None
    weights = means.weights([dict(c.weights) if c.value is not None else {} for c in scope.contrasts])
    rng = np.random.default_rng(zlib.crc32(repr((scope.target, scope.zero_shot)).encode()))
    testable = [c.value is not None and means.can_test(list(c.weights)) for c in scope.contrasts]
    return Family(
        values=weights @ means.means.value,
        errors=draw_errors(means.means, weights, rng),
        testable=np.array(testable, dtype=bool),
        least_p=_least_p(means),
    )


def _least_p(means: MeanOfArms) -> float:
    """Return the p below which no test by flipping signs of the test items can get."""
    return float(2.0 ** (1 - min(means.groups, 1000)))


def _with_outcome(one: DrawnScope, place: int, outcome: Verdict | None) -> Contrast:
    """Return a contrast with its interval, and its p and verdict where it was tested."""
    contrast, family = one.scope.contrasts[place], one.family
    if contrast.value is None or family is None:
        return contrast
    errors = family.errors.of([place])
    if outcome is not None:
        return _with_verdict(contrast, outcome, max(float(errors.tail(np.array([contrast.value]))[0]), family.least_p))
    if contrast.seeds > 1 and not family.testable[place]:
        note = "too few runs trained: not tested, no interval"
        return replace(contrast, note="; ".join(text for text in (contrast.note, note) if text))
    low, high = clipped(contrast.value, float(errors.reach(ALPHA)[0]))
    return replace(contrast, low=low, high=high, interval=ONE_SEED if contrast.seeds == 1 else ALONE)


def _with_verdict(contrast: Contrast, outcome: Verdict, alone: float) -> Contrast:
    return replace(
        contrast,
        low=outcome.low,
        high=outcome.high,
        p=alone,
        p_adjusted=outcome.p,
        verdict="significant" if outcome.significant else INCONCLUSIVE,
        interval=SIMULTANEOUS,
    )


def in_languages(contrasts: Sequence[Contrast], draws: Sequence[TargetDraws]) -> tuple[Contrast, ...]:
    """Test each language of the targets on which a contrast was found."""
    by_target = {d.target.name: d for d in draws}
    asked = len({c.name for c in contrasts if c.p_adjusted is not None})
    found = []
    for c in contrasts:
        if c.significant and c.target is not None and len(c.languages) > 1:
            targets = sum(x.p_adjusted is not None and x.name == c.name and x.target is not None for x in contrasts)
            found.extend(_languages(c, by_target[c.target], asked * targets))
    return tuple(found)


def _languages(contrast: Contrast, target: TargetDraws, shares: int) -> list[Contrast]:
    """Test one contrast in each language of a target. `shares`: among how many families alpha was divided."""
    if target.draws is None:
        return []
    means = {x: mean_of_arms([TargetScores(target.draws, (x,), target.collapsed)]) for x in contrast.languages}
    testable = {x: arms for x, arms in means.items() if arms.can_test(list(contrast.weights))}
    return [_language(contrast, x, arms, shares, len(testable)) for x, arms in testable.items()]


def _language(contrast: Contrast, language: str, arms: MeanOfArms, shares: int, members: int) -> Contrast:
    weights = arms.weights([dict(contrast.weights)])
    rng = np.random.default_rng(zlib.crc32(repr((contrast.target, language)).encode()))
    errors = draw_errors(arms.means, weights, rng, each=0)
    family = Family(weights @ arms.means.value, errors, np.array([True]), _least_p(arms))
    plain = replace(
        contrast,
        language=language,
        languages=(language,),
        label=language,
        value=float(family.values[0]),
        value_of_all_runs=None,
        by_seed=(),
        note="",
    )
    outcome = family.gated(0, contrast.p_adjusted or 0.0, shares, members)
    return _with_verdict(plain, outcome, max(float(errors.tail(family.values)[0]), family.least_p))
