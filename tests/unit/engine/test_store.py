from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import StoreError
from xstilts.engine.execute import Resources, Result, run_one
from xstilts.engine.leases import leased
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store, Usage

RAN: list[str] = []


def quiet(done: float, total: float, unit: str = "", text: str = "") -> None: ...


def call(settings: Any, context: Context) -> None:
    RAN.append(settings)
    (context.out / "encoder").mkdir()
    (context.out / "encoder" / "model.bin").write_bytes(b"x" * 1000)
    (context.out / "log.txt").write_text("ten bytes!")
    (context.out / "parts.json").write_text(json.dumps({"weights": ["encoder/model.bin"], "log": ["log.txt"]}))


def step(name: str, *inputs: Step, **more: Any) -> Step:
    return Step(name="train", version=1, settings=name, call=more.pop("call", call),
                inputs={below.settings: below for below in inputs}, **more)  # fmt: skip


def run(one: Step, store: Store, **more: Any) -> Result:
    return run_one(one, store, Resources(progress=quiet), **more)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    RAN.clear()
    return Store(tmp_path / "store")


A = step("a")
B = step("b", A, needs=("weights",))


def test_looking_makes_nothing(store: Store) -> None:
    assert not store.is_done(A) and not store.is_whole(A) and store.du() == {} and store.parts(A) == {}
    assert not store.root.exists()


def test_done_is_a_readable_record_of_that_very_step(store: Store) -> None:
    assert run(A, store).status == "done" and store.is_done(A)
    marker = store.path(A) / "done.json"
    good = marker.read_text()
    for spoilt in ("", "{", "[]", "null", good.replace(A.key, B.key)):
        marker.write_text(spoilt)
        assert not store.is_done(A) and not store.is_whole(A)
    marker.unlink()
    assert not store.is_done(A)
    assert run(A, store).status == "done" and store.is_done(A) and RAN == ["a", "a"]


def test_a_step_that_is_done_is_not_run_again(store: Store) -> None:
    run(A, store)
    assert run(A, store) == Result("reused") and RAN == ["a"]


def test_whole_means_every_file_of_the_parts_asked_for(store: Store) -> None:
    run(A, store)
    assert store.parts(A) == {"weights": ["encoder/model.bin"], "log": ["log.txt"]}
    assert store.trim(A, "weights") == 1000
    assert not (store.path(A) / "encoder" / "model.bin").exists()
    assert store.is_done(A) and not store.is_whole(A) and not store.is_whole(A, ("weights",))
    assert store.is_whole(A, ()) and store.is_whole(A, ("log",)) and store.is_whole(A, ("a part it never had",))
    assert store.trim(A, "weights") == 0 and store.trim(A, "no such part") == 0
    (store.path(A) / "log.txt").unlink()
    assert not store.is_whole(A, ("log",))


def test_trimming_and_removing_leave_alone_what_is_in_use(store: Store) -> None:
    run(A, store)
    with store.lock(A.key, shared=True) as held:
        assert held and store.trim(A, "weights") == 0 and store.gc(keep=()) == 0
    assert store.is_whole(A)


def test_a_trimmed_step_is_run_again_and_is_whole(store: Store) -> None:
    run(A, store)
    store.trim(A, "weights")
    assert run(A, store).status == "done" and store.is_whole(A) and RAN == ["a", "a"]


def test_inputs_must_be_there_and_whole(store: Store) -> None:
    assert run(B, store) == Result("stale")
    run(A, store)
    store.trim(A, "weights")
    assert run(B, store) == Result("stale") and RAN == ["a"]


def test_a_held_step_or_a_rebuilt_input_is_busy(store: Store) -> None:
    run(A, store)
    with store.lock(B.key):
        assert run(B, store) == Result("busy")
    with store.lock(A.key):
        assert run(B, store) == Result("busy")
    with store.lock(A.key, shared=True):
        assert run(B, store).status == "done"


def test_out_is_empty_at_every_start_and_scratch_survives_a_failure(store: Store) -> None:
    def fails_once(settings: Any, context: Context) -> None:
        assert list(context.out.iterdir()) == []
        (context.out / "half").write_text("half")
        if not (context.scratch / "snapshot").exists():
            (context.scratch / "snapshot").write_text("at 50")
            raise RuntimeError("stopped at 50")
        (context.out / "text").write_text((context.scratch / "snapshot").read_text())

    one = step("once", call=fails_once)
    failed = run(one, store)
    assert failed.status == "failed" and failed.error.startswith("RuntimeError: stopped at 50 (traceback in ")
    assert run(one, store).status == "done"
    assert (store.path(one) / "text").read_text() == "at 50"
    assert not (store.root / "work" / one.key).exists()


def test_a_sealed_artefact_that_was_not_renamed_is_taken_over(store: Store) -> None:
    run(A, store)
    out = store.root / "work" / A.key / "out"
    out.parent.mkdir()
    store.path(A).rename(out)
    assert run(A, store) == Result("reused") and store.is_whole(A) and RAN == ["a"]
    assert not out.parent.exists()


def test_an_interrupt_passes_and_leaves_only_the_scratch_and_where_it_ran(store: Store) -> None:
    def interrupted(settings: Any, context: Context) -> None:
        (context.out / "half").write_text("half")
        raise KeyboardInterrupt

    one = step("stopped", call=interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(one, store)
    assert {path.name for path in (store.root / "work" / one.key).iterdir()} == {"attempt.json", "scratch"}
    with store.lock(one.key, wait=False) as held:
        assert held


def test_part_files_outside_the_artefact_are_refused(store: Store) -> None:
    run(A, store)
    for name in ("../../precious", "/etc/passwd"):
        (store.path(A) / "parts.json").write_text(json.dumps({"weights": [name]}))
        with pytest.raises(StoreError, match="lies outside the artefact"):
            store.trim(A, "weights")


def test_du_counts_by_step_name(store: Store) -> None:
    run(A, store)
    run(B, store)
    used = store.du()
    assert set(used) == {"train"} and used["train"].steps == 2 and used["train"].bytes > 2000
    (store.root / "work" / "score-1" / "scratch").mkdir(parents=True)
    (store.root / "work" / "score-1" / "scratch" / "snapshot").write_bytes(b"123")
    assert store.du()["(unfinished)"] == Usage(1, 3)


def test_what_a_kill_left_of_small_files_goes_once_nobody_can_be_writing_it(store: Store) -> None:
    run(A, store)
    drafts = [store.root / "runs" / ".r.json.0123456789ab.tmp", store.path(A) / ".done.json.0123456789ab.tmp"]
    own = store.root / "data" / ".notes.tmp"  # of someone's data
    own.parent.mkdir()
    own.touch()
    os.utime(own, (0, 0))
    for draft in drafts:
        draft.parent.mkdir(exist_ok=True)
        draft.write_bytes(b"1234")
    assert store.gc([A.key]) == 0 and all(draft.exists() for draft in drafts), "they may be renamed in a moment"
    for draft in drafts:
        os.utime(draft, (0, 0))
    assert store.gc([A.key], dry_run=True) == 8 and all(draft.exists() for draft in drafts)
    assert store.gc([A.key]) == 8 and not any(draft.exists() for draft in drafts)
    assert own.exists() and store.is_whole(A)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off_takes_nothing_away(hours: int, store: Store, monkeypatch: pytest.MonkeyPatch):
    """Locks and leases are held, not timed; what goes by its age is a day old, by a clock that may be anybody's."""
    run(A, store)
    draft = store.root / "runs" / ".r.json.0123456789ab.tmp"
    draft.parent.mkdir(exist_ok=True)
    draft.write_bytes(b"1234")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600 * hours)
    with leased(store.root, [A.key]):
        assert store.gc([]) == 0 and draft.exists() and store.is_whole(A)


def test_trimming_that_was_killed_halfway_is_done_by_the_next(store: Store) -> None:
    run(A, store)
    draft = store.path(A) / ".trimmed.json.0123.tmp"
    draft.write_text("[")
    assert store.trim(A, "weights") == 1000 and not draft.exists()


def test_gc_keeps_what_it_is_told_and_says_first(store: Store) -> None:
    run(A, store)
    run(B, store)
    (store.root / "work" / "score-1").mkdir()
    (store.root / "work" / "score-1" / "half").write_bytes(b"123")
    bytes_b = sum(path.stat().st_size for path in store.path(B).rglob("*") if path.is_file())
    assert store.gc(keep={A.key}, dry_run=True) == bytes_b + 3 and store.is_done(B)
    assert store.gc(keep={A.key}) == bytes_b + 3
    assert store.is_whole(A) and not store.path(B).exists() and list((store.root / "work").iterdir()) == []
    assert store.gc(keep={A.key}) == 0


def test_a_foreign_folder_is_refused_and_a_prepared_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(StoreError, match=r"this folder is no store: it holds 'thesis\.tex'"):
        Store(tmp_path)
    (tmp_path / "fetched" / "data").mkdir(parents=True)
    Store(tmp_path / "fetched").prepare()
    (tmp_path / "fetched" / "notes.txt").write_text("")
    Store(tmp_path / "fetched")


@pytest.mark.parametrize("marker", ['{"layout": 99}', "[]"])
def test_a_later_layout_is_refused(tmp_path: Path, marker: str) -> None:
    (tmp_path / "store.json").write_text(marker)
    with pytest.raises(StoreError, match="layout"):
        Store(tmp_path)


def test_a_file_in_the_stores_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be read"):
        Store(tmp_path / "file")
