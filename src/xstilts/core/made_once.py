"""What is made once of some objects: remembered by which objects they are, not by what they are equal to.

A large study asks for the same thing of the same few values tens of thousands of times. Asking whether values are
equal, or hashing them, takes longer than most of what is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class MadeOnce(Generic[Made]):
    """A table of what was made. It keeps the objects that it knows, so that no later one passes for them."""

    def __init__(self) -> None:
        self._made: dict[tuple[tuple[int, ...], Hashable], tuple[tuple[object, ...], Made]] = {}

    def of(self, make: Callable[[], Made], *objects: object, values: Hashable = ()) -> Made:
        """Return what `make` makes of these very objects, which nobody may change, and of these values."""
        key = (tuple(map(id, objects)), values)
        known = self._made.get(key)
        if known is None:
            known = self._made[key] = (objects, make())
        return known[1]
