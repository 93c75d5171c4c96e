from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.core.errors import StudyError
from xstilts.pipeline.results import contrasts
from xstilts.study.contrast_weights import in_points
from xstilts.study.load import load_study
from xstilts.study.schema import Study


def test_weights_are_scaled_to_a_difference_in_points() -> None:
    weights = in_points("several over one", {"shared": 3, "nli": -1, "qa": -1, "completion": -1})
    assert weights == pytest.approx({"shared": 1.0, "nli": -1 / 3, "qa": -1 / 3, "completion": -1 / 3})
    assert in_points("both", {"a": 1, "b": -1, "c": 0}) == {"a": 1.0, "b": -1.0}


@given(some.dictionaries(some.sampled_from("abcdef"), some.integers(-9, 9), min_size=2))
def test_scaled_weights_sum_to_one_and_minus_one(weights: dict[str, int]) -> None:
    balanced = {**weights, "rest": -sum(weights.values())}
    if not any(balanced.values()):
        return
    scaled = in_points("x", balanced).values()
    assert sum(w for w in scaled if w > 0) == pytest.approx(1.0)
    assert sum(w for w in scaled if w < 0) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"a": 1.0, "b": -0.5}, "sum to zero"),
        ({"a": 0.0, "b": 0.0}, "weight above zero"),
        ({"a": float("nan"), "b": -1.0}, "must be numbers"),
        ({"a": float("inf"), "b": float("-inf")}, "must be numbers"),
    ],
)
def test_weights_that_compare_nothing_are_refused_with_their_contrast(weights: dict[str, float], said: str) -> None:
    with pytest.raises(StudyError, match=said) as caught:
        in_points("odd", weights)
    assert "contrasts.odd" in str(caught.value)


def test_packaged_contrasts_are_differences_in_points() -> None:
    for name in ("adapters", "phang2020", "syntax_srl"):
        for spec in contrasts(load_study(name)):
            assert sum(w for w in spec.weights.values() if w > 0) == pytest.approx(1.0), spec.name


def test_a_contrast_named_twice_is_one() -> None:
    arms = {"none": {"strategy": "direct"}, "nli": {"strategy": "sequential", "through": ["mnli"]}}
    named = {"mine": {"nli": 2, "none": -2}, "again": {"none": -1, "nli": 1}}
    study = Study.model_validate(
        {"question": "?", "encoder": "tiny-e5", "arms": arms, "targets": ["xnli"], "contrasts": named}
    )
    (only,) = contrasts(study)
    assert (only.name, dict(only.weights)) == ("again", {"nli": 1.0, "none": -1.0})
    assert only.title == "nli over none"
