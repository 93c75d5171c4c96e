"""A snapshot of a store says what the store says, as it was at the first look."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.engine import store_snapshot
from xstilts.engine.backends.inline import Inline
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store
from xstilts.engine.store_snapshot import StoreSnapshot


def write(settings: int, context: Context) -> None:
    (context.out / "text").write_text(str(settings))


def step(number: int) -> Step:
    return Step(name="noop", version=1, settings=number, call=write)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    execute([step(1), step(2)], store, backend=Inline())
    return store


def test_it_says_what_the_store_says(store: Store):
    snapshot = StoreSnapshot(store.root)
    for number in (1, 2, 3):
        assert snapshot.is_done(step(number)) == store.is_done(step(number))
        assert snapshot.is_whole(step(number)) == store.is_whole(step(number))
        assert snapshot.record(step(number)) == store.record(step(number))
    assert list(snapshot.records("noop")) == list(store.records("noop"))
    assert list(snapshot.records("no")) == []


def test_what_is_made_later_is_not_seen(store: Store):
    snapshot = StoreSnapshot(store.root)
    assert not snapshot.is_done(step(3))
    execute([step(3)], store, backend=Inline())
    assert not snapshot.is_done(step(3))
    assert StoreSnapshot(store.root).is_done(step(3))


def test_a_marker_that_is_damaged_is_none(store: Store):
    (store.path(step(1)) / "done.json").write_text("{")
    assert not StoreSnapshot(store.root).is_done(step(1))


def test_each_marker_is_read_once_and_none_of_steps_that_are_not_there(store: Store, monkeypatch: pytest.MonkeyPatch):
    read = []
    monkeypatch.setattr(store_snapshot, "read_record", lambda folder, key: read.append(key))
    snapshot = StoreSnapshot(store.root)
    for _ in range(3):
        for number in range(100):
            snapshot.is_done(step(number))
    assert sorted(read) == sorted([step(1).key, step(2).key])


def test_a_store_that_is_not_there_has_nothing(tmp_path: Path):
    assert not StoreSnapshot(tmp_path / "none").is_done(step(1))
