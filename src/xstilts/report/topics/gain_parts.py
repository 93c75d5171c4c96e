"""What an average gain is made of: each target's share, and what remains without some of them.

An average over targets hides where a gain comes from. A share is a target's gain divided by the number of targets, so
that the shares add up to the average. Pure functions on numbers in points.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, kw_only=True)
class TargetShare:
    target: str
    gain: float  # on the target itself
    share: float  # gain / number of targets


@dataclass(frozen=True, kw_only=True)
class GainDecomposition:
    """An average gain by target.

    targets: how many the average is over, those without a known gain among them.
    average: None where a gain is missing and no average was stated.
    shares: of the targets whose gain is known, the largest change first, up or down.
    missing: targets whose gain is not known; `rest` is what they give to the average together, where that is stated.
    retrieval, without_retrieval: targets that are retrieval, and the average over the others; None where there are no
        retrieval targets, no others, or one of the others is missing.
    largest, without_largest: the target with the largest change, and the average over all others.
    """

    targets: int
    average: float | None
    shares: tuple[TargetShare, ...]
    missing: tuple[str, ...] = ()
    rest: float | None = None
    retrieval: tuple[str, ...] = ()
    without_retrieval: float | None = None
    largest: str = ""
    without_largest: float | None = None


def decompose(
    gains: Mapping[str, float | None], retrieval: Collection[str] = (), stated: float | None = None
) -> GainDecomposition:
    """Target -> gain in points, None where it is not known. `stated`: the average as somebody prints it, used where
    gains are missing.

    >>> [(s.target, s.share) for s in decompose({"qa": 1.0, "tatoeba": 5.0}).shares]
    [('tatoeba', 2.5), ('qa', 0.5)]
    """
    known = {target: gain for target, gain in gains.items() if gain is not None}
    missing = tuple(target for target in gains if target not in known)
    ordered = sorted(known, key=lambda target: -abs(known[target]))
    shares = tuple(
        TargetShare(target=target, gain=known[target], share=known[target] / len(gains)) for target in ordered
    )
    average = stated if missing else without(gains, ())
    found = tuple(target for target in gains if target in retrieval)
    largest = ordered[0] if ordered else ""
    return GainDecomposition(
        targets=len(gains),
        average=average,
        shares=shares,
        missing=missing,
        rest=average - sum(share.share for share in shares) if missing and average is not None else None,
        retrieval=found,
        without_retrieval=without(gains, found) if found else None,
        largest=largest,
        without_largest=without(gains, (largest,)) if largest else None,
    )


def without(gains: Mapping[str, float | None], left_out: Collection[str]) -> float | None:
    """The average over the other targets; None where there are none, or one of them is missing."""
    kept = [gain for target, gain in gains.items() if target not in left_out]
    known = [gain for gain in kept if gain is not None]
    return fmean(known) if known and len(known) == len(kept) else None
