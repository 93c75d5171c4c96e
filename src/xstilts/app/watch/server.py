"""The server of a watched study: one page, its parts as they change, and the report, for browsers of this machine.

It reads and never writes, answers on the loopback alone, and only where it is addressed as such: a page of another site
whose name leads to this machine (DNS rebinding) is refused by the `Host` header. Nothing that it sends may load what is
elsewhere, or run a script but its own.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from xstilts.app.watch import page
from xstilts.app.watch.state import StudyState
from xstilts.core.errors import StudyError, XstiltsError
from xstilts.core.files import not_a_file
from xstilts.report.formats import html

LOOPBACK = "127.0.0.1"
LOOK_EVERY = 1.0  # seconds between two looks at the store at least, however many browsers ask
LOOK_SHARE = 20  # looking takes at most a twentieth of the time, however large the study: the run needs the processor
ALIVE_EVERY = 15.0  # seconds after which a stream says that it is alive, to notice browsers that went
_FOLDER = Path(page.__file__).parent
_FILES = {
    "/report.css": (html.HERE / "page.css", "text/css"),
    "/watch.css": (_FOLDER / "watch.css", "text/css"),
    "/watch.js": (_FOLDER / "watch.js", "text/javascript"),
}
_OWN = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
_REPORT = "default-src 'none'; style-src 'unsafe-inline'"  # as the page itself says: it has no scripts
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Feed:
    """The state of a study, looked up at most once in a while, for all who ask."""

    def __init__(self, look: Callable[[], StudyState], seconds: float = LOOK_EVERY) -> None:
        self._look, self._seconds = look, seconds
        self._lock = threading.Lock()
        self._next_look = float("-inf")
        self._state: StudyState | None = None
        self._parts: Mapping[str, str] = {}

    def page(self) -> str:
        """Return the whole page. Raises what looking raises."""
        with self._lock:
            self._refresh()
            assert self._state is not None
            return page.page(self._state)

    def parts(self) -> Mapping[str, str]:
        """Return the parts of the page; where the store cannot be read, what says so."""
        with self._lock:
            try:
                self._refresh()
            except (XstiltsError, OSError) as error:
                return page.problem_part(str(error))
            return self._parts

    def _refresh(self) -> None:
        began = time.monotonic()
        if self._state is None or began >= self._next_look:
            self._state = self._look()
            self._parts = page.parts(self._state)
            ended = time.monotonic()
            self._next_look = ended + max(self._seconds, LOOK_SHARE * (ended - began))


class WatchServer(ThreadingHTTPServer):
    """A server on the loopback; `port` 0 takes a free one. Use as a context manager around `serve_forever`."""

    daemon_threads = True

    def __init__(self, feed: Feed, report: Callable[[], Path], port: int) -> None:
        """`report`: where the page of the report is. Raises StudyError where the port cannot be had."""
        self.feed, self.report = feed, report
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            raise StudyError(
                f"port {port} of this machine cannot be had ({(error.strerror or str(error)).lower()}).",
                where="--port",
                hint="Give another one, or 0 for any that is free.",
            ) from error

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser of this machine writes into the `Host` header."""
        return frozenset(f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost"))

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a browser that goes while it is answered is no fault
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: WatchServer
    timeout = 30  # seconds that a request may take to arrive
    server_version = "xstilts"
    sys_version = ""

    def do_GET(self) -> None:
        named = self.headers.get_all("Host") or []
        if len(named) != 1 or named[0] not in self.server.hosts:
            self._refuse(HTTPStatus.FORBIDDEN, "This page is for browsers of this machine alone.")
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._page()
        elif path == "/events":
            self._events()
        elif path == "/report":
            self._report()
        elif path in _FILES:
            file, kind = _FILES[path]
            self._send(HTTPStatus.OK, kind, file.read_bytes(), _OWN)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _page(self) -> None:
        try:
            text = self.server.feed.page()
        except (XstiltsError, OSError) as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        self._send(HTTPStatus.OK, "text/html", text.encode(), _OWN)

    def _report(self) -> None:
        path = self.server.report()
        try:
            if not_a_file(path) or path.is_symlink():
                raise FileNotFoundError
            content = path.read_bytes()
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no report yet.")
            return
        self._send(HTTPStatus.OK, "text/html", content, _REPORT)

    def _events(self) -> None:
        """Send the parts of the page that changed, as server-sent events, until the browser goes."""
        self._begin(HTTPStatus.OK, "text/event-stream", _OWN)
        sent: dict[str, str] = {}
        spoken = time.monotonic()
        while True:
            changed = {name: text for name, text in self.server.feed.parts().items() if sent.get(name) != text}
            if changed or time.monotonic() - spoken >= ALIVE_EVERY:
                said = f"data: {json.dumps(changed)}\n\n" if changed else ": still here\n\n"
                self.wfile.write(said.encode())
                sent |= changed
                spoken = time.monotonic()
            time.sleep(LOOK_EVERY)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, "text/plain", (why + "\n").encode(), _OWN)

    def _send(self, status: HTTPStatus, kind: str, content: bytes, policy: str) -> None:
        self._begin(status, kind, policy, len(content))
        self.wfile.write(content)

    def _begin(self, status: HTTPStatus, kind: str, policy: str, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header(
            "Content-Security-Policy", f"{policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are nothing to tell."""
