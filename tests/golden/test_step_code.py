"""A step whose code changed has another version, or somebody looked at it and said that it writes the same.

Stores are read for as long as a version stays: what is in them must be what the code of now would write.
`XSTILTS_WRITE_GOLDENS=1 pytest tests/golden/test_step_code.py` records the code as it is; a commit that does so says
why.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import xstilts
from step_code import StepCode, code_of, complaints
from xstilts.pipeline.steps import STEP_KINDS
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.steps import PRETRAIN_STEP_KINDS

PACKAGE = Path(xstilts.__file__).parent
RECORD = Path(__file__).parent / "house" / "step-code.json"


def kinds() -> Iterator[StepKind]:
    yield from (*STEP_KINDS, *PRETRAIN_STEP_KINDS)


def current() -> dict[str, StepCode]:
    return {kind.name: StepCode(kind.version, code_of(PACKAGE, "xstilts", kind.run.__module__)) for kind in kinds()}


def recorded() -> dict[str, StepCode]:
    return {name: StepCode(**value) for name, value in json.loads(RECORD.read_text("utf-8")).items()}


def test_a_step_whose_code_changed_has_another_version():
    now = current()
    if os.environ.get("XSTILTS_WRITE_GOLDENS") == "1":
        value = {name: {"version": step.version, "code": step.code} for name, step in now.items()}
        RECORD.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")
    homes = {kind.name: f"src/{kind.run.__module__.replace('.', '/')}.py" for kind in kinds()}
    assert complaints(recorded(), now, homes) == []


def test_what_a_training_runs_is_looked_at_beyond_its_own_file():
    assert {"xstilts.pipeline.steps.train", "xstilts.train.loop"} <= current()["train"].code.keys()


STEP = '''"""Doc."""
from toy.maths import scaled

VERSION = 1
FACTOR = 2


def run(settings: int, context: str) -> int:
    """Says what it does."""
    from toy.other import late

    return helper(settings) + late(settings)  # a remark


def helper(number: int) -> int:
    return scaled(number) * FACTOR


def estimate(step):
    return 3
'''
MATHS = "def scaled(x):\n    return x * half()\n\n\ndef half():\n    return 0.5\n\n\ndef unused():\n    return 1\n"
LATE = "def late(x):\n    return x\n"


def toy_code(folder: Path, **texts: str) -> dict[str, str]:
    for name, text in {"step": STEP, "maths": MATHS, "other": LATE, **texts}.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return code_of(folder, "toy", "toy.step")


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("step", "  # a remark", ""),
        ("step", '    """Says what it does."""\n', ""),
        ("step", "(number: int) -> int", "(number)"),
        ("step", "return 3", "return 4"),
        ("step", "\n\n\ndef helper", "\ndef helper"),
        ("maths", "return 1", "return 2"),
    ],
)
def test_what_computes_nothing_of_the_step_changes_no_hash(tmp_path: Path, module: str, old: str, new: str):
    before = toy_code(tmp_path)
    text = {"step": STEP, "maths": MATHS}[module]
    assert old in text
    assert toy_code(tmp_path, **{module: text.replace(old, new)}) == before


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("step", "FACTOR = 2", "FACTOR = 3"),
        ("step", "* FACTOR", "+ FACTOR"),
        ("step", "helper(settings) + ", "helper(settings) - "),
        ("maths", "0.5", "0.25"),
        ("maths", "x * half()", "half() * x"),
        ("other", "return x", "return -x"),
    ],
)
def test_what_the_step_reaches_changes_the_hash_of_its_module_alone(tmp_path: Path, module: str, old: str, new: str):
    before = toy_code(tmp_path)
    assert list(before) == ["toy.maths", "toy.other", "toy.step"]
    text = {"step": STEP, "maths": MATHS, "other": LATE}[module]
    assert old in text
    after = toy_code(tmp_path, **{module: text.replace(old, new)})
    assert [name for name in before if before[name] != after[name]] == [f"toy.{module}"]


def test_it_is_said_which_version_is_to_be_raised_and_how_the_code_is_recorded():
    old = {"train": StepCode(3, {"a": "1", "b": "2"}), "score": StepCode(4, {"c": "3"}), "gone": StepCode(1)}
    new = {"train": StepCode(3, {"a": "1", "b": "9"}), "score": StepCode(5, {"c": "8"}), "fresh": StepCode(1)}
    homes = dict.fromkeys(("train", "score", "fresh"), "src/x.py")
    fresh, gone, score, train = complaints(old, new, homes)
    assert (
        "'train' runs other code in b, and its version is still 3" in train
        and "give it 4 (VERSION in src/x.py)" in train
    )
    assert "'score' has version 5 now, recorded is 4" in score
    assert "'fresh' is a kind of step that is new" in fresh and "'gone' is a kind of step that is gone" in gone
    assert all("XSTILTS_WRITE_GOLDENS=1" in one for one in (fresh, gone, score, train))
    assert complaints(old, old, homes) == []
