"""Fetching, against a server on the loopback that speaks the hub's few endpoints."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import tarfile
import threading
import zipfile
from collections.abc import Callable

import pytest

from fake_hub import BRANCH, COMMIT
from xstilts.core.errors import DataError
from xstilts.data import hub
from xstilts.data.hub import NoNetworkError, fetch_place
from xstilts.data.locate import Roots, locate_files, place_layouts
from xstilts.data.lock import Lock, add_to_lock, checked_commit, lock_entry, read_lock
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.readers.catalog import Lines, Tsv
from xstilts.data.row_makers.catalog import PairRow, TextRow
from xstilts.data.source import Place, Source
from xstilts.engine.drafts import draft
from xstilts.engine.store import Store


@pytest.fixture
def roots(tmp_path) -> Roots:
    return Roots(store=tmp_path / "store", samples=tmp_path / "none")


def hub_place(**changes) -> Place:
    settings = {"files": ("en/dev.tsv",), "hub": "o/n", "read": Tsv(columns=("a", "b")), "row": PairRow(a="a", b="b")}
    return Place(**{**settings, **changes})


def web_place(*urls: str, files=("d/a.txt",), members=()) -> Place:
    return Place(files=files, urls=urls, members=members, read=Lines(), row=TextRow())


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.versions
def test_the_newest_revision_is_fetched_once_and_locked(server, roots):
    server.files[COMMIT, "en/dev.tsv"] = b"p\th\n"
    source = Source(places=(hub_place(),))
    told: list[str] = []
    (path,) = fetch_place(hub_place(), roots, told.append, endpoint=server.address)
    assert path == roots.store / "data/hub/o/n" / COMMIT / "en/dev.tsv"
    assert told == ["fetching en/dev.tsv of o/n"]
    lock = read_lock(roots.store)
    entry = lock.files[f"hub/o/n/{COMMIT}/en/dev.tsv"]
    assert lock.revisions == {"o/n": COMMIT}
    assert (entry.sha256, entry.bytes) == (hashlib.sha256(b"p\th\n").hexdigest(), 4)
    assert entry.origin == f"hf://datasets/o/n@{COMMIT}/en/dev.tsv"
    assert load_examples(resolve_source(source, roots)).examples[0].pair == "h"
    assert sorted(p.name for p in (roots.store / "data").iterdir()) == ["hub", "lock.json", "lock.json.lock"]
    server.asked.clear()
    assert fetch_place(hub_place(), roots, endpoint=server.address) == (path,)
    assert server.asked == []  # the lock knows the revision and the file


def test_the_endpoint_may_come_from_the_environment(server, roots, monkeypatch):
    server.files[COMMIT, "en/dev.tsv"] = b"p\th\n"
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    assert fetch_place(hub_place(), roots)[0].read_bytes() == b"p\th\n"


def test_a_branch_is_resolved_and_a_commit_is_taken_as_it_is(server, roots):
    server.files[BRANCH, "en/dev.tsv"] = b"branch\tx\n"
    server.files["c" * 40, "en/dev.tsv"] = b"commit\tx\n"
    branch, commit = hub_place(revision="refs/convert/parquet"), hub_place(revision="c" * 40)
    fetch_place(branch, roots, endpoint=server.address)
    assert read_lock(roots.store).revisions == {"o/n@refs/convert/parquet": BRANCH}
    server.asked.clear()
    fetch_place(commit, roots, endpoint=server.address)
    assert not [request for request in server.asked if "/api/" in request]
    assert locate_files(Source(places=(branch,)), roots).paths[0].read_bytes().startswith(b"branch")
    assert locate_files(Source(places=(commit,)), roots).paths[0].read_bytes().startswith(b"commit")


def test_the_original_address_comes_after_the_hub(server, roots):
    server.web["/a.tsv"] = b"p\th\n"
    place = hub_place(urls=(f"{server.address}/a.tsv",))
    (path,) = fetch_place(place, roots, endpoint=server.address)  # the hub has no such file
    assert path.read_bytes() == b"p\th\n"
    assert locate_files(Source(places=(place,)), roots).paths == (path,)
    assert any("/datasets/o/n/resolve/" in request for request in server.asked)


def test_a_changed_file_is_refused_and_never_put_in_place(server, roots):
    server.web["/a.txt"] = b"first\n"
    place = web_place(f"{server.address}/a.txt")
    (path,) = fetch_place(place, roots)
    path.unlink()
    server.web["/a.txt"] = b"second\n"
    first, second = (hashlib.sha256(text).hexdigest() for text in (b"first\n", b"second\n"))
    with pytest.raises(DataError, match=f"sha256 {second}, locked as {first}"):
        fetch_place(place, roots)
    assert not path.exists()
    path.write_bytes(b"third\n")
    with pytest.raises(DataError, match=f"locked as {first}"):
        fetch_place(place, roots)


def zipped(**members: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"D/{name}.txt", text)
    return held.getvalue()


def tarred(**members: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"D/{name}.txt")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return held.getvalue()


@pytest.mark.parametrize("packed", [zipped, tarred])
def test_members_of_one_archive_come_from_one_download(server, roots, packed):
    server.web["/x.bin"] = packed(de="eins", en="one")
    url = f"{server.address}/x.bin"
    paths = fetch_place(web_place(url, url, files=("d/de.txt", "d/en.txt"), members=("D/de.txt", "D/en.txt")), roots)
    assert [path.read_text() for path in paths] == ["eins", "one"]
    fetch_place(web_place(url, files=("d/again.txt",), members=("D/en.txt",)), roots)
    assert server.asked == ["GET /x.bin"]
    entry = read_lock(roots.store).files["d/de.txt"]
    assert entry.origin == f"{url}#D/de.txt"
    with pytest.raises(DataError, match=r"no file 'D/dee.txt'. Did you mean 'D/de.txt'"):
        fetch_place(web_place(url, files=("d/x.txt",), members=("D/dee.txt",)), roots)


def test_a_member_of_an_archive_on_the_hub(server, roots):
    server.files[COMMIT, "all.zip"] = zipped(en="one")
    place = hub_place(files=("all.zip",), members=("D/en.txt",), read=Lines(), row=TextRow())
    (path,) = fetch_place(place, roots, endpoint=server.address)
    assert path.read_text() == "one"
    assert locate_files(Source(places=(place,)), roots).paths == (path,)


def test_what_is_no_archive_is_said_to_be_none(server, roots):
    server.web["/x.zip"] = b"PK moved"
    with pytest.raises(DataError, match="archive cannot be read"):
        fetch_place(web_place(f"{server.address}/x.zip", members=("a",)), roots)


def test_silence_says_what_was_needed_and_how_to_do_without(roots, server):
    dead = closed_port()
    place = hub_place(urls=(f"{dead}/a.tsv",))
    with pytest.raises(NoNetworkError) as caught:
        fetch_place(place, roots, endpoint=dead)
    assert caught.value.no_network
    for part in ("en/dev.tsv", "o/n", f"{dead}/a.tsv", "--data", "xstilts data unpack"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_offline_asks_nobody(roots, server):
    quiet = Roots(store=roots.store, offline=True)
    with pytest.raises(NoNetworkError, match="switched off"):
        fetch_place(hub_place(urls=(f"{server.address}/a",)), quiet, endpoint=server.address)
    assert server.asked == []


def test_a_server_that_says_no_is_not_silence(roots, server):
    with pytest.raises(DataError, match="answered 404") as caught:
        fetch_place(web_place(f"{server.address}/none.txt"), roots)
    assert not isinstance(caught.value, NoNetworkError)
    with pytest.raises(DataError, match="o/n") as caught:
        fetch_place(hub_place(), roots, endpoint=server.address)
    assert not isinstance(caught.value, NoNetworkError)


def test_a_download_cut_short_is_not_kept(roots, server):
    server.web["/a.txt"], server.cut = b"half", True
    with pytest.raises(DataError, match="4 of 11 bytes"):
        fetch_place(web_place(f"{server.address}/a.txt"), roots)
    assert not (roots.store / "data/d/a.txt").exists()


def test_what_cannot_be_fetched_at_all(roots, tmp_path):
    with pytest.raises(DataError, match="has no address"):
        fetch_place(web_place(), roots)
    with pytest.raises(DataError, match="not a web address"):
        fetch_place(web_place(f"file://{tmp_path}"), roots)


@pytest.mark.parametrize("commit", ["../../../../evil", "/tmp/evil", "main", "", "A" * 40, "a" * 41, None, 7])
def test_a_commit_is_hexadecimal_or_refused(commit):
    with pytest.raises(DataError, match="names no commit of o/n"):
        checked_commit(commit, "o/n")


def test_a_hub_that_names_a_path_as_its_commit_writes_nothing(server, roots, tmp_path, monkeypatch):
    monkeypatch.setattr("fake_hub.BRANCH", "../../../../evil")
    monkeypatch.setattr("fake_hub.COMMIT", "../../../../evil")
    with pytest.raises(DataError, match="names no commit"):
        fetch_place(hub_place(), roots, endpoint=server.address)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_locked_revision_that_is_a_path_is_refused(roots):
    lock = Lock({"o/n": "../../../evil"}, {})
    with pytest.raises(DataError, match="not a path below"):
        list(place_layouts(hub_place(), lock))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("d/a.txt", b"", "is empty"),
        ("d/a.txt", b" \n\n", "is empty"),
        ("d/a.txt", b"\xef\xbb\xbf\n <!DOCTYPE html><html><body>Sign in", "is a web page"),
        ("d/a.json", b"<!-- x -->\n<HTML lang=en>", "is a web page"),
        ("d/a.tsv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        ("d/a.tsv.gz", b"a\tb\n", "is no .gz file"),
        ("d/a.zip", b"<html>", "is a web page"),
        ("d/a.parquet", b"{}", "is no .parquet file"),
    ],
)
def test_a_page_is_not_locked_as_data(server, roots, name, content, problem):
    server.web[f"/{name}"] = content
    with pytest.raises(DataError, match=problem):
        fetch_place(web_place(f"{server.address}/{name}", files=(name,)), roots)
    assert not read_lock(roots.store).files and not (roots.store / "data" / name).exists()


def test_a_text_with_a_tag_in_it_is_data(server, roots):
    server.web["/a.txt"] = b"<b>bold</b>\n"
    fetch_place(web_place(f"{server.address}/a.txt"), roots)


def killed(at: str, work: Callable[[], object]) -> None:
    """Do it in a process that is killed when it comes to a function of `hub`."""
    if (child := os.fork()) == 0:
        try:
            setattr(hub, at, lambda *arguments: os._exit(9))
            work()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("from_hub", [True, False])
def test_killed_downloads_leave_one_draft_and_the_next_leaves_none(server, roots, from_hub):
    server.files[COMMIT, "en/dev.tsv"] = server.web["/a.txt"] = b"p\th\n" * 1000
    place = hub_place() if from_hub else web_place(f"{server.address}/a.txt")
    store = Store(roots.store)
    for _ in range(3):
        killed("check_fetched", lambda: fetch_place(place, roots, endpoint=server.address))
    left = store.du()["(unfinished downloads)"]
    assert left.steps == 1 and 4000 <= left.bytes < 5000
    assert fetch_place(place, roots, endpoint=server.address)[0].stat().st_size == 4000
    assert store.du() == {}


def test_a_member_whose_archive_came_before_a_kill_is_taken_from_it(server, roots):
    server.web["/a"] = zipped(a="a")
    place = web_place(f"{server.address}/a", members=("D/a.txt",))
    killed("extract_member", lambda: fetch_place(place, roots))
    assert server.asked == ["GET /a"]
    assert fetch_place(place, roots)[0].read_text() == "a" and server.asked == ["GET /a"]


def test_what_another_process_fetched_meanwhile_is_not_fetched_again(server, roots):
    server.web["/a.txt"] = b"text\n"
    place = web_place(f"{server.address}/a.txt")
    told, came = [], []
    waits = threading.Event()

    def say(text: str) -> None:
        told.append(text)
        waits.set()

    with draft(roots.store / "data", "d/a.txt"):
        (thread := threading.Thread(target=lambda: came.append(fetch_place(place, roots, say)))).start()
        assert waits.wait(10)
        path = roots.store / "data" / "d/a.txt"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"text\n")
        add_to_lock(roots.store, Lock({}, {"d/a.txt": lock_entry(path, "x")}))
    thread.join()
    assert came == [(path,)] and server.asked == [] and told == ["waiting for another process that is at d/a.txt"]


@pytest.mark.parametrize("answer", [b"", b"<html>no</html>", b"null", b"[1]", b"[" * 5000, b"7" * 5000, b"\xff"])
def test_an_answer_that_is_none_is_refused_in_words(answer, server, roots, monkeypatch):
    monkeypatch.setattr(server, "_api", lambda path, files: answer)
    with pytest.raises(DataError, match=r"hub's answer about 'o/n' is not understood") as refusal:
        fetch_place(hub_place(), roots, endpoint=server.address)
    assert "Error" not in str(refusal.value)


def test_where_the_hub_answers_nonsense_the_original_address_is_asked(server, roots, monkeypatch):
    monkeypatch.setattr(server, "_api", lambda path, files: b"<html>")
    server.web["/dev.tsv"] = b"p\th\n"
    (path,) = fetch_place(hub_place(urls=(f"{server.address}/dev.tsv",)), roots, endpoint=server.address)
    assert path.read_bytes() == b"p\th\n"
