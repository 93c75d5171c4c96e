"""Merging: several trainings that were made apart become one. Values only.

`Average`, `Arithmetic` and `Ties` join weights of one shape (`nn.adapters.merging`), of adapters or of whole encoders.
`AdapterFusion` and `Stacked` keep adapters as they are; a fusion becomes an adapter of its own
(`core.settings.tuning.Fuse`).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Average:
    """The mean of the weights; `weights` (one for each adapter, None: equal) are divided by their sum."""

    weights: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def weights_have_a_sum(self) -> Self:
        if self.weights is not None and sum(self.weights) == 0:
            raise ValueError("the 'weights' of a mean must not sum to zero")
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Arithmetic:
    """The sum of what each adapter learnt: its weights less those it started from, scaled (Ilharco et al. 2023). A
    negative weight takes away what an adapter learnt."""

    scale: float = 1.0
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Ties:
    """The mean of what adapters learnt without conflicts: of each the `density` share that is largest; of these the
    sign that outweighs the other for each weight; of those with that sign the mean, scaled (Yadav et al. 2023)."""

    density: Annotated[float, Field(gt=0, le=1)] = 0.2
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
