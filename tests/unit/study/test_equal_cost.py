"""Arms at equal cost: the updates of an arm are shared by its phases, or every task has its own."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, catalog, everywhere, located, trained

from xstilts.core.errors import StudyError
from xstilts.study.expand import expand, phases
from xstilts.study.load import apply_scale, parse_study
from xstilts.study.schema import Study

TASKS = catalog(trained("a"), trained("b"), trained("t"))
ARMS = {
    "one": {"strategy": "sequential", "through": ["a"]},
    "chain": {"strategy": "sequential", "through": ["a", "b"]},
    "mixed": {"strategy": "multitask", "through": ["a", "b"]},
    "both": {"strategy": "sequential", "through": ["a", ["a", "b"]]},
}


def study(intermediate: dict, **more: object) -> Study:
    train = {"updates": 5, "intermediate": intermediate, "tasks": {"a": {"epochs": 9}}}
    return parse_study({"question": "q", "encoder": "e", "arms": ARMS, "targets": ["t"], "train": train, **more})


def updates(made: Study) -> dict[str, list[int | None]]:
    routes = expand(located(made, TASKS, everywhere), ENCODER, "fp32")
    return {route.arm: [phase.recipe.updates for phase in phases(route.end)] for route in routes}


def test_a_chain_splits_what_a_mixture_shares() -> None:
    found = updates(study({"updates_an_arm": 600}))
    assert found == {"one": [600, 5], "chain": [300, 300, 5], "mixed": [600, 5], "both": [300, 300, 5]}


def test_every_task_has_its_own() -> None:
    found = updates(study({"updates_a_task": 600}))
    assert found == {"one": [600, 5], "chain": [600, 600, 5], "mixed": [1200, 5], "both": [600, 1200, 5]}


def test_a_profile_replaces_one_way_by_the_other() -> None:
    made = study({"updates_an_arm": 600}, scale={"each": {"train": {"intermediate": {"updates_a_task": 7}}}})
    assert updates(apply_scale(made, "each"))["chain"] == [7, 7, 5]


def test_two_ways_at_once_are_refused() -> None:
    with pytest.raises(StudyError, match="Give one of 'updates' and 'updates_an_arm'"):
        study({"updates": 3, "updates_an_arm": 600})
