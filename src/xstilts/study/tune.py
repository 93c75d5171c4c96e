"""Tuning: what a study may say under `tune`, which weights a phase trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model, model_validator

from xstilts.core.settings.tuning import (
    IA3,
    Adapter,
    Bottleneck,
    Hypernetwork,
    LoRA,
    Multitask,
    Placement,
    Prefix,
    Prompt,
    SharedOwn,
    Tune,
)
from xstilts.study.strict_model import GeneratedSection, section_of

PARALLEL_SCALE = 4.0  # He et al. 2022
LEARNING_RATE = 1e-4  # of adapter phases, unless the study gives one
VECTORS_LEARNING_RATE = 5e-3  # of prompts and prefixes: few numbers, which must move far


@dataclass(frozen=True, kw_only=True)
class SmallLayers:
    """A way to tune that is a key under `tune`, with the numbers of its settings.

    hidden: fields of the settings that a study cannot set.
    """

    settings: type[Adapter]
    learning_rate: float = LEARNING_RATE
    hidden: tuple[str, ...] = ()

    @property
    def section(self) -> Any:
        return section_of(self.settings, leave_out=("from_layer", "stack", *self.hidden))


# A new way to tune is its settings in `core.settings.tuning`, its layers in `nn.adapters`, and a line here. Bottleneck
# adapters (the key `adapter`) are written out in `TuneSpec`: their numbers are keys of `tune` itself.
WAYS: Mapping[str, SmallLayers] = {
    "lora": SmallLayers(settings=LoRA),
    "ia3": SmallLayers(settings=IA3, hidden=("inputs",)),
    "prompt": SmallLayers(settings=Prompt, learning_rate=VECTORS_LEARNING_RATE),
    "prefix": SmallLayers(settings=Prefix, learning_rate=VECTORS_LEARNING_RATE),
}
_OF_ADAPTER = ("reduction", "width", "activation", "scale", "invertible", "tasks", "embedding")
_KEYS: Any = {key: (way.section | None, None) for key, way in WAYS.items()}
TuneKeys: Any = create_model("TuneKeys", __base__=section_of(Bottleneck, leave_out=("place",)), **_KEYS)


class TuneSpec(TuneKeys, GeneratedSection):
    """`full`, `frozen`, or one of the keys `adapter`, `lora`, `ia3`, `prompt` and `prefix` with its numbers
    (`core.settings.tuning` says what they are)."""

    mode: Literal["full", "frozen"] | None = None
    adapter: Placement | None = None
    scale: float | None = Field(None, gt=0)  # None: what the adapter's paper uses
    tasks: Literal["shared", "shared+own", "hypernetwork"] = "shared"
    embedding: int = Field(64, ge=1)

    @model_validator(mode="after")
    def one_way(self) -> TuneSpec:
        ways = [key for key in ("mode", "adapter", *WAYS) if getattr(self, key) is not None]
        if len(ways) != 1:
            *others, last = ("adapter", *WAYS)
            count = f"it has {' and '.join(repr(key) for key in ways)}" if ways else "it has none of them"
            raise ValueError(f"'tune' is full, frozen, or one of the keys {', '.join(others)} and {last}; {count}")
        set_here = self.model_fields_set
        if not self.adapter and (wrong := [key for key in _OF_ADAPTER if key in set_here]):
            raise ValueError(f"'{wrong[0]}' is a number of 'adapter', not of '{ways[0]}'")
        if self.mode and (wrong := [key for key in ("from_layer", "stack") if key in set_here]):
            raise ValueError(f"'{wrong[0]}' is about adapters; '{self.mode}' has none")
        if self.prompt and "from_layer" in set_here:
            raise ValueError("'from_layer' is about layers of blocks; a prompt stands before the first")
        if {"width", "reduction"} <= set_here:
            raise ValueError("give either 'width' or 'reduction', not both")
        if "embedding" in set_here and self.tasks != "hypernetwork":
            raise ValueError("'embedding' is a number of 'tasks: hypernetwork'")
        return self

    @property
    def is_adapter(self) -> bool:
        return self.mode is None

    @property
    def small_layers(self) -> str:
        """The key of `WAYS` that is given; "" where another way is."""
        return next((key for key in WAYS if getattr(self, key) is not None), "")

    @property
    def learning_rate(self) -> float | None:
        """The rate a phase learns with where the study does not say; None: as full tuning."""
        if self.small_layers:
            return WAYS[self.small_layers].learning_rate
        return LEARNING_RATE if self.is_adapter else None


_BOTTLENECKS: dict[str, type[Bottleneck]] = {
    "shared": Bottleneck,
    "shared+own": SharedOwn,
    "hypernetwork": Hypernetwork,
}


def _named(value: Any) -> Any:
    return {"mode": value} if isinstance(value, str) else value


TuneField = Annotated[TuneSpec, BeforeValidator(_named)]
FULL = TuneSpec(mode="full")


def tuning(spec: TuneSpec) -> Tune:
    """Return the part of a phase that a `tune` stands for."""
    position: dict[str, Any] = {"from_layer": spec.from_layer, "stack": spec.stack}
    if spec.small_layers:
        return WAYS[spec.small_layers].settings(**getattr(spec, spec.small_layers).model_dump(), **position)
    if spec.mode is not None:
        return spec.mode
    assert spec.adapter is not None  # one of the ways is given
    own_numbers: dict[str, Any] = {"embedding": spec.embedding} if spec.tasks == "hypernetwork" else {}
    return _BOTTLENECKS[spec.tasks](
        place=spec.adapter,
        reduction=spec.reduction,
        width=spec.width,
        activation=spec.activation,
        scale=spec.scale or (PARALLEL_SCALE if spec.adapter == "parallel" else 1.0),
        invertible=spec.invertible,
        **own_numbers,
        **position,
    )


def with_task_names(tune: Tune, names: Iterable[str]) -> Tune:
    """Add the tasks of a mixture to what its phase trains, where that tells tasks apart."""
    return replace(tune, tasks=tuple(sorted(set(names)))) if isinstance(tune, Multitask) else tune
