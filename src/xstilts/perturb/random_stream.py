"""Random numbers of a perturbation: a stream for each text of each example, the same on every machine and in every
version of Python.

Of `random.Random` only `random()` is used: the one method whose values Python promises to keep. Which places are hit is
drawn as so many places out of all, not as a coin for each, so that little noise costs little. Where some places are
likelier than others, each has one number of its own, so that what few hits hit more hits hit too.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
_LEAST = 2.0**-54  # in the place of 0, which has no logarithm: half of the least other value of `random()`


class RandomStream:
    """Random numbers that depend on `names` alone (a perturbation, its seed, an example, one of its texts)."""

    __slots__ = ("uniform",)

    uniform: Callable[[], float]

    def __init__(self, *names: object) -> None:
        digest = hashlib.blake2b("\0".join(map(str, names)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self.uniform = random.Random(int.from_bytes(digest)).random

    def below(self, number: int) -> int:
        """Return an int in [0, number)."""
        return int(self.uniform() * number)

    def one_of(self, items: Sequence[T]) -> T:
        return items[int(self.uniform() * len(items))]

    def rounded(self, number: float) -> int:
        """Return one of the two whole numbers around `number`, so that it is `number` on average."""
        return int(number + self.uniform())

    def places(
        self,
        size: int,
        rate: float,
        allowed: Callable[[int], bool] | None = None,
        log_weights: Sequence[float] | None = None,
    ) -> list[int]:
        """Return `rate * size` of the places 0 to size - 1, in order, each equally likely; fewer where `allowed`
        refuses the rest. It is asked of one place after another, and may remember what it let through.

        log_weights: natural logarithms of the places' weights: each draw takes one of those that are left, in
        proportion to its weight."""
        wanted = min(self.rounded(rate * size), size)
        if log_weights is not None:
            return self._weighted_places(log_weights, wanted, allowed)
        if allowed is None and wanted > size // 2:
            left_out = set(self.places(size, 1 - wanted / size)) if wanted < size else set()
            return [place for place in range(size) if place not in left_out]
        uniform, tried, chosen = self.uniform, set[int](), list[int]()
        while len(chosen) < wanted and len(tried) < size:
            place = int(uniform() * size)
            if place not in tried:
                tried.add(place)
                if allowed is None or allowed(place):
                    chosen.append(place)
        chosen.sort()
        return chosen

    def _weighted_places(
        self, log_weights: Sequence[float], wanted: int, allowed: Callable[[int], bool] | None
    ) -> list[int]:
        """Return the places that are hit first where place i is hit after an exponential time of rate
        exp(log_weights[i]): draws without replacement (Efraimidis & Spirakis 2006)."""
        times = [math.log(-math.log(self.uniform() or _LEAST)) - weight for weight in log_weights]
        chosen = list[int]()
        for place in sorted(range(len(times)), key=times.__getitem__):
            if len(chosen) == wanted:
                break
            if allowed is None or allowed(place):
                chosen.append(place)
        return sorted(chosen)
