"""The lock of a study: what is written, what differs, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import DataError, StudyError
from xstilts.data.locate import Roots
from xstilts.data.lock import Lock, LockEntry, add_to_lock, read_lock
from xstilts.data.readers.catalog import Lines
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Place, Source
from xstilts.data.study_lock import (
    FilesRead,
    LockEntries,
    adopt_revisions,
    check_study_lock,
    lock_beside,
    lock_changes,
    lock_problems,
    read_study_lock,
    write_study_lock,
)

A, B = "a" * 64, "b" * 64
DIGESTS = st.sampled_from((A, B, "c" * 64))
FILES = st.dictionaries(st.sampled_from(["x.tsv", "y.tsv", "encoder/w", "noise/l"]), DIGESTS)


def lock(revisions: dict[str, str] | None = None, /, **files: str) -> Lock:
    return of({name.replace("_", "."): digest for name, digest in files.items()}, revisions)


def of(files: dict[str, str], revisions: dict[str, str] | None = None) -> Lock:
    return Lock(revisions or {}, {name: LockEntry(digest, 3, "of a test") for name, digest in files.items()})


def found(**files: str) -> FilesRead:
    return FilesRead(lock=lock(**files))


@given(FILES, st.dictionaries(st.sampled_from(["o/n", "encoder:o/n"]), DIGESTS))
def test_what_is_written_is_read_and_the_same_files_give_the_same_bytes(tmp_path_factory, files, revisions):
    folder = tmp_path_factory.mktemp("lock")
    write_study_lock(folder / "a.lock", of(files, revisions))
    write_study_lock(folder / "b.lock", of(dict(reversed(files.items())), dict(reversed(revisions.items()))))
    assert read_study_lock(folder / "a.lock") == of(files, revisions)
    assert (folder / "a.lock").read_bytes() == (folder / "b.lock").read_bytes()


@given(FILES, FILES)
def test_every_difference_is_one_problem_and_equal_files_have_none(locked, here):
    problems = lock_problems(of(locked), FilesRead(lock=of(here)))
    differing = {name for name in locked | here if locked.get(name) != here.get(name)}
    assert len(problems) == len(differing)
    assert all(any(f"'{name}'" in problem for problem in problems) for name in differing)
    changes = lock_changes(of(locked).files, of(here).files)
    assert changes.added + changes.removed + changes.changed == len(differing)
    assert changes.same + changes.changed + changes.added == len(here)


@pytest.mark.parametrize(
    ("here", "said"),
    [
        ({"x_tsv": B}, f"'x.tsv' is not what was locked: found sha256 {B}, expected {A}"),
        ({}, f"'x.tsv' is locked and not read: found no file, expected sha256 {A}"),
        ({"x_tsv": A, "y_tsv": B}, f"'y.tsv' is read and not locked: found sha256 {B}, expected none"),
    ],
)
def test_a_changed_a_missing_and_an_additional_file_are_named_with_both_checksums(here, said):
    with pytest.raises(DataError, match=said) as error:
        check_study_lock(Path("s.lock"), lock(x_tsv=A), found(**here))
    assert error.value.where == "s.lock" and error.value.exit_code == 2


def test_further_differences_are_counted():
    many = {f"f{number}_tsv": A for number in range(9)}
    with pytest.raises(DataError, match=r"8 more: 'f1\.tsv'.*'f5\.tsv'.* \.\.\. Nothing was trained"):
        check_study_lock(Path("s.lock"), Lock(), found(**many))


def test_what_is_still_to_be_fetched_is_neither_missing_nor_unknown():
    locked = lock(x_tsv=A)
    places = (("other.tsv",), ("x.tsv",))
    assert lock_problems(locked, FilesRead(lock=Lock(), expected=(places,))) == []
    assert lock_problems(of({"encoder/w": A}), FilesRead(lock=Lock(), expected_models=("encoder/",))) == []
    (problem,) = lock_problems(Lock(), FilesRead(lock=Lock(), expected=(places,)))
    assert "'other.tsv' is still to be fetched and not locked" in problem
    (problem,) = lock_problems(Lock(), FilesRead(lock=Lock(), expected_models=("translators/o--n/",)))
    assert "'translators/o--n/' is still to be fetched and not locked" in problem


def test_two_files_of_one_name_are_refused_unless_they_are_alike():
    entries = LockEntries()
    entries.add("x.tsv", LockEntry(A, 1, "here"))
    entries.add("x.tsv", LockEntry(A, 1, "there"))
    assert len(entries.files) == 1
    with pytest.raises(DataError, match=f"two files are called 'x.tsv': sha256 {A} .* and {B}"):
        entries.add("x.tsv", LockEntry(B, 1, "there"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "this is a list"),
        ("{", "this is not JSON"),
        ('{"files": {}, "revisions": {}}', "'lock' is None.*Allowed: 1"),
        ('{"lock": 2, "files": {}, "revisions": {}}', "'lock' is 2"),
        ('{"lock": 1, "files": {"x": {"sha256": 3}}, "revisions": {}}', "the lock is damaged"),
        ('{"lock": 1, "files": {}, "revisions": {"o/n": 3}}', "the lock is damaged"),
    ],
)
def test_a_file_that_is_no_lock_is_refused_at_its_place(put, text, said):
    path = put("s.lock", text)
    with pytest.raises(DataError, match=said) as error:
        read_study_lock(path)
    assert str(error.value.where).startswith(str(path))


def test_a_lock_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_study_lock(tmp_path / "s.lock")


def test_the_place_of_a_lock():
    assert lock_beside(Path("d/nli.yaml")) == Path("d/nli.lock")
    assert lock_beside(Path("d/nli.yaml"), "laptop") == Path("d/nli-laptop.lock")
    with pytest.raises(StudyError, match="cannot name a file"):
        lock_beside(Path("d/nli.yaml"), "../x")


def hub_source(repo: str = "o/n", **place: str) -> Source:
    return Source(places=(Place(files=("x.tsv",), hub=repo, read=Lines(), row=TextRow(), **place),))


def test_the_store_takes_revisions_that_it_has_none_of(tmp_path):
    store, sources = Roots(store=tmp_path).store, [hub_source(), hub_source("o/m"), hub_source("o/k")]
    add_to_lock(store, Lock({"o/m": "d" * 40}))
    adopt_revisions(lock({"o/n": "e" * 40, "o/m": "e" * 40, "o/other": "e" * 40}), sources, store)
    assert read_lock(store).revisions == {"o/m": "d" * 40, "o/n": "e" * 40}


def test_a_revision_that_is_no_commit_reaches_no_path(tmp_path):
    with pytest.raises(DataError, match=r"names no commit of o/n"):
        adopt_revisions(lock({"o/n": "../../x"}), [hub_source()], tmp_path)
    assert not (tmp_path / "data").exists()


def test_a_lock_is_json_that_names_no_more_than_it_says(tmp_path):
    write_study_lock(tmp_path / "s.lock", lock({"o/n": "e" * 40}, x_tsv=A))
    assert json.loads((tmp_path / "s.lock").read_text()) == {
        "lock": 1,
        "revisions": {"o/n": "e" * 40},
        "files": {"x.tsv": {"sha256": A, "bytes": 3, "from": "of a test"}},
    }
