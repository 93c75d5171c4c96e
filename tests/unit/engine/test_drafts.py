"""Drafts of downloads: what a kill leaves is found again, counted and collected; one in progress is left alone."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from xstilts.engine.drafts import draft, draft_folders
from xstilts.engine.store import Store, Usage


def killed_after_writing(folder: Path, purpose: str, size: int) -> None:
    """Let a process write so much of a draft, and end it so that it cleans nothing up."""
    if (child := os.fork()) == 0:
        try:
            with draft(folder, purpose) as home:
                (home / "part").write_bytes(b"x" * size)
                os._exit(9)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_draft_begins_empty_and_is_gone_however_it_ends(tmp_path: Path) -> None:
    for _ in range(2):
        with draft(tmp_path / "data", "a") as home:
            assert list(home.iterdir()) == []
            (home / "file").write_text("x")
        with pytest.raises(KeyboardInterrupt), draft(tmp_path / "data", "a") as home:
            (home / "file").write_text("x")
            raise KeyboardInterrupt
    assert list((tmp_path / "data").iterdir()) == []


def test_one_that_goes_on_keeps_what_failed_attempts_left(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), draft(tmp_path / "data", "a", resumed=True) as home:
        (home / "first").write_text("x")
        raise RuntimeError
    with draft(tmp_path / "data", "a", resumed=True) as home:
        assert (home / "first").exists()
    assert list((tmp_path / "data").iterdir()) == []


def test_three_kills_leave_one_draft_that_is_counted_and_collected(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    for _ in range(3):
        killed_after_writing(tmp_path / "data", "a", 1000)
    killed_after_writing(tmp_path / "encoders", "a", 10)
    assert store.du() == {"(unfinished downloads)": Usage(2, 1010)}
    assert store.gc(keep=(), dry_run=True) == 1010 and len(draft_folders(tmp_path)) == 2
    assert store.gc(keep=()) == 1010
    assert store.du() == {} and draft_folders(tmp_path) == []


def test_gc_leaves_a_download_in_progress(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    with draft(tmp_path / "data", "a") as home:
        (home / "part").write_bytes(b"x" * 10)
        assert store.gc(keep=()) == 0 and (home / "part").exists()
        assert store.du()["(unfinished downloads)"].bytes == 10


def test_the_second_that_wants_the_same_waits_and_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    told, order = threading.Event(), []

    def second() -> None:
        with draft(tmp_path / "data", "a", lambda text: (said.append(text), told.set())):
            order.append("second")

    with draft(tmp_path / "data", "b"), draft(tmp_path / "data", "a"):
        (thread := threading.Thread(target=second)).start()
        assert told.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"] and said == ["waiting for another process that is at a"]


@pytest.mark.parametrize("resumed", [True, False])
def test_a_draft_that_is_a_link_is_left_behind_where_it_points(tmp_path: Path, resumed: bool) -> None:
    with draft(tmp_path / "data", "a") as place:
        pass
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "mine").write_text("x")
    place.symlink_to(elsewhere)
    with draft(tmp_path / "data", "a", resumed=resumed) as home:
        assert list(home.iterdir()) == []
    assert (elsewhere / "mine").exists()
    place.symlink_to(elsewhere)
    (tmp_path / "store").mkdir()
    (tmp_path / "data").rename(tmp_path / "store" / "data")
    Store(tmp_path / "store").gc(keep=())
    assert (elsewhere / "mine").exists() and not draft_folders(tmp_path / "store")
