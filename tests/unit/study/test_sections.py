"""Sections made of settings: keys, bounds and defaults are declared once."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from xstilts.core.errors import StudyError
from xstilts.core.settings.merging import Arithmetic, Average, Ties
from xstilts.core.settings.sampling import Sampling
from xstilts.core.settings.training import Recipe
from xstilts.core.settings.tuning import LoRA, Prompt
from xstilts.study.arms import ArmSpec
from xstilts.study.load import parse_study
from xstilts.study.training_numbers import TrainNumbers
from xstilts.study.tune import WAYS, TuneSpec, tuning

ARM = {"strategy": "sequential", "through": ["a"]}


def refusal(**keys: Any) -> StudyError:
    """What a study with these keys in its only arm is told."""
    with pytest.raises(StudyError) as refused:
        parse_study({"question": "?", "encoder": "e", "targets": ["t"], "arms": {"x": ARM | keys}})
    return refused.value


def test_every_number_of_a_recipe_is_a_key_of_train():
    assert {spec.name for spec in fields(Recipe)} - {"precision"} == set(TrainNumbers.model_fields) - {"max_length"}
    assert all(getattr(TrainNumbers(), key) is None for key in TrainNumbers.model_fields)


def test_settings_without_layers_to_hide_are_the_section_itself():
    arm = ArmSpec.model_validate(ARM | {"sampling": {"temperature": 2}})
    assert arm.sampling == Sampling(temperature=2.0)
    assert ArmSpec.model_validate(ARM | {"sampling": "uniform"}).sampling == Sampling(uniform=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_tune_has_the_defaults_of_its_settings(way: str):
    assert tuning(TuneSpec.model_validate({way: {}})) == WAYS[way].settings()


def test_where_layers_begin_is_said_beside_the_way_and_not_within_it():
    spec = TuneSpec.model_validate({"lora": {"rank": 4}, "from_layer": 3})
    assert tuning(spec) == LoRA(rank=4, from_layer=3)
    error = refusal(tune={"lora": {"from_layer": 3}})
    assert error.what == "Unknown key 'from_layer'." and "rank" in list(error.allowed or ())


@pytest.mark.parametrize(
    ("keys", "what", "where"),
    [
        ({"sampling": {"temprature": 2}}, "Unknown key 'temprature'.", "study: arms.x.sampling.temprature"),
        ({"sampling": {"cap": 0}}, "'cap' must be a whole number, at least 1, not 0.", "study: arms.x.sampling.cap"),
        ({"tune": {"lora": {"rnk": 2}}}, "Unknown key 'rnk'.", "study: arms.x.tune.lora.rnk"),
        (
            {"train": {"warmup": 2}},
            "'warmup' must be a number, at least 0 and at most 1, not 2.",
            "study: arms.x.train.warmup",
        ),
    ],
)
def test_what_is_wrong_is_said_as_for_any_other_key(keys: dict[str, Any], what: str, where: str):
    error = refusal(**keys)
    assert error.what == what and error.where == where


def test_an_unknown_key_of_settings_is_told_the_valid_ones():
    error = refusal(sampling={"temprature": 2})
    assert list(error.allowed or ()) == ["temperature", "cap", "uniform"]
    join = {"strategy": "compose", "through": ["a", "b"], "join": {"ties": {"densty": 0.5}}}
    assert list(refusal(**join).allowed or ()) == ["density", "scale"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Average(weights=(1.0, -1.0)),
        lambda: Ties(density=0.0),
        lambda: Arithmetic(scale="much"),  # type: ignore[arg-type]
        lambda: Prompt(length=0),
        lambda: Recipe(lr=0.0),
    ],
)
def test_bounds_hold_in_python_as_well(make: Any):
    with pytest.raises(ValueError):
        make()
