"""A server on the loopback that speaks the few endpoints of the hub that fetching needs, and serves plain files."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT, BRANCH = "a" * 40, "b" * 40
NAME = "o/n"  # of the one data set and the one model there are


class Server:
    """`files` are files of the data set and `model` those of the model, by (commit, path); `web` plain ones by path;
    `asked` are the requests it got."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}
        self.model: dict[tuple[str, str], bytes] = {}
        self.web: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.cut = False  # promise more bytes than are sent
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                server.answer(self, body=False)

            def do_GET(self) -> None:
                server.answer(self, body=True)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler, body: bool) -> None:
        path = handler.path.split("?")[0]
        self.asked.append(f"{handler.command} {path}")
        content, headers = self._content(path)
        handler.send_response(404 if content is None else 200)
        for name, value in headers.items():
            handler.send_header(name, value)
        content = content or b""
        handler.send_header("Content-Length", str(len(content) + (7 if self.cut else 0)))
        handler.end_headers()
        if body:
            handler.wfile.write(content)

    def _content(self, path: str) -> tuple[bytes | None, dict[str, str]]:
        for kind, prefix, files in (("datasets", "/datasets", self.files), ("models", "", self.model)):
            if path.startswith(f"/api/{kind}/{NAME}"):
                return self._api(path.removeprefix(f"/api/{kind}/{NAME}"), files), {"Content-Type": "application/json"}
            if path.startswith(f"{prefix}/{NAME}/resolve/"):
                commit, _, name = path.removeprefix(f"{prefix}/{NAME}/resolve/").partition("/")
                content = files.get((commit, name))
                tag = f'"{hashlib.sha1(content or b"").hexdigest()}"'
                missing = {"X-Error-Code": "EntryNotFound"} if content is None else {}
                return content, {"X-Repo-Commit": commit, "ETag": tag, **missing}
        return self.web.get(path), {}

    def _api(self, path: str, files: dict[tuple[str, str], bytes]) -> bytes:
        """What is known of a revision, or (`tree`) its files; a revision that is no commit is a branch."""
        _, what, revision = path.split("/", 2) if path else ("", "revision", COMMIT)
        commit = revision if len(revision) == 40 else BRANCH
        sizes = {name: len(content) for (at, name), content in files.items() if at == commit}
        if what == "tree":
            tree = [{"type": "file", "path": name, "size": size, "oid": "0" * 40} for name, size in sizes.items()]
            return json.dumps(tree).encode()
        siblings = [{"rfilename": name} for name in sizes]
        return json.dumps({"id": NAME, "sha": commit, "siblings": siblings, "tags": []}).encode()
