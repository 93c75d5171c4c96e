"""A strategy is a value: one line in a table makes it a word of study files."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, catalog, everywhere, located, trained

from xstilts.core.errors import StudyError
from xstilts.study import strategies
from xstilts.study.expand import expand, route_name
from xstilts.study.load import parse_study
from xstilts.study.phase import Start
from xstilts.study.schema import Study

TASKS = catalog(trained("a"), trained("b"), trained("t"))


def backwards(parts: strategies.RouteParts) -> Start:
    """The stages from the last to the first, then the target."""
    start = parts.start
    for stage in reversed(parts.stages):
        start = parts.build(start, stage, "intermediate")
    return parts.finish(start)


def two_stages(arm) -> None:
    if len(arm.through) != 2:
        raise ValueError("strategy 'backwards' needs two stages")


def study(through: list[str]) -> Study:
    arms = {"x": {"strategy": "backwards", "through": through}}
    return parse_study({"question": "?", "encoder": "e", "arms": arms, "targets": ["t"]})


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = strategies.Strategy(name="backwards", run=backwards, is_chain=True, checks=(two_stages,))
    monkeypatch.setattr(strategies, "STRATEGIES", (*strategies.STRATEGIES, strategy))


def test_a_strategy_in_the_table_is_a_word_of_study_files(toy: None) -> None:
    (route,) = expand(located(study(["a", "b"]), TASKS, everywhere), ENCODER, "fp32")
    assert route_name(route.end) == "b → a → t"


def test_its_checks_are_made_when_the_file_is_read(toy: None) -> None:
    with pytest.raises(StudyError, match="needs two stages"):
        study(["a"])
    with pytest.raises(StudyError, match="'backwards' needs 'through'"):
        study([])


def test_a_word_that_is_not_in_the_table_is_refused_with_those_that_are() -> None:
    with pytest.raises(StudyError) as refused:
        study(["a", "b"])
    assert refused.value.allowed is not None and list(refused.value.allowed) == strategies.strategy_names()
