"""Carrying files: what is packed, what is refused, and the state of sources."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.core.locks import locked
from xstilts.data.bundle import check_sources, pack_bundle, unpack_bundle
from xstilts.data.locate import Roots, locate_files
from xstilts.data.lock import Lock, add_to_lock, lock_entry, read_lock
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.readers.catalog import Lines
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Place, Source


def source(*files: str, **place) -> Source:
    return Source(places=(Place(files=files, read=Lines(), row=TextRow(), **place),))


@pytest.fixture
def here(tmp_path: Path) -> Roots:
    """One file in the user's folder, one fetched from the hub, one sample."""
    hub = "store/data/hub/o/n/rev1/b.txt"
    for name, text in (("mine/x/a.txt", "a\n"), (hub, "b\n"), ("samples/c.txt", "c\n"), ("mine/x/unused.txt", "u\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    entry = lock_entry(tmp_path / hub, "hf://datasets/o/n@rev1/b.txt")
    add_to_lock(tmp_path / "store", Lock({"o/n": "rev1", "other/one": "z"}, {"hub/o/n/rev1/b.txt": entry}))
    return Roots(data=(tmp_path / "mine",), store=tmp_path / "store", samples=tmp_path / "samples")


SOURCES = [source("x/a.txt"), source("b.txt", hub="o/n"), source("c.txt"), source("x/a.txt").subsample(1)]


def test_packed_files_are_found_and_verified_elsewhere(here, tmp_path):
    done = pack_bundle(SOURCES, here, tmp_path / "p.tar")
    assert (done.files, done.bytes) == (3, 6)
    there = Roots(store=tmp_path / "there", samples=tmp_path / "none")
    assert unpack_bundle(tmp_path / "p.tar", there.store) == done
    for one in SOURCES:
        found = locate_files(one, there)
        assert found.kind == "store"
        assert resolve_source(one, there).files == resolve_source(one, here).files
        assert load_examples(resolve_source(one, there)).examples
    lock = read_lock(there.store)
    assert lock.revisions == {"o/n": "rev1"}
    assert lock.files["hub/o/n/rev1/b.txt"].origin == "hf://datasets/o/n@rev1/b.txt"
    assert not [path for path in (there.store / "data").iterdir() if path.name.startswith(".")]
    assert unpack_bundle(tmp_path / "p.tar", there.store) == done  # a second time changes nothing


def test_the_same_files_give_the_same_archive(here, tmp_path):
    pack_bundle(SOURCES, here, tmp_path / "p.tar")
    os.utime(here.data[0] / "x/a.txt", ns=(10**18, 10**18))
    pack_bundle(SOURCES[::-1], here, tmp_path / "q.tar")
    assert (tmp_path / "p.tar").read_bytes() == (tmp_path / "q.tar").read_bytes()


def test_what_a_killed_pack_left_is_written_over_and_two_do_not_write_one_archive(here, tmp_path):
    (tmp_path / ".p.tar.tmp").write_bytes(b"half of an archive" * 1000)
    with (
        locked(tmp_path / ".p.tar.lock"),
        pytest.raises(DataError, match=r"p\.tar: another process is writing this archive"),
    ):
        pack_bundle(SOURCES, here, tmp_path / "p.tar")
    pack_bundle(SOURCES, here, tmp_path / "p.tar")
    pack_bundle(SOURCES, here, tmp_path / "q.tar")
    assert (tmp_path / "p.tar").read_bytes() == (tmp_path / "q.tar").read_bytes()
    assert not list(tmp_path.glob(".*.tmp"))


def test_the_lock_of_an_archive_stays(here, tmp_path):
    """Who has opened a lock file that is renamed or removed holds another lock than who comes next."""
    pack_bundle(SOURCES, here, tmp_path / "p.tar")
    before = (tmp_path / ".p.tar.lock").stat().st_ino
    pack_bundle(SOURCES, here, tmp_path / "p.tar")
    assert (tmp_path / ".p.tar.lock").stat().st_ino == before != (tmp_path / "p.tar").stat().st_ino


def test_what_is_no_bundle_is_not_overwritten(here, tmp_path):
    file = tmp_path / "mine" / "x" / "a.txt"
    (tmp_path / "link").symlink_to(file)
    for taken in (file, tmp_path / "link", tmp_path / "mine"):
        with pytest.raises(DataError, match="no bundle"):
            pack_bundle(SOURCES, here, taken)
    assert file.read_text() == "a\n"
    for _ in range(2):
        pack_bundle(SOURCES, here, tmp_path / "all.tar")


@pytest.mark.parametrize(
    ("manifest", "members"),
    [
        (None, {}),
        (None, {"photo.jpg": "x"}),
        (None, {"photo.jpg": "x", "manifest.json": '{"revisions": {}, "files": {}}'}),
        ({"name": "an extension of a browser"}, {"photo.jpg": "x"}),
        ([1], {}),
    ],
)
def test_an_archive_of_others_is_not_overwritten(here, tmp_path, manifest, members):
    theirs = archive(tmp_path / "backup.tar", manifest, **members)
    before = theirs.read_bytes()
    with pytest.raises(DataError, match=r"backup\.tar: this is there already, and is no bundle"):
        pack_bundle(SOURCES, here, theirs)
    assert theirs.read_bytes() == before


def test_nothing_is_packed_when_a_file_is_missing(here, tmp_path):
    with pytest.raises(DataError, match=r"gone\.txt"):
        pack_bundle([*SOURCES, source("gone.txt")], here, tmp_path / "p.tar")
    assert not (tmp_path / "p.tar").exists()


def archive(path: Path, manifest: dict | None, **members: str) -> Path:
    with tarfile.open(path, "w") as tar:
        texts = {} if manifest is None else {"manifest.json": json.dumps(manifest)}
        for name, text in {**texts, **members}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def listing(*names: str, sha256: str = "0" * 64) -> dict:
    return {"revisions": {}, "files": {name: {"sha256": sha256, "bytes": 1, "from": "x"} for name in names}}


@pytest.mark.parametrize(
    ("manifest", "members", "what"),
    [
        (None, {"a.txt": "a"}, "not made by"),
        ({"files": 3}, {}, "cannot be read"),
        (listing("../evil"), {"../evil": "a"}, "not a path below"),
        (listing("/evil"), {"/evil": "a"}, "not a path below"),
        (listing("a.txt"), {"a.txt": "a"}, "sha256 .* locked as 0000"),
        (listing("a.txt"), {}, "lacks 'a.txt'"),
        (listing(), {"b.txt": "b"}, "holds 'b.txt', not in its manifest"),
        (listing("lock.json"), {"lock.json": "{"}, "a use of its own"),
        (listing("lock.json.lock"), {"lock.json.lock": "{"}, "a use of its own"),
        (listing(".draft-1/a"), {".draft-1/a": "a"}, "a use of its own"),
        (listing("a.txt"), {"a.txt": "ab"}, "has 2 bytes, and the manifest says 1"),
        (listing() | {"revisions": {"o/n": "../../evil"}}, {}, "no name of a revision"),
        (listing() | {"revisions": {"o/n": ["a"]}}, {}, "cannot be read"),
        (listing() | {"files": {"a.txt": {"sha256": 1, "bytes": "1", "from": "x"}}}, {"a.txt": "a"}, "cannot be read"),
        (listing() | {"store": listing("store.json")["files"]}, {"store/store.json": "{"}, "not a place for a file"),
        (listing() | {"store": listing("encoders/../x")["files"]}, {"store/encoders/../x": "{"}, "not a path below"),
    ],
)
def test_archives_that_are_refused_leave_nothing_behind(tmp_path, manifest, members, what):
    with pytest.raises(DataError, match=what):
        unpack_bundle(archive(tmp_path / "p.tar", manifest, **members), tmp_path / "in" / "store")
    left = [path for path in (tmp_path / "in").rglob("*") if path.is_file() and path.parent.name != "locks"]
    assert left == []
    assert not (tmp_path / "in" / "evil").exists()


@pytest.mark.parametrize(
    "record", [{"folder": "../../evil", "files": {}}, {"folder": "/evil"}, {"files": {"../x": "0"}}]
)
def test_a_record_of_a_model_names_nothing_outside(tmp_path, record):
    text = json.dumps(record)
    entry = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text), "from": "x"}
    manifest = listing() | {"store": {"encoders/o.json": entry}}
    with pytest.raises(DataError, match="not a path below"):
        unpack_bundle(archive(tmp_path / "p.tar", manifest, **{"store/encoders/o.json": text}), tmp_path / "store")
    assert not (tmp_path / "store" / "encoders").exists()


def test_links_are_refused(tmp_path):
    path = archive(tmp_path / "p.tar", listing("a.txt"))
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo("a.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
    with pytest.raises(DataError, match=r"holds 'a\.txt'"):
        unpack_bundle(path, tmp_path / "store")


def test_archives_that_are_none(tmp_path):
    (tmp_path / "p.tar").write_text("no tar")
    with pytest.raises(DataError, match="is damaged, or is no tar"):
        unpack_bundle(tmp_path / "p.tar", tmp_path / "store")
    with pytest.raises(DataError, match="no such archive"):
        unpack_bundle(tmp_path / "none.tar", tmp_path / "store")


def test_another_version_of_a_file_is_not_overwritten(here, tmp_path):
    pack_bundle(SOURCES, here, tmp_path / "p.tar")
    old = tmp_path / "there/data/x/a.txt"
    old.parent.mkdir(parents=True)
    old.write_text("older\n")
    with pytest.raises(DataError, match=r"'x/a\.txt'"):
        unpack_bundle(tmp_path / "p.tar", tmp_path / "there")
    assert old.read_text() == "older\n"
    assert not (tmp_path / "there/data/c.txt").exists()


def test_the_state_of_each_source(here):
    gone = source("gone.txt", urls=("https://example.org/gone.txt",))
    changed = here.store / "data/hub/o/n/rev1/b.txt"
    changed.write_text("B\n")
    os.utime(changed, ns=(1, 1))
    mine, fetched, sample, missing = check_sources([*SOURCES[:3], gone], here)
    assert (mine.state, mine.kind, mine.bytes) == ("ok", "data", 2)
    assert (fetched.state, fetched.kind) == ("changed", "store")
    assert "locked as" in fetched.problem
    assert (sample.state, sample.kind) == ("ok", "sample")
    assert (missing.state, missing.addresses) == ("missing", ("https://example.org/gone.txt",))
    assert "gone.txt" in missing.problem


def test_an_encoder_travels_beside_the_data(here, tmp_path):
    (tmp_path / "model").write_text("weights")
    encoder = {"encoders/o--n/rev/model": tmp_path / "model", "encoders/o.json": b"{}"}
    done = pack_bundle(SOURCES, here, tmp_path / "p.tar", encoder)
    assert (done.files, done.encoder_files, done.encoder_bytes) == (3, 2, 9)
    store = tmp_path / "there"
    assert unpack_bundle(tmp_path / "p.tar", store) == done
    assert (store / "encoders/o--n/rev/model").read_text() == "weights"
    assert "encoders/o.json" not in read_lock(store).files
    assert not (store / "data/store").exists()
    (store / "encoders/o.json").write_text("[]")
    with pytest.raises(DataError, match=r"encoders/o\.json"):
        unpack_bundle(tmp_path / "p.tar", store)


def test_files_beside_the_data_go_to_their_own_folder_alone(tmp_path):
    entry = {"sha256": "0" * 64, "bytes": 1, "from": "x"}
    for place in ("steps/train-1/done.json", "encoders/../steps/x"):
        manifest = {**listing(), "store": {place: entry}}
        with pytest.raises(DataError, match=r"not a place|not a path"):
            unpack_bundle(archive(tmp_path / "p.tar", manifest, **{f"store/{place}": "a"}), tmp_path / "store")
