"""Training numbers of a substitute: those of the task that it stands in for, unless it has its own."""

from __future__ import annotations

import pytest
from study_toys import catalog, trained

from xstilts.core.errors import StudyError
from xstilts.study.arms import ArmSpec
from xstilts.study.hyperparameters import max_length, recipe
from xstilts.study.load import parse_study
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study

TASKS = catalog(trained("t"), trained("big"), trained("other"), trained("small"))


def study(**numbers: dict) -> Study:
    return parse_study(
        {
            "question": "q",
            "encoder": "e",
            "arms": {"a": {"strategy": "sequential", "through": ["big"]}},
            "targets": ["t"],
            "train": {"batch": 32, "tasks": numbers},
            "substitute": {"big": "small", "other": "small"},
        },
        "s.yaml",
    )


def batch(found: Study) -> int:
    arm: ArmSpec = found.arms["a"]
    return recipe(found, arm, "intermediate", ("small",), "fp32").batch


def test_numbers_under_the_name_of_the_study_reach_the_task_that_is_trained() -> None:
    found = study(big={"batch": 8, "max_length": 64})
    assert batch(found) == 8 and max_length(found, "small", TASKS["small"].kind) == 64
    assert max_length(found, "t", TASKS["t"].kind) != 64


def test_its_own_numbers_come_before_these() -> None:
    assert batch(study(big={"batch": 8}, small={"batch": 4})) == 4
    assert batch(study(small={"batch": 4}, big={"batch": 8})) == 4


def test_two_tasks_that_disagree_on_their_substitute_are_refused() -> None:
    with pytest.raises(StudyError, match=r"'small' stands in for 'big' and for 'other', whose training numbers differ"):
        resolve_study(study(big={"batch": 8}, other={"batch": 4}), TASKS)
    same = {"big": {"batch": 8}, "other": {"batch": 8}}
    own = {"big": {"batch": 8}, "other": {"batch": 4}, "small": {}}
    for agreed in (same, own):
        resolve_study(study(**agreed), TASKS)
