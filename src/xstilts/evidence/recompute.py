"""Recomputation: numbers that a sentence states beside the parts they are made of, computed again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from xstilts.evidence.quantities import Quantity, quantities_of

_FROM_TO = re.compile(r"\bfrom\s*$", re.IGNORECASE)
_TO = re.compile(r"^\s*(?:%|[A-Za-z]{1,8})?\s*to\s*$", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:average|averaging|averaged|mean)\b", re.IGNORECASE)
_PLACES = 3  # at least, of a mean that is recomputed: two parts and the mean


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """A number that was computed again. rule: "difference", "relative change", "mean", of a table with its place.
    computed: what the parts give. agrees: within the rounding of what is printed."""

    rule: str
    stated: float
    computed: float
    agrees: bool

    @property
    def words(self) -> str:
        """ "difference: 8.7 stated, 8.7 computed"."""
        return f"{self.rule}: {self.stated:g} stated, {self.computed:.4g} computed"


def recompute(text: str) -> tuple[Recomputed, ...]:
    """Return every number of a sentence that its own parts give: B - A of "from A to B", the relative change of it,
    and the mean of a list that stands beside "average".

    >>> [one.words for one in recompute("F1 rises from 50.0 to 58.7, by 8.7 points")]
    ['difference: 8.7 stated, 8.7 computed']
    """
    quantities = quantities_of(text)
    return (*_changes(text, quantities), *_means(text, quantities))


def _changes(text: str, quantities: Sequence[Quantity]) -> list[Recomputed]:
    found = []
    for first, second in pairwise(quantities):
        if not (_FROM_TO.search(text[: first.start]) and _TO.match(text[first.end : second.start])):
            continue
        for stated in quantities:
            if stated in (first, second) or stated.unit not in ("points", "percent", ""):
                continue
            if stated.unit or stated.signed or stated.digits:
                slack = first.rounding + second.rounding + stated.rounding
                found.append(change_of(stated, first.value, second.value, slack))
            break
    return found


def change_of(stated: Quantity, before: float, after: float, slack: float, place: str = "") -> Recomputed:
    """Return the change between two numbers beside the one that is stated: a difference, or of a percentage that is
    none a relative change. slack: how far rounding may put them apart. place: where the two stand, for the rule."""
    difference = after - before
    relative = 100 * difference / before if before else float("inf")
    close = abs(abs(stated.value) - abs(difference)) <= slack + 1e-9
    of_place = f" in {place}" if place else ""
    if stated.unit == "percent" and not close:
        near = abs(abs(stated.value) - abs(relative)) <= 100 * slack / abs(before or 1) + 1e-9
        return Recomputed(rule=f"relative change{of_place}", stated=stated.value, computed=relative, agrees=near)
    return Recomputed(rule=f"difference{of_place}", stated=stated.value, computed=difference, agrees=close)


def _means(text: str, quantities: Sequence[Quantity]) -> list[Recomputed]:
    word = _MEAN.search(text)
    scores = [one for one in quantities if one.digits]
    if word is None or len(scores) < _PLACES or any(_FROM_TO.search(text[: one.start]) for one in scores):
        return []
    stated = min(scores, key=lambda one: abs(one.start - word.end()))
    parts = [one for one in scores if one is not stated]
    if "," not in text[parts[0].end : parts[-1].start] and " and " not in text[parts[0].end : parts[-1].start]:
        return []
    computed = fmean(one.value for one in parts)
    slack = stated.rounding + max(one.rounding for one in parts)
    agrees = abs(stated.value - computed) <= slack + 1e-9
    return [Recomputed(rule="mean", stated=stated.value, computed=computed, agrees=agrees)]
