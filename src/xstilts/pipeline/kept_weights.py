"""Weights that a study keeps: which go once their predictions are stored, which must be there, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xstilts.engine.step import Step
from xstilts.pipeline.estimates import weights_share
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.steps.base import WEIGHTS
from xstilts.report.elements.formatting import plural, seconds, size
from xstilts.study.schema import Study

GIGABYTE = 1e9


@dataclass(frozen=True, kw_only=True)
class KeptWeights:
    """The fate of the weights of a study's trainings.

    Attributes:
        trims: key of a step -> the part of its artefact that may go once its readers are done.
        passed_over: trainings whose setting was not chosen; () where the study keeps all.
        required: steps whose weights are missing where they are not in the store, though their readers are done.
        targets: trainings of targets.
        target_bytes: what their weights take.
        budget: what those may take at most to be kept, in bytes; None where the study says what is kept.
    """

    trims: Mapping[str, str] = field(default_factory=dict)
    passed_over: tuple[Step, ...] = ()
    required: tuple[Step, ...] = ()
    targets: tuple[Step, ...] = ()
    target_bytes: float = 0.0
    budget: float | None = None

    @property
    def targets_are_kept(self) -> bool:
        return not any(step.key in self.trims for step in self.targets)

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Key of each required step -> the parts that must be there."""
        return {step.key: (WEIGHTS,) for step in self.required}


def kept_weights(
    study: Study,
    checkpoints: Sequence[Step],
    targets: Sequence[Step],
    encoder_bytes: float,
    passed_over: Sequence[Step] = (),
) -> KeptWeights:
    """Return what becomes of the weights of `checkpoints`, all that a study trains or merges but those of which one is
    still to be chosen; `targets` are those of them that no other route starts from, and `passed_over` those whose
    setting was not chosen: they go, unless the study keeps all.

    `keep: auto` keeps the targets' where together they take at most `keep_gb`, and what an earlier run threw away is
    not missing; with `keep: all` it is.
    """
    needed = sum(encoder_bytes * weights_share(step.settings.tune) for step in targets)
    budget = study.keep_gb * GIGABYTE if study.keep == "auto" else None
    keeps_targets = study.keep == "all" or (budget is not None and needed <= budget)
    passed_over = () if study.keep == "all" else tuple(passed_over)
    trimmed = checkpoints if study.keep == "none" else () if keeps_targets else targets
    return KeptWeights(
        trims={step.key: WEIGHTS for step in (*trimmed, *passed_over)},
        passed_over=passed_over,
        required=tuple(checkpoints) if study.keep == "all" else (),
        targets=tuple(targets),
        target_bytes=needed,
        budget=budget,
    )


def weight_notices(weights: KeptWeights, rebuilt: Sequence[Step], seconds_again: float | None = None) -> list[str]:
    """Say, before a run, what it makes again for want of weights, and what throwing weights away will cost.

    Args:
        weights: of the study.
        rebuilt: done steps that run again.
        seconds_again: what training all targets again takes, where it is known.
    """
    notices = []
    if trainings := [step for step in rebuilt if kind_of(step).is_training]:
        number = plural(len(trainings), "training")
        notices.append(f"{number} of before run again: the weights were not kept, and are needed now.")
    if weights.targets and not weights.targets_are_kept:
        why = "" if weights.budget is None else f" They are more than `keep_gb: {weights.budget / GIGABYTE:g}` allows."
        price = "" if seconds_again is None else f", about {seconds(seconds_again)}"
        notices.append(
            f"The weights of {plural(len(weights.targets), 'target training')} ({size(weights.target_bytes)}) go once "
            f"their predictions are stored.{why} Another test language, or `xstilts predict`, would train them "
            f"again{price}; `keep: all` keeps them."
        )
    return notices
