"""Sizes as an axis: one arm for each size, nested sets, what is shared, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from study_toys import ENCODER, catalog, everywhere, located, text, trained

from xstilts.core.errors import StudyError
from xstilts.core.settings.training import Recipe
from xstilts.data.source import Key
from xstilts.data.views import Subsample
from xstilts.study.expand import Route, expand, phases, sharing
from xstilts.study.load import apply_scale, dump_study, parse_study
from xstilts.study.schema import Study
from xstilts.study.size_curves import SizeAxis, base_of, size_axes
from xstilts.train.schedule import total_updates

TASKS = catalog(trained("nli"), trained("qa"), trained("pos"))
BOTH = {"intermediate": ["all", 100, 50], "target": [10, 20], "budget": "updates"}


def study(**changes: Any) -> Study:
    data = {
        "question": "q",
        "encoder": "e",
        "arms": {"none": {"strategy": "direct"}, "nli": {"strategy": "sequential", "through": ["nli"]}},
        "targets": ["pos"],
        "train": {"updates": 10},
    }
    return parse_study(data | changes)


def opened(**changes: Any) -> Study:
    return located(study(**changes), TASKS, everywhere).study


def routes(value: Study) -> list[Route]:
    return expand(located(value, TASKS, everywhere), ENCODER, "fp32")


def test_a_list_of_sizes_is_one_arm_a_size_smallest_first():
    found = opened(take={"intermediate": ["all", 500, 50], "budget": "updates"})
    assert list(found.arms) == ["none", "nli at 50", "nli at 500", "nli at all"]
    (axis,) = size_axes(found)
    assert axis == SizeAxis(
        name="nli",
        axis="intermediate",
        points={"nli at 50": 50, "nli at 500": 500, "nli at all": "all"},
        other="all",
        budget="updates",
    )


def test_each_size_takes_from_one_order_and_all_takes_everything():
    views = {
        route.arm: [view.n for phase in phases(route.end) for part in phase.mix for view in part.fit.train.views]
        for route in routes(study(take=BOTH))
    }
    assert views["nli at 50, target at 20"] == [50, 20]
    assert views["nli at all, target at 10"] == [10]
    assert views["none, target at 10"] == [10]


@given(st.sets(st.text(min_size=1), min_size=1, max_size=40), st.integers(1, 40), st.integers(1, 40))
def test_a_smaller_set_is_inside_a_larger_one(ids: set[str], one: int, other: int):
    keys = [Key(id=name, group=name) for name in sorted(ids)]
    small, large = sorted((one, other))
    chosen = set(Subsample(n=small).select(keys))
    assert chosen <= set(Subsample(n=large).select(keys))
    assert len(chosen) == min(small, len(keys))


def test_what_sizes_share_is_trained_once():
    shared = sharing(routes(study(take=BOTH)))
    assert shared.trainings == 2 + 3 + 3 * 2, "direct targets, intermediate sizes, and a target of each size after each"
    assert shared.naive == 2 + 3 * 2 * 2


def test_a_study_without_lists_is_as_it_was():
    whole = study(take={"intermediate": 50, "budget": "epochs"})
    assert located(whole, TASKS, everywhere).study is whole
    assert size_axes(whole) == ()


def test_the_study_that_is_written_down_is_the_same_study():
    first = opened(take=BOTH)
    again = parse_study(yaml.safe_load(dump_study(first)))
    assert [route.end for route in routes(again)] == [route.end for route in routes(study(take=BOTH))]
    assert size_axes(again) == size_axes(first)


def test_arms_written_one_by_one_are_a_curve():
    arms = {f"nli {n}": {"strategy": "sequential", "through": ["nli"], "take": n} for n in (5, 50)}
    (axis,) = size_axes(study(arms=arms))
    assert axis.points == {"nli 5": 5, "nli 50": 50} and axis.budget == ""


def test_an_arm_has_sizes_of_its_own():
    arms = {
        "none": {"strategy": "direct", "take_target": [3, "all"]},
        "nli": {"strategy": "sequential", "through": ["nli"], "take": 7},
    }
    found = opened(arms=arms, take={"budget": "updates"})
    assert list(found.arms) == ["none, target at 3", "none, target at all", "nli"]


def test_contrasts_are_asked_at_each_size():
    found = opened(take=BOTH, contrasts={"help": {"nli": 1, "none": -1}})
    assert len(found.contrasts) == 6
    assert found.contrasts["help at 50, target at 20"] == {"nli at 50, target at 20": 1, "none, target at 20": -1}
    only = opened(take={"intermediate": [5, 6], "budget": "updates"}, contrasts={"help": {"nli": 1, "none": -1}})
    assert only.contrasts["help at 5"] == {"nli at 5": 1, "none": -1}


def test_an_arm_is_compared_at_its_own_size_of_the_target():
    found = opened(take=BOTH)
    assert base_of(found, "nli at 50, target at 20") == "none, target at 20"
    assert base_of(found, "none, target at 20") == "none, target at 20"
    assert base_of(opened(take={"intermediate": [5, 6], "budget": "updates"}), "nli at 5") == "none"


def test_a_scale_replaces_sizes_by_one():
    scaled = study(take=BOTH, scale={"smoke": {"take": {"intermediate": 5, "target": 6}}})
    assert list(located(apply_scale(scaled, "smoke"), TASKS, everywhere).study.arms) == ["none", "nli"]


def test_matched_gives_the_target_what_a_smaller_set_leaves():
    found = opened(
        take={"intermediate": [32, 320], "budget": "matched"},
        train={"intermediate": {"epochs": 2}, "target": {"updates": 50}},
    )
    assert {name: arm.train_target.updates for name, arm in found.arms.items()} == {
        "none": 70, "nli at 32": 68, "nli at 320": 50,
    }  # fmt: skip
    assert size_axes(found)[0].name == "nli"
    updates = {route.arm: [phase.recipe.updates for phase in phases(route.end)] for route in routes(found)}
    assert updates == {"none": [70], "nli at 32": [None, 68], "nli at 320": [None, 50]}


MATCHED = {
    "take": {"intermediate": [32, 320], "budget": "matched"},
    "train": {"intermediate": {"epochs": 2, "batch": 32}, "target": {"updates": 50}},
}


def test_matched_counts_what_the_schedule_of_each_phase_will_have():
    """Rows of a mixture below the cap, and updates of texts on top, are no updates of the target."""
    arms = {
        "none": {"strategy": "direct"},
        "both": {"strategy": "multitask", "through": ["nli", "qa"], "sampling": {"cap": 100}},
        "text": {"strategy": "sequential", "through": ["nli"], "mlm": {"text": ["news"], "ratio": 0.5}},
    }
    tasks = catalog(trained("nli"), trained("qa"), trained("pos"), text("news", "de"))
    found = located(study(**MATCHED, arms=arms), tasks, everywhere).study
    recipe = Recipe(epochs=2, batch=32)
    before = {
        "none": 0,
        "both at 32": total_updates(recipe, [32, 32], cap=100),
        "both at 320": total_updates(recipe, [320, 320], cap=100),
        "text at 32": 3,
        "text at 320": 30,
    }
    assert before["both at 320"] == 13, "100 of each, twice"
    assert {name: arm.train_target.updates for name, arm in found.arms.items()} == {
        name: 50 + 30 - updates for name, updates in before.items()
    }


def test_matched_reads_the_numbers_that_the_trainings_have():
    """Those of a stand-in, by its name; of a target whose rows are a stand-in's, by the target's."""
    train = {**MATCHED["train"], "tasks": {"qa": {"epochs": 4}}}
    given = study(take=MATCHED["take"], train=train, substitute={"nli": "qa", "pos": "nli"})
    lengths = {
        route.arm: [phase.recipe.updates or phase.recipe.epochs for phase in phases(route.end)]
        for route in routes(given)
    }
    assert lengths == {"none": [90], "nli at 32": [4, 86], "nli at 320": [4, 50]}
    unequal = {**train, "tasks": {"pos": {"epochs": 3}}}
    with pytest.raises(StudyError, match="one number of updates"):
        opened(take=MATCHED["take"], train=unequal, substitute={"pos": "nli"})


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"take": {"intermediate": [5]}}, ["take.intermediate", "two or more"]),
        ({"take": {"intermediate": []}}, ["take.intermediate", "two or more"]),
        ({"take": {"intermediate": [5, 5]}}, ["take.intermediate[1]", "'5' stands here twice"]),
        ({"take": {"intermediate": [5, "many"]}}, ["take.intermediate[1]", "'many' is no size", "`all`"]),
        ({"take": {"intermediate": [5, 0]}}, ["take.intermediate[1]", "'0' is no size"]),
        ({"take": {"intermediate": [5, 1.5]}}, ["take.intermediate[1]", "'1.5' is no size"]),
        ({"take": {"intermediate": [5, True]}}, ["take.intermediate", "whole number"]),
        ({"take": {"target": "most"}}, ["take.target", "whole number", "'most'"]),
        ({"take": {"intermediate": [5, 6]}}, ["take.budget", "`updates`", "`epochs`", "`matched`"]),
        ({"take": {"intermediate": [5, 6], "budget": "updats"}}, ["take.budget", "Did you mean 'updates'?"]),
        ({"take": {"intermediate": [5, 6], "budget": "epochs"}}, ["take.budget", "given in epochs", "updates: 10"]),
        ({"take": {"target": [5, 6], "budget": "epochs"}}, ["target phase of 'none'", "train.target.epochs"]),
        ({"take": {"target": [5, 6], "budget": "matched"}}, ["take.budget", "'matched' is about sizes of inter"]),
        (
            {"take": {"intermediate": [5, "all"], "budget": "matched"},
             "train": {"intermediate": {"epochs": 1}, "target": {"updates": 3}}},
            ["'matched' counts updates", "`all`", "as a number"],
        ),
        (
            {**MATCHED, "arms": {"mix": {"strategy": "joint", "through": ["nli"]}}},
            ["arms.mix.strategy", "its target is mixed with others"],
        ),
        (
            {**MATCHED, "substitute": {"nli": "qa"}, "arms": {"more": {
                "strategy": "sequential", "through": ["nli"], "translated": {"languages": ["de"], "source": "files"}}}},
            ["arms.more.translated", "which rows have a translation"],
        ),
        (
            {"take": {"intermediate": [5, 6], "budget": "matched"}, "train": {"epochs": 1}},
            ["take.budget", "one number of updates", "train.target.updates"],
        ),
        (
            {"take": {"intermediate": [5, 6], "budget": "updates"}, "contrasts": {"x": {"nil": 1, "none": -1}}},
            ["contrasts.x", "no arm 'nil'", "nli at 5"],
        ),
        (
            {"take": {"intermediate": [5, 6], "budget": "updates"},
             "arms": {"nli": {"strategy": "sequential", "through": ["nli"]}, "nli at 5": {"strategy": "direct"}}},
            ["'nli at 5'", "beside the sizes of 'nli'"],
        ),
    ],
)  # fmt: skip
def test_sizes_that_cannot_be_are_refused(changes: dict[str, Any], parts: list[str]):
    with pytest.raises(StudyError) as error:
        opened(**changes)
    for part in parts:
        assert part in str(error.value)


def test_a_baseline_at_the_size_asked_for_is_the_one_that_the_study_names():
    arms = {"slow": {"strategy": "direct", "train_target": {"lr": 1e-6}}, "none": {"strategy": "direct"}}
    found = opened(arms=arms | {"nli": {"strategy": "sequential", "through": ["nli"]}}, baseline="none")
    assert base_of(found, "nli") == "none"
    sized = opened(arms=arms, baseline="none", take={"target": [10, 20], "budget": "updates"})
    assert base_of(sized, "slow, target at 10") == "none, target at 10"


def test_arms_that_train_the_target_otherwise_are_no_curve():
    through = {"strategy": "sequential", "through": ["nli"]}
    arms = {
        "nli": through | {"take": 50},
        "nli more": through | {"take": 100, "train_target": {"lr": 1e-3}},
    }
    assert size_axes(study(arms=arms)) == ()
    alike = {name: arm | {"train_target": {"lr": 1e-3}} for name, arm in arms.items()}
    assert len(size_axes(study(arms=alike))) == 1
