"""What a study may say under `tune`: which weights a phase trains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from xstilts.core.settings.tuning import IA3, Bottleneck, Hypernetwork, LoRA, Multitask, Prefix, Prompt, SharedOwn
from xstilts.study.phase import Frozen, Full, Tune
from xstilts.study.strict_model import StrictModel

PARALLEL_SCALE = 4.0  # He et al. 2022
LEARNING_RATE = 1e-4  # of adapter phases, unless the study gives one
VECTORS_LEARNING_RATE = 5e-3  # of prompts and prefixes: few numbers, which must move far

_WAYS = ("mode", "adapter", "lora", "ia3", "prompt", "prefix")
_OF_ADAPTER = ("reduction", "width", "activation", "scale", "invertible", "tasks", "embedding")


class LoraSpec(StrictModel):
    rank: int = Field(8, ge=1)
    alpha: float = Field(16.0, gt=0)
    targets: tuple[str, ...] = Field(("query", "value"), min_length=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    dora: bool = False


class Ia3Spec(StrictModel):
    targets: tuple[str, ...] = Field(("key", "value", "down"), min_length=1)


class VectorsSpec(StrictModel):
    length: int = Field(20, ge=1)


class TuneSpec(StrictModel):
    """`full`, `frozen`, or one of the keys `adapter`, `lora`, `ia3`, `prompt` and `prefix` with its numbers
    (`core.settings.tuning` says what they are)."""

    mode: Literal["full", "frozen"] | None = None
    adapter: Literal["houlsby", "pfeiffer", "parallel"] | None = None
    reduction: float = Field(16.0, ge=1)
    width: int | None = Field(None, ge=1)
    activation: Literal["relu", "gelu", "silu", "tanh"] = "relu"
    scale: float | None = Field(None, gt=0)
    invertible: bool = False
    tasks: Literal["shared", "shared+own", "hypernetwork"] = "shared"
    embedding: int = Field(64, ge=1)
    lora: LoraSpec | None = None
    ia3: Ia3Spec | None = None
    prompt: VectorsSpec | None = None
    prefix: VectorsSpec | None = None
    from_layer: int = Field(1, ge=1)
    stack: bool = False

    @model_validator(mode="after")
    def one_way(self) -> TuneSpec:
        given = [key for key in _WAYS if getattr(self, key) is not None]
        if len(given) != 1:
            said = f"it has {' and '.join(repr(key) for key in given)}" if given else "it has none of them"
            raise ValueError(
                f"'tune' is full, frozen, or one of the keys adapter, lora, ia3, prompt and prefix; {said}"
            )
        set_here = self.model_fields_set
        if not self.adapter and (wrong := [key for key in _OF_ADAPTER if key in set_here]):
            raise ValueError(f"'{wrong[0]}' is a number of 'adapter', not of '{given[0]}'")
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
    def learning_rate(self) -> float | None:
        """What a phase learns with where the study does not say; None: as full tuning."""
        if self.prompt or self.prefix:
            return VECTORS_LEARNING_RATE
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
    """The part of a phase that a `tune` stands for."""
    own: dict[str, Any] = {"from_layer": spec.from_layer, "stack": spec.stack}
    if spec.adapter:
        scale = spec.scale or (PARALLEL_SCALE if spec.adapter == "parallel" else 1.0)
        if spec.tasks == "hypernetwork":
            own["embedding"] = spec.embedding
        return _BOTTLENECKS[spec.tasks](
            place=spec.adapter,
            reduction=spec.reduction,
            width=spec.width,
            activation=spec.activation,
            scale=scale,
            invertible=spec.invertible,
            **own,
        )
    if spec.lora:
        return LoRA(**spec.lora.model_dump(), **own)
    if spec.prompt:
        return Prompt(**spec.prompt.model_dump(), **own)
    if spec.prefix:
        return Prefix(**spec.prefix.model_dump(), **own)
    if spec.ia3:
        return IA3(**spec.ia3.model_dump(), **own)
    return Frozen() if spec.mode == "frozen" else Full()


def with_task_names(tune: Tune, names: Iterable[str]) -> Tune:
    """What a phase trains, told the tasks of its mixture where that counts."""
    return replace(tune, tasks=tuple(sorted(set(names)))) if isinstance(tune, Multitask) else tune
