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
from xstilts.metrics.gatekeeping import Gate, Verdict, clipped, verdict, within_gate
from xstilts.metrics.simultaneous import ALPHA, ErrorDraws, draw_errors, simultaneous
from xstilts.report.scores.contrast_scopes import Contrast, ScopeMeans
from xstilts.report.scores.target_draws import TargetDraws

SIMULTANEOUS = "simultaneous"
ALONE = "alone"
ONE_SEED = "over documents, this training"


@dataclass(frozen=True, eq=False)
class DrawnScope:
    """One scope with the errors of those of its contrasts that have an interval. columns: contrast's place -> column of
    `errors`; testable: places of contrasts that can be tested."""

    scope: ScopeMeans
    columns: dict[int, int]
    testable: frozenset[int]
    errors: ErrorDraws | None

    def value(self, place: int) -> float:
        return float(self.scope.contrasts[place].value or 0.0)

    def error(self, place: int) -> ErrorDraws:
        """Return the errors of one contrast."""
        assert self.errors is not None
        return self.errors.of([self.columns[place]])

    @property
    def least_p(self) -> float:
        """Return the p below which no test by flipping signs of the documents can get."""
        return 0.0 if self.scope.means is None else 2.0 ** (1 - min(self.scope.means.groups, 1000))


def tested(scopes: Sequence[ScopeMeans]) -> tuple[Contrast, ...]:
    """Test the contrasts of a study. `scopes`: every target and the mean over targets; all have the same contrasts in
    the same order. Returned contrast by contrast, in the order of the scopes."""
    if not scopes:
        return ()
    drawn = [_drawn(scope) for scope in scopes]
    mean, *targets = _headline(drawn)
    verdicts = _family(mean, targets)
    tested = []
    for place in range(len(scopes[0].contrasts)):
        for one in drawn:
            outcome = verdicts.get((one.scope.target, one.scope.zero_shot, place))
            tested.append(_with_outcome(one, place, outcome))
    return tuple(tested)


def _headline(drawn: Sequence[DrawnScope]) -> list[DrawnScope]:
    """Return the mean over targets, then every target: over the zero-shot languages where there are any."""
    chosen = {one.scope.target: one for one in drawn}  # the zero-shot scope comes last
    return [chosen[None], *(one for target, one in chosen.items() if target is not None)]


def _family(mean: DrawnScope, targets: Sequence[DrawnScope]) -> dict[tuple[str | None, bool, int], Verdict]:
    """Return the verdicts of all questions, by (target, zero_shot, place of the contrast)."""
    alone = [t for t in targets if (t.scope.target,) == tuple(d.target.name for d in mean.scope.used)]
    others = [t for t in targets if t not in alone]
    asked = [p for p in range(len(mean.scope.contrasts)) if any(p in one.testable for one in (mean, *others))]
    first = [p for p in asked if p in mean.testable]
    verdicts: dict[tuple[str | None, bool, int], Verdict] = {}
    if first and mean.errors is not None:
        share = len(first) / len(asked)
        values = np.array([mean.value(p) for p in first])
        joint = simultaneous(values, mean.errors.of([mean.columns[p] for p in first]), ALPHA * share)
        for place, value, reach, p in zip(first, values, joint.reach, joint.p, strict=True):
            adjusted = min(1.0, max(float(p) / share, mean.least_p))
            for one in (mean, *alone):  # one target is its own mean: printed twice, tested once
                verdicts[one.scope.target, one.scope.zero_shot, place] = verdict(value, reach, adjusted)
    for place in asked:
        members = [one for one in others if place in one.testable]
        above = verdicts.get((None, mean.scope.zero_shot, place))
        gate = Gate(0.0 if above is None else above.p, len(asked))
        for one in members:
            key = one.scope.target, one.scope.zero_shot, place
            verdicts[key] = _gated(one, place, gate, len(members))
    return verdicts


def _gated(one: DrawnScope, place: int, gate: Gate, members: int) -> Verdict:
    gate = Gate(max(gate.p, one.least_p), gate.shares)
    return within_gate(np.array([one.value(place)]), one.error(place), gate, members)[0]


def _drawn(scope: ScopeMeans) -> DrawnScope:
    """Draw errors for the contrasts that have a value and documents that can be resampled."""
    means = scope.means
    if means is None or means.groups < 2:
        return DrawnScope(scope, {}, frozenset(), None)
    places = [p for p, c in enumerate(scope.contrasts) if c.value is not None]
    if not places:
        return DrawnScope(scope, {}, frozenset(), None)
    weights = means.weights([dict(scope.contrasts[p].weights) for p in places])
    rng = np.random.default_rng(zlib.crc32(repr((scope.target, scope.zero_shot)).encode()))
    errors = draw_errors(means.means, weights, rng)
    testable = [p for p in places if means.can_test(list(scope.contrasts[p].weights))]
    return DrawnScope(scope, {p: i for i, p in enumerate(places)}, frozenset(testable), errors)


def _with_outcome(one: DrawnScope, place: int, outcome: Verdict | None) -> Contrast:
    """Return a contrast with its interval, and its p and verdict where it was tested."""
    contrast, means = one.scope.contrasts[place], one.scope.means
    if contrast.value is None or place not in one.columns or means is None:
        return contrast
    errors = one.error(place)
    if outcome is not None:
        return _with_verdict(contrast, outcome, max(float(errors.tail(np.array([contrast.value]))[0]), one.least_p))
    if contrast.seeds > 1 and place not in one.testable:
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
        verdict="significant" if outcome.significant else "not significant",
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
    testable = [x for x in contrast.languages if means[x].can_test(list(contrast.weights))]
    gate = Gate(contrast.p_adjusted or 0.0, shares)
    return [_language(contrast, x, means[x], gate, len(testable)) for x in testable]


def _language(contrast: Contrast, language: str, arms: MeanOfArms, gate: Gate, members: int) -> Contrast:
    weights = arms.weights([dict(contrast.weights)])
    rng = np.random.default_rng(zlib.crc32(repr((contrast.target, language)).encode()))
    errors = draw_errors(arms.means, weights, rng, each=0)
    value = weights @ arms.means.value
    gate = Gate(max(gate.p, 2.0 ** (1 - min(arms.groups, 1000))), gate.shares)
    (outcome,) = within_gate(value, errors, gate, members)
    plain = replace(
        contrast,
        language=language,
        languages=(language,),
        label=language,
        value=float(value[0]),
        value_of_all_runs=None,
        by_seed=(),
        note="",
    )
    return _with_verdict(plain, outcome, float(errors.tail(value)[0]))
