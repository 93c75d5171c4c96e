"""Views: which rows of a source are seen. A choice depends on ids, groups and a seed: never on the machine, the order
of a set, or how often it is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.data.source import Key, View

_BY: dict[str, Callable[[Key], str]] = {"id": lambda key: key.id, "group": lambda key: key.group}


def hash_fraction(name: str, seed: int) -> float:
    """Return a number in [0, 1), spread evenly over names, that depends on nothing but the name and the seed."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return (int.from_bytes(digest[:8]) >> 11) / 2**53


@dataclass(frozen=True, kw_only=True)
class Subsample:
    """The first `n` rows of a shuffle by `seed`, in file order. A smaller `n` is a subset of a larger one.

    by="group" shuffles groups and takes whole ones as long as they fit: what belongs together (a context and its
    questions, a sentence and its translation) is taken together. The first group is taken whatever its size.

    scored_alone=True takes `n` of the rows that a score counts and keeps all others: of a retrieval test fewer queries,
    which search what they would search without the cut.
    """

    identity_name: ClassVar[str] = "Take"

    n: int
    seed: int = 0
    by: str = field(default="id", metadata=OMIT_DEFAULT)
    scored_alone: bool = field(default=False, metadata=OMIT_DEFAULT)

    def __post_init__(self) -> None:
        if self.n < 0:
            raise DataError(f"a view cannot take {self.n} rows")
        if self.by not in _BY:
            raise DataError(f"a view cannot take rows by '{self.by}'", value=self.by, allowed=_BY)

    def select(self, keys: Sequence[Key]) -> list[int]:
        unit = _BY[self.by]
        counted = [key.scored or not self.scored_alone for key in keys]
        sizes = Counter(unit(key) for key, counts in zip(keys, counted, strict=True) if counts)
        chosen_units: set[str] = set()
        remaining = self.n
        for name in sorted(sizes, key=lambda name: (hash_fraction(name, self.seed), name)):
            if chosen_units and sizes[name] > remaining:
                break
            chosen_units.add(name)
            remaining -= sizes[name]
        if not self.n:
            chosen_units = set()
        return [i for i, key in enumerate(keys) if not counted[i] or unit(key) in chosen_units]

    def passing_share(self, rows: float) -> float:
        """With `scored_alone`, about half of the rows are taken to be what is searched."""
        searched = 0.5 if self.scored_alone else 0.0
        return min(1.0, searched + self.n / max(rows, 1.0))


@dataclass(frozen=True, kw_only=True)
class SplitView:
    """One of two parts that share no group and together are everything: "held" (about `share` of the groups) or
    "rest". Neither is empty where there are two groups."""

    identity_name: ClassVar[str] = "Part"

    name: str
    share: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.name not in ("held", "rest"):
            raise DataError(f"there is no part '{self.name}'", value=self.name, allowed=("held", "rest"))
        if not 0 < self.share < 1:
            raise DataError(f"the share of a part lies between 0 and 1, got {self.share}")

    def select(self, keys: Sequence[Key]) -> list[int]:
        # A salt of its own, so that a Take by group with the same seed does not choose by the same numbers.
        order = sorted((hash_fraction(f"part {group}", self.seed), group) for group in {key.group for key in keys})
        held_groups = {group for place, group in order if place < self.share}
        if len(order) > 1:
            held_groups = (held_groups | {order[0][1]}) - {order[-1][1]}
        return [i for i, key in enumerate(keys) if (key.group in held_groups) == (self.name == "held")]

    def passing_share(self, rows: float) -> float:
        return self.share if self.name == "held" else 1 - self.share


def without_translations_of(
    indices: Sequence[int], keys: Sequence[Key], original_indices: Sequence[int], originals: Sequence[Key]
) -> list[int]:
    """Return those of the rows `indices` of a translation that translate none of the rows `original_indices` of the
    original, as their ids say. Raises DataError where no id of the translation is one of the original's, so that
    nothing could be excluded."""
    if not {key.id for key in keys} & {key.id for key in originals}:
        raise DataError(
            f"no id of the translated rows ('{keys[0].id}', ...) is one of the original's ('{originals[0].id}', ...), "
            "so what selects cannot be kept out of what is trained on",
            hint="Give the rows of the translation the ids of the rows they translate, or the task a dev file.",
        )
    excluded_ids = {originals[i].id for i in original_indices}
    return [i for i in indices if keys[i].id not in excluded_ids]


def passing_share(views: Sequence[View], rows: float) -> float:
    """Return about which share of `rows` rows the views let through, without looking at them."""
    left = 1.0
    for view in views:
        left *= view.passing_share(rows * left)
    return left
