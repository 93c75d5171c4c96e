"""The packaged study of trees and roles: equal cost, every task of XTREME, what is forgotten and what is shared."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, everywhere, located

from xstilts.study.expand import Route, expand, phases
from xstilts.study.forgetting import forgetting_probes
from xstilts.study.load import load_study
from xstilts.study.schema import Study
from xstilts.tasks.catalog import TASKS
from xstilts.xtreme.layout import XTREME_VERSIONS


def opened(scale: str | None = None) -> tuple[Study, list[Route]]:
    study = load_study("syntax_srl", scale).model_copy(update={"seeds": (1,)})
    return study, expand(located(study, TASKS, everywhere), ENCODER, "fp32")


def spent(routes: list[Route]) -> dict[str, list[int | None]]:
    """Updates of the intermediate phases of each arm."""
    return {
        route.arm: [phase.recipe.updates for phase in phases(route.end) if phase.role == "intermediate"]
        for route in routes
    }


@pytest.mark.parametrize("scale", [None, "smoke"])
def test_every_arm_spends_the_same(scale: str | None) -> None:
    study, routes = opened(scale)
    budget = study.train.intermediate.updates_an_arm
    found = spent(routes)
    assert budget and found.pop("none") == [] and len(found) == 8
    assert {arm: sum(n or 0 for n in updates) for arm, updates in found.items()} == dict.fromkeys(found, budget)
    assert [len(found[arm]) for arm in ("parse-srl", "srl-parse", "joint", "joint-labels")] == [2, 2, 1, 1]


def test_the_second_table_gives_every_task_as_much() -> None:
    _, routes = opened("each")
    found = spent(routes)
    assert (found["parse"], found["parse-srl"], found["joint"]) == ([6000], [6000, 6000], [12000])


def test_the_targets_are_xtreme_s_and_trees_and_roles() -> None:
    study, _ = opened()
    assert set(study.targets) == {*XTREME_VERSIONS.find("xtreme").languages, "dependency", "srl"}


def test_what_was_learnt_first_is_scored_after_every_phase() -> None:
    study, routes = opened()
    found = [one for one in forgetting_probes(routes, study.forgetting) if one.route[0] == "parse-srl"]
    between = [(one.part.name, len(list(phases(one.end)))) for one in found if not one.targets]
    assert between == [("dependency", 1), ("dependency", 2), ("srl", 2)]
    after = {(one.part.name, one.targets) for one in found if one.targets}
    assert ("dependency", ("srl",)) in after and ("srl", ("srl",)) not in after
    assert ("dependency", ("xquad", "mlqa")) in after  # one training on SQuAD


def test_shared_sentences_are_declared() -> None:
    study, _ = opened()
    shared = located(study, TASKS, everywhere).shared
    assert set(shared) == {"udpos", "dependency", "srl"}
    assert all(set(arms) == set(study.arms) - {"none"} for arms in shared.values())
