"""A list among the settings of a target makes targets of it; what they train is shared."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, catalog, everywhere, located, retrieval, trained

from xstilts.core.errors import StudyError
from xstilts.study.expand import expand
from xstilts.study.load import dump_study, parse_study
from xstilts.study.resolve import check_names
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import add_sweep_variants, expand_sweeps

TASKS = catalog(trained("t"), trained("a"), retrieval("r"))


def study(**more: object) -> Study:
    arms = {"none": {"strategy": "direct"}, "a": {"strategy": "sequential", "through": ["a"]}}
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": ["t", "r"], **more})


def test_every_value_is_a_target_and_nothing_is_trained_twice() -> None:
    made = expand_sweeps(study(settings={"r": {"layer": [0, 2], "k": 3}}, train={"tasks": {"r": {"max_length": 64}}}))
    assert made.targets == ("t", "r@layer=0", "r@layer=2")
    tasks = add_sweep_variants(made, TASKS)
    check_names(made, tasks)
    chosen = located(made, tasks, everywhere)
    assert [(chosen.targets[n].kind.layer, chosen.targets[n].kind.k) for n in made.targets[1:]] == [(0, 3), (2, 3)]
    ends = {route.end for route in expand(chosen, ENCODER, "fp32") if route.target != "t"}
    assert len(ends) == 2


def test_what_is_written_out_is_a_study_again() -> None:
    import yaml

    made = expand_sweeps(study(settings={"r": {"layer": [0, 2]}}))
    again = parse_study(yaml.safe_load(dump_study(made)))
    assert expand_sweeps(again) == again
    assert again.targets == made.targets


def test_without_lists_a_study_stays_as_it_is() -> None:
    made = study(settings={"r": {"layer": 2}})
    assert expand_sweeps(made) is made


def test_a_sweep_of_what_is_no_target_is_refused() -> None:
    with pytest.raises(StudyError, match="'a' is none"):
        expand_sweeps(study(settings={"a": {"layer": [1, 2]}}))


def test_an_unknown_task_under_another_name_is_refused() -> None:
    made = study(targets=["tt@layer=2"])
    with pytest.raises(StudyError, match="no task 'tt@layer=2'"):
        check_names(made, add_sweep_variants(made, TASKS))
