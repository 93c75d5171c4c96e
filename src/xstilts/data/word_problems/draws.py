"""Draws that depend on nothing but names: which corruption, which distractors, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from xstilts.data.views import hash_fraction

T = TypeVar("T")


def drawn(count: int, name: str, seed: int) -> int:
    """Return a number below `count`, evenly spread over names."""
    return int(hash_fraction(name, seed) * count)


def shuffled(items: Sequence[T], name: str, seed: int) -> list[T]:
    """Return the items in an order that the name gives."""
    keys = [hash_fraction(f"{name} {place}", seed) for place in range(len(items))]
    return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]
