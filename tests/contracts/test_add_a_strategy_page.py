"""The page docs/add-a-strategy.md, walked through: a study may ask for its strategy, and shares trainings with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_walk import PageWalk

TEST = "tests/unit/study/test_cumulative.py"
PLAN = """
from xstilts import Study, plan

study = Study.load("quickstart")
through = ["snips-slots", "udpos"]
arms = {
    "none": study.arms["none"],
    "chain": {"strategy": "sequential", "through": through},
    "replay": {"strategy": "cumulative", "through": through},
}
changes = {"arms": arms, "targets": ["tatoeba"], "languages": ["de"]}
changed = Study.model_validate({**study.model_dump(exclude_unset=True), **changes})
planned = plan(changed)
sharing = planned.forecast.sharing
print(sharing.trainings, sharing.naive, len(study.seeds))
"""


@pytest.fixture
def walk(tmp_path: Path) -> PageWalk:
    return PageWalk("add-a-strategy.md", tmp_path)


def test_the_page_names_what_it_touches(walk: PageWalk):
    assert walk.named == walk.files == ["src/xstilts/study/strategies.py", "docs/studies.md", TEST]


def test_the_strategy_of_the_page_passes_its_test(walk: PageWalk):
    walk.test(TEST)


def test_its_first_phase_is_shared_with_a_sequential_arm(walk: PageWalk):
    trainings, one_by_one, seeds = map(int, walk.python("-c", PLAN).split())
    assert (trainings, one_by_one) == (3 * seeds, 4 * seeds)


def test_a_name_that_is_no_strategy_is_answered_with_it_too(walk: PageWalk):
    code = (
        "from xstilts.study.arms import ArmSpec\n"
        "try:\n    ArmSpec.model_validate({'strategy': 'cumulativ', 'through': ['mnli']})\n"
        "except ValueError as error:\n    print(error)"
    )
    assert "'sequential', 'cumulative'" in walk.python("-c", code)
