"""Merging: what a study may say under `join`, which makes one of trainings of an arm that were made apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from xstilts.core.settings.merging import AdapterFusion, Arithmetic, Average, Composition, Stacked, Ties
from xstilts.study.strict_model import StrictModel
from xstilts.study.tune import TuneSpec

if TYPE_CHECKING:
    from xstilts.study.arms import ArmSpec

WITH_NUMBERS = ("average", "arithmetic", "ties")
WITHOUT_NUMBERS: dict[str, Composition] = {
    "average": Average(),
    "arithmetic": Arithmetic(),
    "ties": Ties(),
    "fuse": AdapterFusion(),
    "stack": Stacked(),
}


class JoinSpec(StrictModel):
    """`average`, `arithmetic`, `ties`, `fuse` or `stack`; the first three may be keys with their numbers
    (`core.settings.merging` says what they are)."""

    mode: Literal["average", "arithmetic", "ties", "fuse", "stack"] | None = None
    average: Average | None = None
    arithmetic: Arithmetic | None = None
    ties: Ties | None = None

    @model_validator(mode="after")
    def one_way(self) -> JoinSpec:
        ways = [key for key in ("mode", *WITH_NUMBERS) if getattr(self, key) is not None]
        if len(ways) != 1:
            count = f"it has {' and '.join(repr(key) for key in ways)}" if ways else "it has none of them"
            raise ValueError(f"'join' is fuse, stack, or one of average, arithmetic and ties; {count}")
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
    """Return the settings that a `join` stands for."""
    if spec.mode is not None:
        return WITHOUT_NUMBERS[spec.mode]
    settings: Composition = getattr(spec, spec.way)
    return settings


def check_merged_arm(arm: ArmSpec) -> None:
    """Raises ValueError where the trainings of an arm with strategy `compose` cannot be merged."""
    check_join(arm.join, len(arm.through), arm.tune)
    if arm.keep_head:
        raise ValueError("'keep_head' needs one phase before the target; strategy 'compose' joins several")


def check_join(spec: JoinSpec | None, parts: int, tune: TuneSpec) -> None:
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
        others = "whole encoders" if tune.mode else "LoRA and IA3"
        raise ValueError(
            "'join: fuse' attends over bottleneck layers: give 'tune' the key 'adapter' (houlsby or pfeiffer), or join "
            f"{others} by weights"
        )
    if tune.adapter == "parallel" or tune.invertible:
        kind = "parallel" if tune.adapter == "parallel" else "invertible"
        raise ValueError(f"{kind} adapters cannot be fused; use houlsby or pfeiffer, not invertible")
