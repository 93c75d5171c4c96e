"""Two machines, each with a folder of its own, and one object store (fsspec's `file://`)."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from run_toys import backend_for, chain, goals_of, pair, runs

from xstilts.core.errors import StoreError
from xstilts.engine.backends.inline import Inline
from xstilts.engine.remote import artefacts, object_files
from xstilts.engine.remote.cached_store import CachedStore, make_cache, open_store, upload_rest
from xstilts.engine.remote.done_marker import DoneMarker, read_marker
from xstilts.engine.runner import Outcome, execute
from xstilts.engine.step import Step
from xstilts.engine.store import Store


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSTILTS_STORE_PATIENCE", "0")


class Machines:
    """Machines by name. `bucket` is the folder that they share, `log` what their steps write."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bucket, self.log = folder, folder / "bucket", folder / "log"
        self.bucket.mkdir()
        self.log.mkdir()
        self.graph = chain(self.log)

    def store(self, name: str) -> CachedStore:
        root = self.folder / name
        make_cache(root, f"file://{self.bucket}")
        store = open_store(root)
        assert isinstance(store, CachedStore)
        return store

    def run(self, name: str, goals: list[Step] | None = None, **more: Any) -> Outcome:
        with closing(Inline()) as backend:
            return execute(goals or goals_of(self.graph), self.store(name), backend=backend, **more)

    def break_off(self) -> None:
        self.bucket.rename(self.folder / "away")
        self.bucket.write_text("no folder: nothing below it can be read or written")

    def mend(self) -> None:
        self.bucket.unlink()
        (self.folder / "away").rename(self.bucket)
        for down in self.folder.glob("*/cache/not-answering"):
            down.unlink()

    def uploads(self, step: Step) -> list[Path]:
        return sorted((self.bucket / "steps" / step.key).glob("*"))


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


def test_what_one_machine_made_no_other_makes_again(machines: Machines) -> None:
    assert len(machines.run("a").done) == 7
    second = machines.run("b")
    assert (second.done, len(second.reused), set(runs(machines.log).values())) == ((), 3, {1})
    for step in goals_of(machines.graph):  # compared with their checksums, so they are here
        assert Store(machines.folder / "b").is_sound(step) and Store(machines.folder / "b").is_whole(step)


def test_only_what_is_read_is_fetched_and_weights_where_a_step_reads_them(machines: Machines) -> None:
    machines.run("a", [machines.graph["train"]])
    folder = machines.folder / "b" / "steps" / machines.graph["train"].key
    store = machines.store("b")
    assert store.is_whole(machines.graph["train"]) and not folder.exists()
    assert (store.path(machines.graph["train"]) / "text.txt").exists() and not (folder / "model.bin").exists()
    assert json.loads((folder / "trimmed.json").read_text()) == ["weights"] and store.is_whole(machines.graph["train"])
    machines.run("b", [machines.graph["predict1"]])
    assert (folder / "model.bin").read_bytes() == b"train" * 100 and runs(machines.log)["train"] == 1
    assert not (machines.folder / "b" / "steps" / machines.graph["a"].key).exists()


def test_single_files_are_had_without_the_artefact(machines: Machines) -> None:
    machines.run("a", [machines.graph["train"]])
    store = machines.store("b")
    folder = store.files(machines.graph["train"], ["text.txt", "of another version"])
    assert [path.name for path in folder.iterdir()] == ["text.txt"]
    assert list((machines.folder / "b" / "steps").glob("*")) == []
    assert store.files(machines.graph["train"], ["parts.json"]) == folder and (folder / "parts.json").exists()
    assert store.gc((), dry_run=True) and folder.exists() and store.gc(()) and not folder.exists()


def test_what_is_being_made_anew_is_read_meanwhile(machines: Machines) -> None:
    machines.run("a", [machines.graph["train"]])
    store = machines.store("b")
    with store.lock(machines.graph["train"].key):
        assert (store.path(machines.graph["train"]) / "text.txt").read_text() == "train(a())"
    assert list((machines.folder / "b" / "steps").glob("*")) == []


def test_of_two_that_made_a_step_the_first_stays_and_both_have_it(machines: Machines) -> None:
    one, two = machines.store("a"), machines.store("b")
    step = machines.graph["a"]
    for number, store in enumerate((one, two)):  # the second has looked before the first was done
        out, _ = store.begin(step)
        (out / "text.txt").write_text(f"made by {number}")
        _sealed(out, step)
    assert one.install(step) and two.install(step)
    assert (one.path(step) / "text.txt").read_text() == (two.path(step) / "text.txt").read_text() == "made by 0"
    assert len(machines.uploads(step)) == 1 and one.is_sound(step) and two.is_sound(step)


def test_two_uploads_at_the_same_moment_leave_one(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second begins while the first has its files there, and no marker yet."""
    step, stores = machines.graph["a"], [machines.store("a"), machines.store("b")]
    for number, store in enumerate(stores):
        out, _ = store.begin(step)
        (out / "text.txt").write_text(f"made by {number}")
        _sealed(out, step)
    put = object_files.ObjectFiles.upload

    def late(self: object_files.ObjectFiles, path: Path, name: str) -> None:
        put(self, path, name)
        if self is stores[0].remote.files:
            stores[1].install(step)

    monkeypatch.setattr(object_files.ObjectFiles, "upload", late)
    stores[0].install(step)
    assert [(store.path(step) / "text.txt").read_text() for store in stores] == ["made by 1"] * 2
    assert len(machines.uploads(step)) == 2  # the folder of what was thrown away is empty
    assert sum(path.is_file() for path in machines.bucket.glob("steps/*/*/*")) == 1


def test_parts_that_nobody_needs_go_there_too_and_are_made_again_on_demand(machines: Machines) -> None:
    train = machines.graph["train"]
    machines.run("a", trims={train.key: "weights"})
    assert not [*machines.bucket.rglob("model.bin")] and not machines.store("b").is_whole(train)
    assert machines.store("b").is_whole(train, ()) and machines.run("b").done == ()
    machines.run("b", [train], kept={train.key: ("weights",)})
    assert runs(machines.log)["train"] == 2 and machines.store("c").is_whole(train)
    assert (machines.store("c").path(train) / "text.txt").exists() and machines.store("c").damage(train) == ""


def test_a_damaged_upload_is_noticed_and_made_again(machines: Machines) -> None:
    a, b = pair(machines.log).values()
    machines.run("a", [a])
    [upload] = machines.uploads(a)
    (upload / "text.txt").write_text("b()")
    outcome = machines.run("b", [b])
    assert outcome.exit_code == 0 and runs(machines.log) == Counter(a=2, b=1)
    assert machines.store("c").is_sound(a) and machines.store("c").is_sound(b)


def test_a_damaged_upload_that_a_command_reads_is_mended_by_the_next_run(machines: Machines) -> None:
    a, b = pair(machines.log).values()
    machines.run("a", [a])
    (machines.uploads(a)[0] / "text.txt").unlink()
    with pytest.raises(StoreError, match=r"'text\.txt' is gone"):
        machines.store("b").files(a, ["text.txt"])
    assert not machines.store("c").is_done(a) and machines.run("c", [b]).exit_code == 0


def test_a_damaged_cache_is_fetched_again(machines: Machines) -> None:
    a, b = pair(machines.log).values()
    machines.run("a", [a])
    (machines.folder / "a" / "steps" / a.key / "text.txt").write_text("b()")
    assert machines.run("a", [b]).exit_code == 0 and runs(machines.log) == Counter(a=1, b=1)
    assert machines.store("a").is_sound(a)


def test_a_run_goes_on_without_its_object_store_and_the_next_one_uploads(machines: Machines) -> None:
    a, b = pair(machines.log).values()
    store = machines.store("a")
    store.remote.check()
    store.is_done(a)
    machines.break_off()
    with closing(Inline()) as backend:
        assert execute([b], store, backend=backend).done == (a.key, b.key)
    [said] = upload_rest(store)
    assert "does not answer" in said and str(store.root) in said
    with pytest.raises(StoreError, match="does not answer"):
        machines.store("c").is_done(a)
    machines.mend()
    assert machines.run("c", [a]).done == (a.key,)
    assert upload_rest(machines.store("a")) == [] and machines.store("d").is_sound(b)
    one, two = (machines.store(name).path(a) / "done.json" for name in ("a", "c"))
    assert one.read_text() == two.read_text()


def test_child_processes_work_with_the_same_store_and_go_on_without_it(machines: Machines) -> None:
    def run(goal: str) -> Outcome:
        with closing(backend_for("local", "chain", store, machines.log)) as backend:
            return execute([machines.graph[goal]], store, backend=backend)

    store = machines.store("a")
    assert len(run("look").done) == 3 and upload_rest(store) == []
    store = machines.store("b")
    assert run("predict1").done == (machines.graph["predict1"].key,)  # its child fetched the weights
    machines.break_off()
    assert run("predict2").done == (machines.graph["predict2"].key,)
    assert "not uploaded: " + machines.graph["predict2"].key in upload_rest(store)[0]
    machines.mend()
    assert upload_rest(store) == [] and machines.store("c").is_sound(machines.graph["predict2"])
    assert set(runs(machines.log).values()) == {1}


def test_an_upload_that_was_killed_is_invisible_sent_again_and_collected(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: object_files.ObjectFiles, name: str, content: bytes) -> bool:
        raise KeyboardInterrupt

    a = machines.graph["a"]
    with monkeypatch.context() as patch:
        patch.setattr(object_files.ObjectFiles, "create", killed)
        machines.run("a", [a])
    [half] = machines.uploads(a)
    assert not machines.store("b").is_done(a) and upload_rest(machines.store("a")) == []
    assert machines.store("b").is_done(a) and len(machines.uploads(a)) == 2
    assert machines.store("b").gc([a.key]) == 0 and half.exists()  # it may be in progress
    monkeypatch.setattr(artefacts, "YOUNG", -1.0)
    assert machines.store("b").gc([a.key], dry_run=True) == 3 and (half / "text.txt").exists()
    machines.store("b").gc([a.key])
    assert not (half / "text.txt").exists() and machines.store("c").is_sound(a)
    machines.store("c").gc([])
    assert not machines.store("d").is_done(a) and [path.name for path in machines.bucket.rglob("*.*")] == []


def test_the_least_recently_used_goes_first_and_never_what_is_read_or_not_uploaded(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [machines.graph[name] for name in ("score1", "score2", "look")]
    machines.run("a")
    monkeypatch.setenv("XSTILTS_STORE_CACHE_SIZE", "1K")
    store, reader = machines.store("b"), machines.store("b")
    place = machines.folder / "b" / "steps"
    for number, step in enumerate(steps):
        store.damage(step)  # fetched, and not held, as a step's inputs are
        if (place / step.key).exists():
            os.utime(place / step.key, (number, number))
    there = [step for step in steps if (place / step.key).exists()]
    assert steps[2] in there and steps[0] not in there
    held = reader.path(steps[2])
    for step in steps[:2]:
        store.damage(step)
    assert (held / "text.txt").exists()


def test_a_step_can_read_what_was_evicted(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSTILTS_STORE_CACHE_SIZE", "1")
    assert len(machines.run("a").done) == 7 and set(runs(machines.log).values()) == {1}
    assert len(list((machines.folder / "a" / "steps").glob("*"))) <= 2  # the last step and its input
    assert list((machines.folder / "a" / "work").glob("*")) == []


@pytest.mark.parametrize("text", ["", "many", "-1", "5 X", "1e9"])
def test_a_limit_that_is_none(machines: Machines, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XSTILTS_STORE_CACHE_SIZE", text)
    if not text:
        assert machines.store("a").limit is None
        return
    with pytest.raises(StoreError, match="must be a size"):
        machines.store("a")


def test_a_folder_that_is_something_else_is_no_cache(tmp_path: Path) -> None:
    Store(tmp_path).prepare()
    with pytest.raises(StoreError, match="no cache of"):
        make_cache(tmp_path, "memory://bucket")


def test_a_store_of_a_later_layout_is_refused(machines: Machines) -> None:
    (machines.bucket / "store.json").write_text('{"layout": 2}')
    with pytest.raises(StoreError, match="no store that this program knows"):
        machines.store("a").remote.check()


def _marker(**changes: Any) -> bytes:
    record = {"key": "a-1", "files": {"text.txt": [1, "x"]}}
    return DoneMarker(**{"key": "a-1", "upload": "u", "record": record, "parts": {}, **changes}).content()


@pytest.mark.parametrize(
    "content",
    [
        None, b"", b"{", b"[]", _marker()[:-9], _marker().replace(b"text", b"tex_"), _marker(key="a-2"),
        _marker(upload="../u"), _marker(upload=""), _marker(record={"key": "a-1", "files": {"../../x": [1, "x"]}}),
        _marker(record={"key": "a-1", "files": {"/etc/x": [1, "x"]}}), _marker(record={"key": "a-1"}),
        _marker(record={"key": "a-1", "files": {"done.json": [1, "x"]}}),
    ],
)  # fmt: skip
def test_a_marker_that_cannot_be_trusted_is_none(content: bytes | None) -> None:
    assert read_marker("a-1", _marker()) is not None and read_marker("a-1", content) is None


def _sealed(out: Path, step: Step) -> None:
    from xstilts.core.files import write_json
    from xstilts.engine.artefact import sealed
    from xstilts.engine.checksums import checksums

    record = {"key": step.key, "name": step.name, "started": time.strftime("%FT%T"), "files": checksums(out)}
    write_json(out / "done.json", sealed(record))
