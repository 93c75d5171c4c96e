"""The packaged study of reasoning: one planned contrast, arms of equal cost, no test set that trains."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, everywhere, located

from xstilts.core.settings.tuning import FROZEN, FULL
from xstilts.study.expand import expand, phases
from xstilts.study.load import load_study
from xstilts.study.phase import Phase
from xstilts.tasks.catalog import TASKS

REASONING = {"gsm8k-answer", "gsm8k-verify", "gsm8k-next-step", "gsm8k-operations", "mmlu"}
UNDERSTANDING = {"nli", "qa", "completion", "commonsense"}


@pytest.mark.parametrize("scale", [None, "full", "laptop", "smoke"])
def test_every_arm_spends_the_same(scale: str | None) -> None:
    study = load_study("reasoning_syntax", scale).model_copy(update={"seeds": (1,)})
    routes = expand(located(study, TASKS, everywhere), ENCODER, "fp32")
    updates = {
        route.arm: [phase.recipe.updates for phase in phases(route.end) if phase.role == "intermediate"]
        for route in routes
    }
    assert updates.pop("none") == [] and set(updates) == REASONING | UNDERSTANDING
    assert {tuple(found) for found in updates.values()} == {(study.train.intermediate.updates_an_arm,)}


@pytest.mark.parametrize("scale", [None, "full", "laptop"])
def test_minimal_pairs_are_read_by_the_own_head_and_by_a_probe_that_moves_nothing(scale: str | None) -> None:
    found = located(load_study("reasoning_syntax", scale).model_copy(update={"seeds": (1,)}), TASKS, everywhere)
    own_head = [name for name, task in found.targets.items() if task.kind.uses_own_head]
    assert bool(own_head) == (scale != "laptop"), "e5-small, whose profile that is, has no head of its own"
    ends = [(route.target, route.end) for route in expand(found, ENCODER, "fp32")]
    trained = {(target, end.tune) for target, end in ends if isinstance(end, Phase)}
    assert {tune for target, tune in trained if target == "minimal-pairs-probe"} == {FROZEN}
    assert {tune for target, tune in trained if target == "dependency"} == {FULL}


def test_one_contrast_compares_the_means_of_both_groups() -> None:
    ((name, weights),) = load_study("reasoning_syntax").contrasts.items()
    assert name == "reasoning - understanding"
    assert {arm for arm, weight in weights.items() if weight > 0} == REASONING
    assert {arm for arm, weight in weights.items() if weight < 0} == UNDERSTANDING
    assert sum(weights.values()) == 0


def test_test_sets_of_gsm8k_and_mmlu_never_train() -> None:
    trained = {
        (place.hub or "", file)
        for task in TASKS.values()
        for found in (task.train, task.dev)
        if found is not None
        for place in found.places
        for file in place.files
        if any(name in f"{place.hub} {file}" for name in ("gsm8k", "mgsm", "mmlu"))
    }
    assert trained and not [file for _, file in trained if "test" in file or "mgsm" in file or "native" in file]
