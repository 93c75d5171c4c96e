"""Judge a claim: from estimates of its conditions and their errors to a verdict.

supported      the interval of every condition lies within its bounds
contradicted   the interval of some condition lies outside of them
inconclusive   neither; also where nothing can be tested (one seed)
not measured   a number is missing

Intervals are simultaneous over the conditions of a claim, at 95 % (`metrics.simultaneous`). A claim with two bounds
("no difference") is one of equivalence: two one-sided tests at 5 % each (Schuirmann 1987, Journal of Pharmacokinetics
and Biopharmaceutics 15), which hold where the interval at 90 % lies within the margin; that interval is the one shown.
The probability of a claim is the share of draws in which it holds, each a truth that the scores leave possible:
estimate minus error, drawn for all conditions at once. Numbers without errors, as published tables have them, are
judged by arithmetic alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from xstilts.claims.comparisons import Conditions, ScoreCondition
from xstilts.metrics.gatekeeping import clipped
from xstilts.metrics.simultaneous import ALPHA, ErrorDraws, simultaneous

SUPPORTED, CONTRADICTED = "supported", "contradicted"
INCONCLUSIVE, NOT_MEASURED = "inconclusive", "not measured"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_MEASURED)
ROUNDED = 0.05 + 1e-9  # published numbers have one digit behind the point


@dataclass(frozen=True, kw_only=True)
class ConditionOutcome:
    """One condition: its estimate in points, with the interval where there is one, and what that says of it."""

    label: str
    estimate: float
    low: float | None
    high: float | None
    must_be: str  # "above 0", "7.7 to 8.7"
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict on a claim. The estimate and the interval are those of the condition that decides (`about`).

    level: of the interval, in percent. probability: that the claim holds; None where nothing can be drawn.
    reason: why it is not measured, or not decided.
    """

    verdict: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: int | None = None
    probability: float | None = None
    about: str = ""
    conditions: tuple[ConditionOutcome, ...] = ()
    reason: str = ""


def not_measured(reason: str) -> Judgement:
    return Judgement(verdict=NOT_MEASURED, reason=reason)


def judge(conditions: Conditions, estimates: np.ndarray, errors: ErrorDraws) -> Judgement:
    """Judge by resampling. estimates: of each condition [K], in points; errors: theirs, K columns."""
    level_alpha = 2 * ALPHA if conditions.is_two_sided else ALPHA
    reach = _reach(estimates, errors, level_alpha)
    ends = [clipped(float(value), float(half)) for value, half in zip(estimates, reach, strict=True)]
    outcomes = [
        _outcome(condition, float(value), low, high)
        for condition, value, (low, high) in zip(conditions.each, estimates, ends, strict=True)
    ]
    truths = estimates - errors.errors
    lows, highs = (np.array([getattr(one, end) for one in conditions.each]) for end in ("low", "high"))
    holds = float(((truths > lows) & (truths < highs)).all(axis=1).mean())
    return _judgement(
        conditions,
        outcomes,
        level=round(100 * (1 - level_alpha)),
        probability=1 - holds if conditions.denied else holds,
    )


def judge_untested(conditions: Conditions, estimates: np.ndarray, reason: str) -> Judgement:
    """Give estimates without a verdict, where nothing can be tested."""
    outcomes = [
        ConditionOutcome(
            label=one.label, estimate=float(x), low=None, high=None, must_be=bounds(one), verdict=INCONCLUSIVE
        )
        for one, x in zip(conditions.each, estimates, strict=True)
    ]
    decisive = outcomes[_least(conditions.each, outcomes)]
    return Judgement(
        verdict=INCONCLUSIVE,
        estimate=decisive.estimate,
        about=decisive.label,
        conditions=tuple(outcomes),
        reason=reason,
    )


def judge_numbers(conditions: Conditions, estimates: Sequence[float]) -> Judgement:
    """Judge numbers that are taken as they stand: those of a published table. A difference that rounding alone may
    have put on the other side of a bound decides nothing."""
    outcomes = [
        _outcome(condition, value, value - ROUNDED, value + ROUNDED, shown=False)
        for condition, value in zip(conditions.each, estimates, strict=True)
    ]
    return _judgement(conditions, outcomes)


def bounds(condition: ScoreCondition) -> str:
    """Say what a condition asks for: "above 0", "−1 to 1"."""
    low, high = (f"{end:g}".replace("-", "−") for end in (condition.low, condition.high))
    if condition.high == inf:
        return f"above {low}"
    return f"below {high}" if condition.low == -inf else f"{low} to {high}"


def _reach(estimates: np.ndarray, errors: ErrorDraws, alpha: float) -> np.ndarray:
    """Return half the width of each interval; of a single one as a contrast alone has it."""
    if len(estimates) == 1:
        return errors.reach(alpha)
    return simultaneous(estimates, errors, alpha).reach


def _outcome(condition: ScoreCondition, value: float, low: float, high: float, shown: bool = True) -> ConditionOutcome:
    verdict = INCONCLUSIVE
    if _is_within(condition, low, high, shown):
        verdict = SUPPORTED
    elif low >= condition.high or high <= condition.low:
        verdict = CONTRADICTED
    ends = (low, high) if shown else (None, None)
    return ConditionOutcome(
        label=condition.label, estimate=value, low=ends[0], high=ends[1], must_be=bounds(condition), verdict=verdict
    )


def _is_within(condition: ScoreCondition, low: float, high: float, strictly: bool) -> bool:
    """Whether an interval lies within the bounds. A published number may be as far off as it was rounded."""
    if strictly:
        return low > condition.low and high < condition.high
    middle, two_sided = (low + high) / 2, condition.low > -inf and condition.high < inf
    slack = ROUNDED if two_sided else -ROUNDED
    return middle > condition.low - slack and middle < condition.high + slack


def _least(conditions: Sequence[ScoreCondition], outcomes: Sequence[ConditionOutcome]) -> int:
    """Return which condition has least to spare, between its interval (or its estimate) and its bounds."""
    room = [
        min((x.estimate if x.low is None else x.low) - one.low, one.high - (x.estimate if x.high is None else x.high))
        for one, x in zip(conditions, outcomes, strict=True)
    ]
    return int(np.argmin(room))


def _most_outside(conditions: Sequence[ScoreCondition], outcomes: Sequence[ConditionOutcome]) -> int:
    """Return which condition is furthest outside of its bounds, by the end of its interval that is nearest to them."""
    beyond = [
        max(one.low - (x.estimate if x.high is None else x.high), (x.estimate if x.low is None else x.low) - one.high)
        for one, x in zip(conditions, outcomes, strict=True)
    ]
    return int(np.argmax(beyond))


def _judgement(
    conditions: Conditions,
    outcomes: Sequence[ConditionOutcome],
    level: int | None = None,
    probability: float | None = None,
) -> Judgement:
    verdicts = [outcome.verdict for outcome in outcomes]
    decisive = _least(conditions.each, outcomes)
    if CONTRADICTED in verdicts:
        verdict, decisive = CONTRADICTED, _most_outside(conditions.each, outcomes)
    else:
        verdict = SUPPORTED if all(one == SUPPORTED for one in verdicts) else INCONCLUSIVE
    denial = {SUPPORTED: CONTRADICTED, CONTRADICTED: SUPPORTED, INCONCLUSIVE: INCONCLUSIVE}
    one = outcomes[decisive]
    return Judgement(
        verdict=denial[verdict] if conditions.denied else verdict,
        estimate=one.estimate,
        low=one.low,
        high=one.high,
        level=level,
        probability=probability,
        about=one.label,
        conditions=tuple(outcomes),
    )
