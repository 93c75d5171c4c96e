"""Training from easy to hard on perturbed rows: what a study may say under `progressive`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le
from pydantic import Discriminator, Tag, model_validator

from xstilts.core.errors import StudyError
from xstilts.perturb.base import Perturbation
from xstilts.perturb.catalog import NOISE, SWITCHING
from xstilts.study.strict_model import StrictModel

Steps = Annotated[int, Ge(2), Le(20)]


class ProgressiveSpec(StrictModel):
    """`progressive: 4`, or `progressive: {steps: 4, by: relevance, temperature: 1.0}`.

    steps: each an equal share of the updates. by: what rises from step to step: the `rate` alone, or the `relevance` of
    the words that are hit as well. temperature: how strictly they go by it: the lower, the more.
    """

    steps: Steps
    by: Literal["rate", "relevance"] = "rate"
    temperature: Annotated[float, Gt(0)] = 1.0

    @model_validator(mode="after")
    def temperature_is_of_relevance(self) -> ProgressiveSpec:
        if "temperature" in self.model_fields_set and self.by != "relevance":
            raise ValueError("'temperature' is of `by: relevance`; by the rate alone words are drawn evenly")
        return self

    @property
    def preference(self) -> float:
        """As of `Augmentation`."""
        return 1 / self.temperature if self.by == "relevance" else 0.0

    def __str__(self) -> str:
        words = f", words by their relevance at temperature {self.temperature:g}" if self.preference else ""
        return f"from easy to hard in {self.steps} steps{words}"


def _form(value: Any) -> str:
    if value is None:
        return "nothing"
    return "a mapping" if isinstance(value, Mapping | ProgressiveSpec) else "a number"


ProgressiveField = Annotated[
    Annotated[Steps, Tag("a number")] | Annotated[ProgressiveSpec, Tag("a mapping")] | Annotated[None, Tag("nothing")],
    Discriminator(_form),
]


def progressive_spec(written: int | ProgressiveSpec | None) -> ProgressiveSpec | None:
    """Return what a study says, a number of steps being all of it by default."""
    return ProgressiveSpec(steps=written) if isinstance(written, int) else written


def check_chooses_words(perturbation: Perturbation, where: str) -> None:
    """Raise StudyError for noise that hits no words, of which none is more relevant than another."""
    if perturbation.unit != "word":
        able = [name for name, cls in {**NOISE, **SWITCHING}.items() if cls.unit == "word"]
        raise StudyError(
            f"'{perturbation.name}' hits characters, and `by: relevance` is about which words are hit.",
            where=where,
            value=perturbation.name,
            allowed=able,
        )
