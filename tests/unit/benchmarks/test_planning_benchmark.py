"""The benchmark of plans: its study has the steps that it says, and arms share what they have in common."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xstilts.engine.graph import steps_of
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import Session, open_session
from xstilts.study.load import parse_study

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def planning() -> Iterator[Any]:
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("planning")
    sys.path.remove(str(SCRIPTS))
    del sys.modules["planning"]


@pytest.fixture
def session(planning: Any, tmp_path: Path) -> Session:
    return open_session(parse_study({**planning.study(5), "name": "large"}), Options(store=tmp_path), planning=True)


def test_each_arm_trains_predicts_and_scores_everything_by_itself(session: Session):
    kinds = Counter(step.name for step in steps_of(session.goals))
    # 3 seeds × (5 arms × 6 trainings of targets + 4 intermediate ones): XQuAD and MLQA share theirs, and retrieval has
    # none; by the encoder alone it has no seed either
    assert kinds["train"] == 3 * (5 * 6 + 4)
    assert kinds["predict"] == kinds["score"] == 3 * 5 * 9 - 2 * 2


def test_settings_that_arms_share_are_one_object_that_is_hashed_once(session: Session):
    steps = steps_of(session.goals)
    predictions = {(id(step.settings), step.about["task"]) for step in steps if step.name == "predict"}
    assert len(predictions) == 9 + 2  # one a target, and one more for what the encoder alone retrieves
    assert len({id(step.settings) for step in steps if step.name == "score"}) == 9
    parts = {id(part) for step in steps if step.name == "train" for part in step.settings.parts}
    assert len(parts) == 6 + 4
