"""Comparisons: what a predicate says of scores, as conditions that must all hold (or, of a denial, must not).

A condition is a linear combination of arms' means with the bounds that it must lie within. So every comparison is
judged in one way: with an estimate, an interval and a probability for each of its conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from xstilts.claims.claim import ClaimPredicate
from xstilts.core.catalog import Catalog


class Unit(NamedTuple):
    """What is averaged: each target over these of its languages, then the targets."""

    cells: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(target for target, _ in self.cells)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(language for _, languages in self.cells for language in languages))


class Term(NamedTuple):
    """The mean of an arm over a unit."""

    unit: Unit
    arm: str


@dataclass(frozen=True)
class ScoreCondition:
    """A combination of means, in points, that must lie above `low` and below `high`. `label`: what is special about it
    ("tydiqa", "over squad1"), "" where it is the only one."""

    label: str
    weights: Mapping[Term, float]
    low: float = -inf
    high: float = inf


@dataclass(frozen=True)
class Conditions:
    """All conditions of a predicate. `denied`: it says that they do not all hold."""

    each: tuple[ScoreCondition, ...]
    denied: bool = False

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(dict.fromkeys(term for condition in self.each for term in condition.weights))

    @property
    def is_two_sided(self) -> bool:
        """Whether values must lie within two bounds, which is judged by two one-sided tests."""
        return any(condition.low > -inf and condition.high < inf for condition in self.each)


Cells = Mapping[str, tuple[str, ...]]  # target -> the languages that are averaged


@dataclass(frozen=True)
class ClaimComparison:
    """A way to compare.

    needs: keys of a predicate that it cannot do without; may: those that it reads besides. Several arms in `over` are
    allowed where `rivals`.
    says: in words, for lists of what there is.
    """

    name: str
    says: str
    build: Callable[[ClaimPredicate, Cells], Conditions]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    rivals: bool = False


def conditions_of(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    """Return the conditions of a predicate over these targets, each with the languages that are averaged."""
    return COMPARISONS.find(predicate.comparison).build(predicate, cells)


def _whole(cells: Cells) -> Unit:
    return Unit(tuple(cells.items()))


def _gain(unit: Unit, arm: str, over: str) -> dict[Term, float]:
    return {Term(unit, arm): 1.0, Term(unit, over): -1.0}


def _greater(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    gain = _gain(_whole(cells), predicate.arm, predicate.over[0])
    return Conditions((ScoreCondition("", gain, low=predicate.threshold),))


def _less(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    gain = _gain(_whole(cells), predicate.arm, predicate.over[0])
    return Conditions((ScoreCondition("", gain, high=predicate.threshold),))


def _within(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    margin, gain = predicate.margin or 0.0, _gain(_whole(cells), predicate.arm, predicate.over[0])
    return Conditions((ScoreCondition("", gain, predicate.threshold - margin, predicate.threshold + margin),))


def _best(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    unit = _whole(cells)
    return Conditions(
        tuple(
            ScoreCondition(f"over {rival}", _gain(unit, predicate.arm, rival), low=predicate.threshold)
            for rival in predicate.over
        )
    )


def _consistent(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    return Conditions(
        tuple(
            ScoreCondition(name, _gain(unit, predicate.arm, predicate.over[0]), low=predicate.threshold)
            for name, unit in units_across(predicate.across, cells).items()
        )
    )


def units_across(across: str, cells: Cells) -> dict[str, Unit]:
    """Return one unit for each target, or for each language (over the targets that have it)."""
    if across == "targets":
        return {target: Unit(((target, languages),)) for target, languages in cells.items()}
    names = sorted({language for languages in cells.values() for language in languages})
    return {
        language: Unit(tuple((target, (language,)) for target, languages in cells.items() if language in languages))
        for language in names
    }


def _not_consistent(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    return Conditions(_consistent(predicate, cells).each, denied=True)


def _most_on(predicate: ClaimPredicate, cells: Cells) -> Conditions:
    """Compare the gain on each of the targets `on` with that on every other."""
    arm, over = predicate.arm, predicate.over[0]
    units = units_across("targets", cells)
    return Conditions(
        tuple(
            ScoreCondition(
                f"{first} over {second}",
                {**_gain(units[first], arm, over), **_gain(units[second], over, arm)},
                low=predicate.threshold,
            )
            for first in predicate.on
            if first in units
            for second in units
            if second not in predicate.on
        )
    )


COMPARISONS: Catalog[ClaimComparison] = Catalog(
    "comparison",
    ClaimComparison("greater", "the arm is above the other by more than the threshold", _greater, may=("threshold",)),
    ClaimComparison("less", "the arm is below the threshold, counted from the other", _less, may=("threshold",)),
    ClaimComparison(
        "within", "the difference is the threshold, give or take the margin", _within, needs=("threshold", "margin")
    ),
    ClaimComparison("no difference", "the difference is zero, give or take the margin", _within, needs=("margin",)),
    ClaimComparison("best among", "the arm is above each of the others", _best, may=("threshold",), rivals=True),
    ClaimComparison(
        "consistent across", "the arm is above the other in each target, or in each language", _consistent,
        needs=("across",), may=("threshold",),
    ),
    ClaimComparison(
        "not consistent across", "there is a target, or a language, in which it is not", _not_consistent,
        needs=("across",), may=("threshold",),
    ),
    ClaimComparison(
        "most on", "the difference on each of the targets `on` is larger than on every other", _most_on,
        needs=("on",), may=("threshold",),
    ),
)  # fmt: skip
