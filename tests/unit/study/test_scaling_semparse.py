"""The packaged study of sizes: two curves of nested sets, equal updates that read every row, prompts beside them."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, everywhere, located

from xstilts.core.settings.tuning import FULL, Prefix
from xstilts.study.expand import Route, expand, phases
from xstilts.study.load import load_study
from xstilts.study.schema import Study
from xstilts.study.size_curves import size_axes
from xstilts.tasks.catalog import TASKS

SCALES = [None, "laptop", "smoke"]
FITTED = 5  # sizes that the model with most parameters needs


def opened(scale: str | None) -> tuple[Study, list[Route]]:
    study = load_study("scaling_semparse", scale).model_copy(update={"seeds": (1,)})
    found = located(study, TASKS, everywhere)
    return found.study, expand(found, ENCODER, "fp32")


@pytest.mark.parametrize("scale", SCALES)
def test_both_tasks_are_curves_over_the_same_sizes(scale: str | None) -> None:
    study, _ = opened(scale)
    curves = {axis.name: axis for axis in size_axes(study)}
    assert set(curves) == {"nli", "names"}
    assert {(axis.axis, axis.budget) for axis in curves.values()} == {("intermediate", "updates")}
    sizes = {name: tuple(axis.points.values()) for name, axis in curves.items()}
    assert sizes["nli"] == sizes["names"]
    assert scale == "smoke" or len(sizes["nli"]) >= FITTED


@pytest.mark.parametrize("scale", SCALES)
def test_equal_updates_read_every_row_of_every_size(scale: str | None) -> None:
    """A size beyond what the updates read would be another name for a smaller one."""
    study, routes = opened(scale)
    recipes = {phase.recipe for route in routes for phase in phases(route.end) if phase.role == "intermediate"}
    (read,) = {(recipe.updates or 0) * recipe.batch for recipe in recipes}
    largest = max(size for axis in size_axes(study) for size in axis.points.values() if isinstance(size, int))
    assert scale == "smoke" or largest <= read


@pytest.mark.parametrize("scale", SCALES)
def test_targets_are_tuned_alike_but_where_prompts_are(scale: str | None) -> None:
    study, routes = opened(scale)
    assert {route.target.partition("-")[0] for route in routes} >= {"xsid", "geoquery"}
    tuned: dict[str, set[object]] = {}
    rates: dict[str, set[float]] = {}
    for route in routes:
        for phase in phases(route.end):
            tuned.setdefault(route.arm, set()).add(phase.tune)
            rates.setdefault(route.arm, set()).add(phase.recipe.lr)
    prompts = {arm for arm, found in tuned.items() if found == {Prefix(length=20)}}
    assert prompts == {"prompts", "nli-prompts"}
    assert all(found == {FULL} for arm, found in tuned.items() if arm not in prompts)
    assert {arm for arm, found in rates.items() if found == {5e-3}} == prompts
    assert {arm for arm, found in rates.items() if found == {study.train.lr}} == set(tuned) - prompts


@pytest.mark.parametrize("scale", SCALES)
def test_contrasts_are_asked_where_the_arms_are(scale: str | None) -> None:
    study, _ = opened(scale)
    sizes = [size for axis in size_axes(study) if axis.name == "nli" for size in axis.points.values()]
    assert set(study.contrasts) == {
        *(f"names over NLI at {size}" for size in sizes),
        "prompts over full tuning",
        "NLI first, with prompts",
    }
    assert {arm for weights in study.contrasts.values() for arm in weights} <= set(study.arms)
