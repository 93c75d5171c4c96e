"""Finding, naming and loading sources."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError
from xstilts.data.locate import Roots, locate_files
from xstilts.data.lock import Lock, LockEntry, add_to_lock, checked_relative_path, read_lock
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.readers.catalog import Lines, ParallelText, Tsv
from xstilts.data.row_makers.catalog import PairRow, SentencesRow, TextRow
from xstilts.data.source import Place, Row, Source

TWO = Tsv(columns=("a", "b", "label"))
MAKE = PairRow(a="a", b="b", label="label", drop=(("a", "NS"),))
ROWS = "p1\th1\tx\nNS\th2\tx\np3\th3\ty\n"


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    for name in ("one", "two", "store/data", "samples"):
        (tmp_path / name).mkdir(parents=True)
    folders = (tmp_path / "one", tmp_path / "two")
    return Roots(data=folders, store=tmp_path / "store", samples=tmp_path / "samples")


def put(folder: Path, name: str, content: str = ROWS) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content.encode(), mtime=0) if name.endswith(".gz") else content.encode())
    return path


def source(*files: str, language: str = "en", **place) -> Source:
    return Source(places=(Place(files=files, read=TWO, row=MAKE, **place),), language=language)


def test_folders_win_over_the_store_and_the_store_over_samples(roots):
    wanted = source("x/dev.tsv")
    for kind, folder in reversed(list(roots.folders())):
        put(folder, "x/dev.tsv")
        found = locate_files(wanted, roots)
        assert (found.kind, found.paths) == (kind, (folder / "x/dev.tsv",))
    assert found.names == ("x/dev.tsv",)
    assert [kind for kind, _ in roots.folders()] == ["data", "data", "store", "sample"]


def test_a_file_may_lie_with_or_without_gz(roots):
    zipped = put(roots.data[0], "a.tsv.gz")
    plain = put(roots.data[0], "b.tsv")
    assert locate_files(source("a.tsv", "b.tsv.gz"), roots).paths == (zipped, plain)


def test_places_are_tried_in_order_within_a_folder(roots):
    put(roots.samples, "first.tsv")
    put(roots.data[1], "second.tsv")
    both = Source(places=(*source("first.tsv").places, *source("second.tsv").places))
    assert locate_files(both, roots).paths[0].name == "second.tsv"  # a folder of the user's wins over a sample
    put(roots.data[1], "first.tsv")
    assert locate_files(both, roots).paths[0].name == "first.tsv"


def test_a_place_is_found_whole_or_not_at_all(roots):
    put(roots.data[0], "a.tsv")
    put(roots.data[1], "b.tsv")
    with pytest.raises(DataError, match=r"language 'sw'.*'a.tsv', 'b.tsv'"):
        locate_files(source("a.tsv", "b.tsv", language="sw"), roots)


def test_what_is_missing_says_where_it_was_sought_and_what_to_do(roots):
    lost = source("a.tsv", hub="o/n", urls=("https://example.org/a.tsv",))
    with pytest.raises(DataError) as caught:
        locate_files(lost, roots)
    for part in (
        "hub/o/n/a.tsv",
        str(roots.data[1]),
        "--data",
        "XSTILTS_DATA",
        "data get",
        "o/n",
        "https://example.org/a.tsv",
    ):
        assert part in str(caught.value)
    with pytest.raises(DataError) as caught:
        locate_files(source("a.tsv"), roots)
    assert "data get" not in str(caught.value)  # there is no address to get it from


def test_a_hub_place_is_found_by_its_locked_revision(roots):
    place = source("d.tsv", hub="o/n")
    store = roots.store / "data"
    put(store, "hub/o/n/rev1/d.tsv")
    with pytest.raises(DataError):
        locate_files(place, roots)
    add_to_lock(roots.store, Lock({"o/n": "rev1"}))
    assert locate_files(place, roots).names == ("hub/o/n/rev1/d.tsv",)
    put(roots.data[0], "hub/o/n/d.tsv")  # a copy of the repository in a folder of the user's
    assert locate_files(place, roots).kind == "data"


def test_identity_is_content_and_reading_never_a_path(roots):
    put(roots.data[0], "a.tsv")
    put(roots.data[1], "b.tsv")
    a, b = resolve_source(source("a.tsv"), roots), resolve_source(source("b.tsv"), roots)
    assert a.paths != b.paths
    assert fingerprint(a) == fingerprint(b)
    assert fingerprint(replace(a, kind="sample", note="a slice")) == fingerprint(a)
    assert fingerprint(resolve_source(source("a.tsv").subsample(1), roots)) != fingerprint(a)
    put(roots.data[1], "b.tsv", ROWS + "p\th\tx\n")
    assert fingerprint(resolve_source(source("b.tsv"), roots)) != fingerprint(a)


def test_loading_counts_what_it_drops(roots):
    put(roots.data[0], "a.tsv")
    loaded = load_examples(resolve_source(source("a.tsv"), roots))
    assert [example.id for example in loaded.examples] == ["0", "2"]
    assert loaded.dropped == {"a is 'NS'": 1}
    assert [example.id for example in load_examples(resolve_source(source("a.tsv").subsample(1), roots)).examples] in (
        ["0"],
        ["2"],
    )


READ: list[Path] = []


@dataclass(frozen=True)
class Counted:
    """Notes down each time that a file is read."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        READ.extend(paths)
        return TWO(paths)


def test_the_same_files_are_read_once_and_other_ones_or_otherwise_again(roots):
    READ.clear()
    path = put(roots.data[0], "a.tsv")
    counted = Source(places=(Place(files=("a.tsv",), read=Counted(), row=MAKE),))
    whole = load_examples(resolve_source(counted, roots))
    one = load_examples(resolve_source(counted.subsample(1), roots))
    assert [path] == READ and one.examples[0] in whole.examples and one.dropped == whole.dropped

    whole.examples.clear()
    assert len(load_examples(resolve_source(counted, roots)).examples) == 2, "what is given is the caller's own"

    other = Source(places=(replace(counted.places[0], row=replace(MAKE, drop=())),))
    assert len(load_examples(resolve_source(other, roots)).examples) == 3 and [path] * 2 == READ

    before = resolve_source(counted, roots)
    put(roots.data[0], "a.tsv", ROWS + "p4\th4\tx\n")
    assert len(load_examples(before).examples) == 3 and [path] * 3 == READ, "changed since it was found"
    path.unlink()
    with pytest.raises(DataError, match="no such file"):
        load_examples(before)


def test_a_malformed_file_is_an_error_each_time(roots):
    put(roots.data[0], "a.tsv", "one\n")
    for _ in range(2):
        with pytest.raises(DataError, match=r"a\.tsv:1"):
            load_examples(resolve_source(source("a.tsv"), roots))


def test_an_id_that_occurs_twice(roots):
    path = put(roots.data[0], "a.tsv", "i\th\tx\nj\th\tx\ni\tg\tx\n")
    twice = Source(places=(Place(files=("a.tsv",), read=TWO, row=PairRow(a="a", b="b", id="a")),))
    with pytest.raises(DataError, match=rf"{path}:3: the id 'i' occurs twice, first at {path}:1"):
        load_examples(resolve_source(twice, roots))


@pytest.mark.parametrize("content", ["", "NS\th\tx\n"])
def test_an_empty_language_names_file_and_language(roots, content):
    path = put(roots.data[0], "a.tsv", content)
    with pytest.raises(DataError, match=rf"{path}: no examples are left for language 'yo'"):
        load_examples(resolve_source(source("a.tsv", language="yo"), roots))


def test_a_row_maker_may_give_several_examples(roots):
    put(roots.data[0], "a", "eins\nzwei\ndrei\n")
    put(roots.data[0], "b", "one\ntwo\nthree\n")
    pairs = Source(places=(Place(files=("a", "b"), read=ParallelText(), row=SentencesRow()),), language="de")
    assert [example.id for example in load_examples(resolve_source(pairs, roots)).examples] == [
        "q0",
        "c0",
        "q1",
        "c1",
        "q2",
        "c2",
    ]
    few = load_examples(resolve_source(pairs.subsample(5), roots)).examples
    assert len(few) == 4
    assert {example.matches[0] for example in few if example.matches} == {e.id for e in few if e.side == "candidate"}


def test_a_fetched_file_that_changed_is_refused_with_both_digests(roots):
    path = put(roots.store / "data", "a.txt", "one\n")
    wanted = Source(places=(Place(files=("a.txt",), read=Lines(), row=TextRow()),))
    digest = resolve_source(wanted, roots).files[0]
    add_to_lock(roots.store, Lock({}, {"a.txt": LockEntry(digest, 4, "https://example.org/a.txt")}))
    assert resolve_source(wanted, roots).files == (digest,)
    path.write_text("two\n")
    os.utime(path, ns=(1, 1))
    with pytest.raises(DataError, match=f"sha256 [0-9a-f]{{64}}, locked as {digest}"):
        resolve_source(wanted, roots)


def test_the_lock_adds_and_refuses_another_content(tmp_path):
    one, other = LockEntry("a" * 64, 1, "here"), LockEntry("b" * 64, 1, "there")
    add_to_lock(tmp_path, Lock({"o/n": "1"}, {"f": one}))
    add_to_lock(tmp_path, Lock({}, {"g": other}))
    with pytest.raises(DataError, match="there: the content of 'f'"):
        add_to_lock(tmp_path, Lock({"o/m": "2"}, {"f": other}))
    assert read_lock(tmp_path) == Lock({"o/n": "1"}, {"f": one, "g": other})
    (tmp_path / "data" / "lock.json").write_text("{}")
    with pytest.raises(DataError, match="lock of fetched files is damaged"):
        read_lock(tmp_path)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "a\\b"])
def test_paths_that_leave_the_folder_are_refused(name):
    with pytest.raises(DataError, match="not a path below"):
        checked_relative_path(name)
