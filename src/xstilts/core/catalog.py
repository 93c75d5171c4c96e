"""A catalog: items found by name, in the order they are written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar, overload

from xstilts.core.errors import StudyError


class HasName(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=HasName)
D = TypeVar("D")


class Catalog(Mapping[str, T]):
    """An ordered mapping from `.name` to item. `noun` says in errors what is catalogued ("task", "strategy").

    It is written as one expression, so nothing registers itself and import order means nothing:
    `TASKS = Catalog("task", XNLI, PAWSX)`. A longer one is `Catalog("task", *TASKS.values(), MINE)`.

    Raises StudyError for a name used twice, and on lookup of an unknown name (with the nearest one).
    """

    def __init__(self, noun: str, *items: T) -> None:
        self.noun = noun
        self._items: dict[str, T] = {}
        for item in items:
            if item.name in self._items:
                raise StudyError(f"two {noun}s are called '{item.name}'; names must be unique")
            self._items[item.name] = item

    def find(self, name: str, where: str | None = None) -> T:
        """Return the item called `name`; `where` is the place that asked for it, for the error."""
        if name not in self._items:
            raise StudyError(f"there is no {self.noun} '{name}'.", where=where, value=name, allowed=self._items)
        return self._items[name]

    def replaced(self, items: Mapping[str, T]) -> Catalog[T]:
        """Return this catalog with other items in the place of those of these names."""
        return Catalog(self.noun, *(items.get(name, item) for name, item in self._items.items()))

    def __getitem__(self, name: str) -> T:
        return self.find(name)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    @overload
    def get(self, name: str) -> T | None: ...
    @overload
    def get(self, name: str, default: T | D) -> T | D: ...
    def get(self, name: str, default: object = None) -> object:
        return self._items.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Catalog({self.noun!r}: {', '.join(self._items)})"
