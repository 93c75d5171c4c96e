"""What a study may say under `join`: how trainings of an arm that were made apart become one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from xstilts.core.settings.merging import AdapterFusion, Arithmetic, Average, Composition, Stacked, Ties
from xstilts.study.strict_model import StrictModel
from xstilts.study.tune import TuneSpec

WITH_NUMBERS = ("average", "arithmetic", "ties")


class AverageSpec(StrictModel):
    weights: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def has_a_sum(self) -> AverageSpec:
        if self.weights is not None and sum(self.weights) == 0:
            raise ValueError("the 'weights' of a mean must not sum to zero")
        return self


class ArithmeticSpec(StrictModel):
    scale: float = 1.0
    weights: tuple[float, ...] | None = None


class TiesSpec(StrictModel):
    density: float = Field(0.2, gt=0, le=1)
    scale: float = 1.0


class JoinSpec(StrictModel):
    """`average`, `arithmetic`, `ties`, `fuse` or `stack`; the first three may be keys with their numbers
    (`core.settings.merging` says what they are)."""

    mode: Literal["average", "arithmetic", "ties", "fuse", "stack"] | None = None
    average: AverageSpec | None = None
    arithmetic: ArithmeticSpec | None = None
    ties: TiesSpec | None = None

    @model_validator(mode="after")
    def one_way(self) -> JoinSpec:
        given = [key for key in ("mode", *WITH_NUMBERS) if getattr(self, key) is not None]
        if len(given) != 1:
            said = f"it has {' and '.join(repr(key) for key in given)}" if given else "it has none of them"
            raise ValueError(f"'join' is fuse, stack, or one of average, arithmetic and ties; {said}")
        return self

    @property
    def way(self) -> str:
        return self.mode or next(key for key in WITH_NUMBERS if getattr(self, key) is not None)

    @property
    def weights(self) -> tuple[float, ...] | None:
        """One for each training, where the study gives them."""
        return next((spec.weights for spec in (self.average, self.arithmetic) if spec is not None), None)


def _named(value: Any) -> Any:
    return {"mode": value} if isinstance(value, str) else value


JoinField = Annotated[JoinSpec | None, BeforeValidator(_named)]


def composition(spec: JoinSpec) -> Composition:
    """The part of a joined checkpoint that a `join` stands for."""
    match spec.way:
        case "average":
            return Average(weights=spec.weights)
        case "arithmetic":
            return Arithmetic(**(spec.arithmetic or ArithmeticSpec()).model_dump())
        case "ties":
            return Ties(**(spec.ties or TiesSpec()).model_dump())
        case "fuse":
            return AdapterFusion()
        case _:
            return Stacked()


def check(spec: JoinSpec | None, parts: int, tune: TuneSpec) -> None:
    """Raises ValueError where `parts` trainings of an arm with strategy `compose`, each of `tune`, cannot be joined."""
    if spec is None:
        raise ValueError("strategy 'compose' needs 'join': average, arithmetic, ties, fuse or stack")
    if parts < 2:
        raise ValueError("strategy 'compose' joins at least two trainings, and 'through' has one: use 'sequential'")
    if spec.weights is not None and len(spec.weights) != parts:
        raise ValueError(f"'join' has {len(spec.weights)} weights for the {parts} trainings of 'through'")
    if tune.mode == "frozen":
        raise ValueError("strategy 'compose' joins what was trained, and 'tune: frozen' trains heads alone")
    if tune.tasks != "shared":
        raise ValueError(f"'tasks: {tune.tasks}' tells several tasks apart, and what is joined was trained on one each")
    if spec.way == "fuse":
        _check_fuse(tune)
    if spec.way == "stack":
        if not tune.is_adapter:
            raise ValueError("'join: stack' is of adapters: give 'tune' an adapter, or join whole encoders by weights")
        if tune.lora and tune.lora.dora:
            raise ValueError("'join: stack' cannot hold DoRA, which measures the weights below it: use plain LoRA")


def _check_fuse(tune: TuneSpec) -> None:
    if not tune.adapter:
        said = "whole encoders" if tune.mode else "LoRA and IA3"
        raise ValueError(
            "'join: fuse' attends over bottleneck layers: give 'tune' the key 'adapter' (houlsby or pfeiffer), or join "
            f"{said} by weights"
        )
    if tune.adapter == "parallel" or tune.invertible:
        what = "parallel" if tune.adapter == "parallel" else "invertible"
        raise ValueError(f"{what} adapters cannot be fused; use houlsby or pfeiffer, not invertible")
