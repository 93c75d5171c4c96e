"""The page docs/add-a-tuning-mode.md, walked through: its method is a value, a layer, a key of a study."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_walk import PageWalk

TEST = "tests/unit/nn/test_scale_shift.py"


@pytest.fixture
def walk(tmp_path: Path) -> PageWalk:
    return PageWalk("add-a-tuning-mode.md", tmp_path)


def test_the_page_names_what_it_touches(walk: PageWalk):
    package = "src/xstilts"
    assert walk.named == [
        f"{package}/core/settings/tuning.py", f"{package}/nn/adapters/scale_shift.py",
        f"{package}/nn/adapters/patches.py", f"{package}/study/tune.py", "docs/studies.md", TEST,
    ]  # fmt: skip
    assert walk.files == walk.named


def test_the_method_of_the_page_passes_its_test(walk: PageWalk):
    walk.test(TEST)


def test_an_arm_of_a_study_is_tuned_by_it(walk: PageWalk):
    code = (
        "from xstilts import Study\n"
        "from xstilts.study.tune import tuning\n"
        "arm = Study.load('quickstart').arms['slots'].model_dump(exclude_unset=True)\n"
        "from xstilts.study.arms import ArmSpec\n"
        "print(tuning(ArmSpec.model_validate({**arm, 'tune': {'scale_shift': {}}}).tune))"
    )
    assert walk.python("-c", code).startswith("ScaleShift(targets=('attention', 'down')")


def test_the_key_is_described(walk: PageWalk):
    assert "\n| `scale_shift` |" in (walk.folder / "docs" / "studies.md").read_text("utf-8")
