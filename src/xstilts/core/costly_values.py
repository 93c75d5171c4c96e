"""Costly values: what took long to work out and is asked for again in the same process.

Where not all of it fits, what is quickest to work out again for its size goes first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    size: float
    seconds: float  # of the processor, that it took

    @property
    def worth(self) -> float:
        return self.seconds / max(self.size, 1.0)


@dataclass
class CostlyValues(Generic[T]):
    """Values by key, up to a sum of sizes. They are shared by all who ask, who must not change them.

    >>> squares = CostlyValues[int](room=100.0)
    >>> [squares.get(3, 8.0, lambda: 9), squares.get(3, 8.0, lambda: 10)]
    [9, 9]
    """

    room: float
    _kept: dict[Hashable, _Kept[T]] = field(default_factory=dict)
    _size: float = 0.0

    def get(self, key: Hashable, size: float, make: Callable[[], T]) -> T:
        """Return the value of a key: what was made for it before, else what `make` returns. Nothing is kept where it
        raises, where the value alone is larger than the room, or for a key that has no hash."""
        try:
            known = self._kept.get(key)
        except TypeError:
            return make()
        if known is not None:
            return known.value
        began = time.thread_time()
        value = make()
        if size <= self.room:
            self._kept[key] = _Kept(value, size, time.thread_time() - began)
            self._size += size
            self._make_room()
        return value

    def _make_room(self) -> None:
        while self._size > self.room:
            least = min(self._kept, key=lambda key: self._kept[key].worth)
            self._size -= self._kept.pop(least).size
