"""How several trainings that were made apart become one: values only.

`Average`, `Arithmetic` and `Ties` join weights of one shape (`nn.adapters.merging`), of adapters or of whole encoders.
`AdapterFusion` and `Stacked` keep adapters as they are; a fusion becomes an adapter of its own
(`core.settings.tuning.Fuse`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


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


@dataclass(frozen=True, kw_only=True)
class AdapterFusion:
    """A fresh attention over bottleneck adapters (AdapterFusion, Pfeiffer et al. 2021)."""

    identity_name: ClassVar[str] = "Fused"


@dataclass(frozen=True, kw_only=True)
class Stacked:
    """Adapters attached one on the other, in their order."""


Join = Average | Arithmetic | Ties
Composition = Join | AdapterFusion | Stacked
