from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.canonical import fingerprint
from xstilts.engine.step import Context, Step


@dataclass(frozen=True, kw_only=True)
class Settings:
    lr: float
    tasks: tuple[str, ...]
    workers: int = field(default=1, metadata={"identity": False})


def call(settings: Any, context: Context, *, place: Path | None = None) -> None: ...


def other(settings: Any, context: Context) -> None: ...


def step(name: str = "train", version: int = 1, settings: Any = None, **more: Any) -> Step:
    return Step(name=name, version=version, settings=settings, **{"call": call, **more})


def test_golden_identities() -> None:
    # A change here orphans every artefact in every store: it must be meant, and said in the release notes.
    below = step("prepare", 2, {"files": ["ab", "cd"], "max_length": 256})
    above = step("train", 1, Settings(lr=1e-5, tasks=("mnli",)), inputs={"mnli": below})
    assert below.key == "prepare-f549b0e7b2dfedb83617"
    assert above.key == "train-276ea6daa694af30a206"


def test_name_version_settings_and_inputs_are_identity() -> None:
    below = step("prepare", settings=1)
    base = step(settings={"lr": 1}, inputs={"data": below})
    changed = [
        step("tune", settings={"lr": 1}, inputs={"data": below}),
        step(version=2, settings={"lr": 1}, inputs={"data": below}),
        step(settings={"lr": 2}, inputs={"data": below}),
        step(settings={"lr": 1}, inputs={"data": step("prepare", settings=2)}),
        step(settings={"lr": 1}, inputs={"text": below}),
        step(settings={"lr": 1}),
    ]
    assert len({base.id, *(one.id for one in changed)}) == 7


def test_execution_is_no_identity() -> None:
    base = step(settings=Settings(lr=0.1, tasks=("a",)))
    for same in (
        step(settings=Settings(lr=0.1, tasks=("a",), workers=9)),
        step(settings=base.settings, call=partial(call, place=Path("/elsewhere"))),
        step(settings=base.settings, call=other),
        step(settings=base.settings, label="for people", needs=("weights",), about={"task": "x"}, compute=True),
    ):
        assert same == base and hash(same) == hash(base) and same.key == base.key


@given(st.permutations(["a", "b", "c", "d"]), st.randoms(use_true_random=False))
def test_the_order_of_inputs_and_settings_does_not_matter(order: list[str], rng: random.Random) -> None:
    inputs = {name: step(settings=name) for name in order}
    settings = {name: rng.random() for name in "abcd"}
    again = {name: settings[name] for name in order}
    assert step(settings=again, inputs=inputs).id == step(settings=settings, inputs=dict(sorted(inputs.items()))).id


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=5), st.text(min_size=1, max_size=5))
def test_an_identity_is_the_fingerprint_of_the_whole_step(inputs: dict[str, int], name: str) -> None:
    settings = Settings(lr=0.1, tasks=("a", "é"))
    below = {key: step("prepare", settings=value) for key, value in inputs.items()}
    whole = {"step": name, "version": 1, "settings": settings, "inputs": {key: one.id for key, one in below.items()}}
    assert step(name, settings=settings, inputs=below).id == fingerprint(whole, length=20)


def test_settings_without_a_stable_form_raise() -> None:
    with pytest.raises(TypeError, match="Path has no stable identity"):
        _ = step(settings={"file": Path("a")}).id
