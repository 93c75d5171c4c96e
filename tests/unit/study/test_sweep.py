"""A list among the settings of a target: one target, scored with each value; which is its score is settled before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_toys import ENCODER, catalog, everywhere, located, retrieval, trained

from xstilts.core.errors import StudyError
from xstilts.kinds.catalog import KINDS
from xstilts.kinds.retrieval import Retrieval
from xstilts.study.encoder_depth import at_depth
from xstilts.study.expand import Route, expand, phases, sharing
from xstilts.study.kind_settings import REPORTED, checked_settings, setting_names
from xstilts.study.load import dump_study, parse_study
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import Sweep, find_sweeps
from xstilts.tasks.catalog import TASKS as PACKAGED

TASKS = catalog(trained("t"), trained("a"), retrieval("r"))
LAYERS = st.lists(st.sampled_from([None, *range(-1, 13)]), min_size=1, max_size=6, unique=True)


def study(**more: object) -> Study:
    arms = {"none": {"strategy": "direct"}, "a": {"strategy": "sequential", "through": ["a"]}}
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": ["t", "r"], **more})


def sweep(settings: dict[str, Any]) -> Sweep:
    return find_sweeps(study(settings={"r": settings}), TASKS)["r"]


def routes(made: Study, tasks: Any = TASKS) -> list[Route]:
    return list(expand(located(made, tasks, everywhere), ENCODER, "fp32"))


def test_a_swept_target_is_one_target_and_nothing_is_trained_twice() -> None:
    made = study(settings={"r": {"layer": [0, 2], "k": 3}}, train={"tasks": {"r": {"max_length": 64}}})
    chosen = located(made, TASKS, everywhere)
    assert tuple(chosen.targets) == made.targets == ("t", "r")
    assert [point.values for point in chosen.sweeps["r"].others] == [(("layer", 0),), (("layer", 2),)]
    assert chosen.targets["r"].kind == Retrieval(k=3), (
        "without `reported` it is the task's own value, as without a list"
    )
    plain = study(settings={"r": {"k": 3}})
    swept = [route for route in routes(made) if route.target == "r"]
    assert [len(route.swept) for route in swept] == [2, 2]
    assert all(end == route.end for route in swept for _, end in route.swept)
    assert sharing(routes(made)) == sharing(routes(plain))
    assert [route.end for route in routes(made)] == [route.end for route in routes(plain)]


def test_the_reported_value_is_the_stated_one_else_the_task_s_own() -> None:
    stated = sweep({"layer": [0, 7, 12], "reported": {"layer": 12}})
    assert stated.reported.values == (("layer", 12),) and len(stated.points) == 3
    assert stated.note == "scored with layer 12, as the study says; swept beside it: layer 0; layer 7"
    own = sweep({"layer": [0, 7, 12]})
    assert own.reported.kind == Retrieval() and len(own.points) == 4
    two = sweep({"layer": [0, 7], "k": [2, 4], "reported": {"layer": 7}})
    assert dict(two.reported.values) == {"layer": 7, "k": 4}, "what is not stated is the task's own"
    assert [point.title for point in two.points] == ["layer 0, k 2", "layer 0, k 4", "layer 7, k 2", "layer 7, k 4"]
    single = located(study(settings={"r": {"layer": [3]}}), TASKS, everywhere)
    assert not single.sweeps and single.targets["r"].kind.layer == 3, "a list of one value is that value"


def test_layers_are_numbers_of_the_encoder_each_once() -> None:
    made = study(settings={"r": {"layer": [12, 0, 8, -1]}})
    found = at_depth(located(made, TASKS, everywhere), 12)
    assert [point.values for point in found.sweeps["r"].points] == [(("layer", n),) for n in (0, 8, 12)]
    assert found.targets["r"].kind.layer == 8, "XTREME's of 12 blocks"
    assert found.notes["r"] == ("scored with layer 8, the task's own value; swept beside it: layer 0; layer 12",)
    same = at_depth(located(study(settings={"r": {"layer": [8]}}), TASKS, everywhere), 12)
    assert not same.sweeps and "r" not in same.notes
    unknown = at_depth(located(made, TASKS, everywhere), None)
    assert len(unknown.sweeps["r"].points) == 5 and "layer null" in unknown.notes["r"][0]


@given(layers=LAYERS, depth=st.integers(12, 24))
def test_the_reported_layer_does_not_depend_on_what_else_is_swept(layers: list[int | None], depth: int) -> None:
    """Not on the order of the list either; only a single value is a choice."""
    if len(layers) == 1:
        return
    here, there = (sweep({"layer": order}).at_depth(depth) for order in (layers, layers[::-1]))
    assert here == there and here.reported in here.points
    assert here.reported.kind.layer == Retrieval().at_depth(depth).layer
    assert len({point.values for point in here.points}) == len(here.points)
    kinds = here.one_pass(here.reported.kind)
    assert kinds == tuple(point.kind for point in here.points) or (kinds == () and len(here.points) == 1)


@pytest.mark.parametrize(
    "settings", [{"layer": 13}, {"layer": [0, 13]}, {"layer": [0, 7, 13], "reported": {"layer": 7}}]
)
def test_a_layer_that_the_encoder_has_not_is_refused_before_anything_runs(settings: dict[str, Any]) -> None:
    chosen = located(study(settings={"r": settings}), TASKS, everywhere)
    with pytest.raises(StudyError, match=r"settings\.r\.layer: This encoder has layers 0 to 12, not 13"):
        at_depth(chosen, 12)


def test_what_is_dumped_is_a_study_again() -> None:
    import yaml

    made = study(settings={"r": {"layer": [0, 2], "reported": {"layer": 2}}})
    again = parse_study(yaml.safe_load(dump_study(made)))
    assert resolve_study(again, TASKS).sweeps == resolve_study(made, TASKS).sweeps


def test_a_setting_that_trains_is_a_training_for_each_value() -> None:
    tasks = catalog(PACKAGED["lareqa"], trained("a"))
    made = study(targets=["lareqa"], settings={"lareqa": {"pooling": ["cls", "mean"], "reported": {"pooling": "mean"}}})
    found = routes(made, tasks)
    for route in found:
        ((point, end),) = route.swept
        assert point.values == (("pooling", "cls"),)
        last, other = list(phases(route.end))[-1], list(phases(end))[-1]
        assert (last.mix[0].fit.kind.pooling, other.mix[0].fit.kind.pooling) == ("mean", "cls")
        assert route.only_swept(end) == (other,) and route.ends == (route.end, end)
    one = routes(study(targets=["lareqa"], settings={"lareqa": {"pooling": "mean"}}), tasks)
    assert [route.end for route in one] == [route.end for route in found], "the target itself is trained as without"
    assert sharing(found).trainings == sharing(one).trainings + 2
    swept = located(made, tasks, everywhere).sweeps["lareqa"]
    assert swept.one_pass(swept.reported.kind) == (), "other weights, other passes"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"a": {"layer": [1, 2]}}, "'a' is none"),
        (
            {"r": {"layer": 2, "reported": {"layer": 2}}},
            r"settings\.r\.reported: 'reported' says which value of a sweep",
        ),
        ({"r": {"layer": [0, 2], "reported": 2}}, r"one value of each swept setting\. As `reported: \{layer: 0\}`"),
        ({"r": {"layer": [0, 2], "reported": {"leyer": 2}}}, "'leyer' is not swept here. Did you mean 'layer'"),
        ({"r": {"layer": [0, 2], "reported": {"k": 2}}}, "'k' is not swept here. Allowed: layer"),
        ({"r": {"layer": [0, 2], "reported": {"layer": 3}}}, r"layer: '3' is not among .*Allowed: 0, 2"),
        ({"r": {"layer": [0, 1], "reported": {"layer": True}}}, "'True' is not among the swept values"),
        ({"r": {"method": ["nearest", "mine"]}}, r"scored in different metrics \(mining_f1, retrieval_accuracy\)"),
    ],
)
def test_what_is_no_sweep_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        find_sweeps(study(settings=settings), TASKS)


def test_a_note_is_short_and_says_whose_each_value_is() -> None:
    every = sweep({"layer": list(range(25)), "reported": {"layer": 7}})
    assert every.note == "scored with layer 7, as the study says; swept beside it: layer 0 to 6; layer 8 to 24"
    single = sweep({"layer": [3], "k": [2, 3, 9]})
    assert single.note == (
        "scored with layer 3, as the study says, and k 4, the task's own value; swept beside it: layer 3, k 2; "
        "layer 3, k 3; layer 3, k 9"
    )
    assert sweep({"layer": [0, 7], "k": [2, 4]}).note.startswith("scored with layer null, k 4, the task's own values;")
    partly = sweep({"layer": [0, 7], "k": [2, 4], "reported": {"layer": 7}})
    assert partly.note.startswith("scored with layer 7, as the study says, and k 4, the task's own value;")
    assert sweep({"layer": list(range(0, 24, 2)), "reported": {"layer": 0}}).note.endswith(
        "beside it: layer 2; layer 4; layer 6; layer 8; layer 10; 6 more"
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_no_setting_of_a_kind_has_the_name_of_what_is_reported(kind: type) -> None:
    assert REPORTED not in setting_names(kind)
    assert checked_settings(kind, {REPORTED: {"x": 1}}, "t") == {REPORTED: {"x": 1}}, "it is checked with the sweep"
