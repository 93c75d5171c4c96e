from __future__ import annotations

import enum
import json
import random
import subprocess
import sys
from dataclasses import dataclass, field, fields, make_dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.canonical import canonical, canonical_json, fingerprint, identity_name
from xstilts.core.settings.training import Recipe
from xstilts.data.readers.delimited import Tsv

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    n: int = 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    rate: float
    inner: Inner = Inner()
    workers: int = field(default=1, metadata={"identity": False})
    extra: int = field(default=0, metadata={"omit_default": True})


@dataclass
class Mutable:
    n: int = 1


def _shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: _shuffled(item, rng) for key, item in items}
    return [_shuffled(item, rng) for item in value] if isinstance(value, list) else value


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_written_is_no_identity(value: Any, rng: random.Random) -> None:
    assert canonical_json(_shuffled(value, rng)) == canonical_json(value)


@given(VALUES, st.integers(0, 1) | st.floats(0, 1))
def test_the_text_is_that_of_the_form_however_often_it_is_asked_for(value: Any, rate: float) -> None:
    settings = Settings(rate=rate, extra=1)
    for whole in (value, [settings, {"of": settings, "é": (Colour.RED, {repr(value)})}], settings):
        text = json.dumps(canonical(whole), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert canonical_json(whole) == canonical_json(whole) == text


@given(VALUES)
def test_it_is_stable_under_itself(value: Any) -> None:
    assert canonical(canonical(value)) == canonical(value)


@given(st.sets(st.integers() | st.text(max_size=3), max_size=6), st.randoms(use_true_random=False))
def test_sets_have_no_order(items: set[Any], rng: random.Random) -> None:
    listed = list(items)
    rng.shuffle(listed)
    assert canonical(set(listed)) == canonical(frozenset(items))


def test_order_of_a_list_is_identity_and_tuples_are_lists() -> None:
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    assert fingerprint((1, 2)) == fingerprint([1, 2])


def test_dataclasses_keep_their_name_and_leave_out_execution_and_new_defaults() -> None:
    inner = {"!": f"{__name__}.Inner", "n": 1}
    assert canonical(Settings(rate=0.5)) == {"!": f"{__name__}.Settings", "rate": 0.5, "inner": inner}
    assert fingerprint(Settings(rate=0.5, workers=8)) == fingerprint(Settings(rate=0.5))
    assert fingerprint(Settings(rate=0.5, extra=3)) != fingerprint(Settings(rate=0.5))
    assert canonical(Colour.RED) == "red"


def test_a_foreign_reader_of_the_same_name_and_fields_is_another_one() -> None:
    ours = Tsv()
    foreign = make_dataclass("Tsv", [(f.name, Any) for f in fields(ours)], frozen=True)
    theirs = foreign(**{f.name: getattr(ours, f.name) for f in fields(ours)})
    assert canonical(ours)["!"] == "Tsv"
    assert fingerprint(theirs) != fingerprint(ours)


def test_a_declared_name_outlives_a_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Renamed:
        identity_name: ClassVar[str] = "Old"
        new: int = field(default=1, metadata={"identity_name": "old"})

    @dataclass(frozen=True)
    class Heir(Renamed):
        pass

    for cls in (Renamed, Heir):
        monkeypatch.setattr(cls, "__module__", "xstilts.somewhere")
    assert canonical(Renamed()) == {"!": "Old", "old": 1}
    assert identity_name(Heir) == "Heir"  # a name is declared for one class


@pytest.mark.parametrize("value", [print, Path("a"), object(), Mutable(), b"bytes", {1: 2}])
def test_what_has_no_stable_form_raises_and_names_the_place(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^settings\.a\[0\]"):
        canonical({"a": [value]})


def test_a_recipe_hashes_all_but_the_size_of_a_forward_pass() -> None:
    assert fingerprint(Recipe(updates=5)) == fingerprint(Recipe(updates=5, forward_tokens=64))
    for change in ({"lr": 2e-5}, {"batch": 16}, {"dropout": 0.0}, {"precision": "bf16"}, {"patience": 3}):
        assert fingerprint(Recipe(updates=5, **change)) != fingerprint(Recipe(updates=5))


def test_golden_fingerprints() -> None:
    # A change here orphans every artefact in every store: it must be meant, and said in the release notes.
    assert fingerprint({"b": (1, 2.5), "a": None, "é": True}) == "54babb80e997151e"
    assert fingerprint(Recipe(updates=5)) == "558f81dd8fd0b0f4"
    assert len(fingerprint(1, length=20)) == 20


def test_another_process_with_another_hash_seed_agrees() -> None:
    code = "from xstilts.core.canonical import fingerprint; print(fingerprint({'s': {'b', 'a', 'c'}, 'n': [1, 2.0]}))"
    answers = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True,
                       check=True).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert answers == {fingerprint({"s": {"b", "a", "c"}, "n": [1, 2.0]})}
