"""How several trained adapters of one shape become one: values only.

`Average`, `Arithmetic` and `Ties` join weights (`nn.adapters.joining`). `core.tuning.Fuse` is an adapter of its own,
which attends over the others. A stack needs no value: adapters that are attached one after the other are one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Average:
    """The mean of the weights; `weights` (one for each adapter, None: equal) are divided by their sum."""

    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """What each adapter learnt, its weights less those it started from, added up and scaled (Ilharco et al. 2023). A
    negative weight takes away what an adapter learnt."""

    scale: float = 1.0
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Ties:
    """Of what each adapter learnt, the `density` share that is largest; of these the sign that outweighs the other for
    each weight; and of those with that sign the mean, scaled (Yadav et al. 2023)."""

    density: float = 0.2
    scale: float = 1.0


Join = Average | Arithmetic | Ties
