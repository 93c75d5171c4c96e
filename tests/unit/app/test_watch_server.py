"""The server of a watched study: what it answers, whom it refuses, and what it sends as things change."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from watch_toys import state

from xstilts.app.watch import server as watch_server
from xstilts.app.watch.server import Feed, WatchServer
from xstilts.app.watch.state import StudyState
from xstilts.core.errors import StoreError, StudyError

Answer = tuple[int, dict[str, str], str]


class Study:
    """A study whose state a test sets, and which counts how often it is looked at."""

    def __init__(self, folder: Path) -> None:
        self.now: StudyState | Exception = state()
        self.looks = 0
        self.report = folder / "report" / "index.html"

    def look(self) -> StudyState:
        self.looks += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


@pytest.fixture
def server(study: Study, monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchServer]:
    monkeypatch.setattr(watch_server, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(watch_server, "LOOK_SHARE", 0)
    with WatchServer(Feed(study.look, 0.0), lambda: study.report, 0) as here:
        threading.Thread(target=here.serve_forever, args=(0.01,), daemon=True).start()
        yield here
        here.shutdown()


def ask(server: WatchServer, path: str, method: str = "GET", host: str = "") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def test_the_page_and_all_that_it_loads_come_from_here(server: WatchServer) -> None:
    status, headers, text = ask(server, "/")
    assert status == 200 and "<h1>nli</h1>" in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "//" not in text.replace("<!doctype", "") and "style=" not in text  # nothing from elsewhere, nothing inline
    for name, kind in (("report.css", "text/css"), ("watch.css", "text/css"), ("watch.js", "text/javascript")):
        assert f'"{name}"' in text
        status, headers, content = ask(server, f"/{name}")
        assert status == 200 and headers["Content-Type"].startswith(kind) and content


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "localhost.evil:{port}"])
@pytest.mark.parametrize("path", ["/", "/events", "/report", "/watch.js"])
def test_who_calls_it_by_another_name_is_refused(server: WatchServer, host: str, path: str) -> None:
    status, _, text = ask(server, path, host=host.format(port=server.server_port))
    assert status == 403 and "nli" not in text


def test_it_is_called_by_both_names_of_the_loopback_once_and_listens_nowhere_else(server: WatchServer) -> None:
    for name in ("localhost", "127.0.0.1"):
        assert ask(server, "/", host=f"{name}:{server.server_port}")[0] == 200
    assert server.socket.getsockname()[0] == "127.0.0.1"
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as raw:
        raw.sendall(f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{server.server_port}\r\nHost: evil.example\r\n\r\n".encode())
        assert b" 403 " in raw.recv(100)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_asked_but_to_look(server: WatchServer, study: Study, method: str) -> None:
    assert ask(server, "/", method)[0] == 501
    assert study.looks == 0


@pytest.mark.parametrize(
    "path", ["/report/../../etc/passwd", "/report/index.html", "/..%2f..%2fetc/passwd", "/watch.py", "/report.json"]
)
def test_no_other_file_can_be_had(server: WatchServer, study: Study, path: str) -> None:
    study.report.parent.mkdir()
    study.report.write_text("<p>the report</p>")
    assert ask(server, path)[0] == 404


def test_the_report_is_served_once_it_is_there_and_never_through_a_link(
    server: WatchServer, study: Study, tmp_path: Path
) -> None:
    assert ask(server, "/report")[0] == 404
    study.report.parent.mkdir()
    study.report.write_text("<p>the report</p>")
    status, headers, text = ask(server, "/report")
    assert (status, text) == (200, "<p>the report</p>")
    assert "script-src" not in headers["Content-Security-Policy"]
    study.report.unlink()
    (tmp_path / "secret").write_text("secret")
    study.report.symlink_to(tmp_path / "secret")
    assert ask(server, "/report")[0] == 404
    study.report.unlink()
    os.mkfifo(study.report)
    assert ask(server, "/report")[0] == 404


def events(server: WatchServer) -> Iterator[dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type", "").startswith("text/event-stream")
    try:
        while True:
            line = answer.readline().decode()
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))
    finally:
        connection.close()


def test_a_stream_sends_everything_first_and_then_what_changed(server: WatchServer, study: Study) -> None:
    stream = events(server)
    assert set(next(stream)) == {"now", "running", "failed", "cells"}
    study.now = replace(state(), failed=())
    changed = next(stream)
    assert list(changed) == ["failed"] and changed["failed"].strip() == ""
    study.now = StoreError("the store is <gone>.")
    assert "the store is &lt;gone&gt;." in next(stream)["now"]
    assert ask(server, "/")[0] == 503
    study.now = state()
    assert "12" in next(stream)["now"]
    stream.close()


def test_many_who_ask_are_told_by_one_look(study: Study) -> None:
    feed = Feed(study.look, 60.0)
    first = feed.parts()
    assert all(feed.parts() is first for _ in range(5)) and feed.page()
    assert study.looks == 1


def test_a_study_that_takes_long_to_look_at_is_looked_at_less_often(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]

    def slowly() -> StudyState:
        now[0] += 3.0
        return study.look()

    monkeypatch.setattr(watch_server, "time", SimpleNamespace(monotonic=lambda: now[0]))
    feed = Feed(slowly, 1.0)
    feed.parts()
    now[0] += 59.0
    feed.parts()
    assert study.looks == 1
    now[0] += 2.0
    feed.parts()
    assert study.looks == 2


def test_a_port_that_is_taken_is_named(server: WatchServer, study: Study) -> None:
    said = rf"--port: port {server.server_port} of this machine cannot be had .*in use.*0 for"
    with pytest.raises(StudyError, match=said):
        WatchServer(Feed(study.look), lambda: study.report, server.server_port)
