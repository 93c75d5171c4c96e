"""Pushing an exported model to a hub on the loopback: what is sent, with which token, and what is refused."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from xstilts.cli import main

TOKEN = "hf_" + "s3cret" * 5
COMMIT = "c" * 40
Push = Callable[..., int]


class Hub:
    """A hub that takes commits: `files` by name, `created` as it was asked for, `tokens` and paths of all requests.
    `private`: what it says of the repository; `refuses`: the status it answers a commit with."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.created: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()
        self.asked: list[str] = []
        self.private, self.refuses = True, 0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self, b"")

            def do_POST(self) -> None:
                hub.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = handler.path.split("?")[0]
        self.asked.append(f"{handler.command} {path}")
        self.tokens.add(handler.headers["Authorization"])
        status, content = self._content(path, body)
        sent = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(sent)))
        handler.end_headers()
        handler.wfile.write(sent)

    def _content(self, path: str, body: bytes) -> tuple[int, Any]:
        match path.rsplit("/", 2)[-2:] if path.startswith("/api/models/me/mine/") else path:
            case "/api/repos/create":
                self.created.append(json.loads(body))
                return 200, {"url": f"{self.address}/me/mine", "id": "me/mine"}
            case "/api/models/me/mine":
                return 200, {"id": "me/mine", "private": self.private, "sha": COMMIT, "siblings": [], "tags": []}
            case "/api/validate-yaml":
                return 200, {"errors": [], "warnings": []}
            case ["preupload", "main"]:
                asked = json.loads(body)["files"]
                return 200, {
                    "files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in asked]
                }
            case ["commit", "main"]:
                if self.refuses:
                    return self.refuses, {"error": f"no, {TOKEN}"}
                lines = [json.loads(line) for line in body.splitlines()]
                self.files |= {
                    line["value"]["path"]: base64.b64decode(line["value"]["content"])
                    for line in lines
                    if line["key"] == "file"
                }
                return 200, {"commitUrl": f"{self.address}/me/mine/commit/{COMMIT}", "commitOid": COMMIT}
        return 404, {"error": path}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    here = Hub()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", here.address)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield here
    here.http.shutdown()
    here.http.server_close()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "adapters").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "README.md", "tokenizer.json", "adapters/0.safetensors"):
        (folder / name).write_text(f"{name}\n" * 3)
    (folder / ".env").write_text("HF_TOKEN=own")
    (folder / "notes.txt").write_text("mine")
    (folder / "link.safetensors").symlink_to(tmp_path / "elsewhere")
    return folder


SENT = ["README.md", "adapters/0.safetensors", "config.json", "model.safetensors", "tokenizer.json"]


def test_the_files_of_a_model_are_one_commit_into_a_private_repository(
    hub: Hub, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["push", str(model), "me/mine", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["commit"].endswith(COMMIT) and said["private"] and sorted(said["files"]) == SENT
    assert said["left_out"] == [".env", "link.safetensors", "notes.txt"]
    assert hub.files == {name: (model / name).read_bytes() for name in SENT}
    (created,) = hub.created
    assert created["name"] == "mine" and (created.get("private") is True or created.get("visibility") == "private")
    assert hub.tokens == {f"Bearer {TOKEN}"} and hub.asked.count("POST /api/models/me/mine/commit/main") == 1
    written = [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert not written


def test_a_dry_run_sends_nothing_and_needs_no_token(
    hub: Hub, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert main(["push", str(model), "me/mine", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert f"me/mine on {hub.address} (private), 5 files" in said and "not sent: .env" in said
    assert all(name in said for name in SENT) and "Nothing was sent" in said and not hub.asked


def test_public_is_asked_for(hub: Hub, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.private = False
    assert main(["push", str(model), "me/mine"]) == 2
    assert "The repository 'me/mine' is public." in " ".join(capsys.readouterr().err.split()) and not hub.files
    assert main(["push", str(model), "me/mine", "--public"]) == 0
    assert sorted(hub.files) == SENT


def test_what_cannot_be_pushed_is_refused_before_anything_is_sent(
    hub: Hub, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusal(*words: str) -> str:
        assert main(["push", *words]) == 2
        return " ".join(capsys.readouterr().err.split())

    assert "'mine' is not the name of a repository. Give it as `owner/name`" in refusal(str(model), "mine")
    assert "may not be used" in refusal(str(model), "me/mine", "--offline")
    monkeypatch.setenv("HF_TOKEN", " ")
    assert "There is no token: HF_TOKEN is not set." in refusal(str(model), "me/mine")
    (model / "model.safetensors").unlink()
    assert "holds no model that can be pushed: config.json and model.safetensors or" in refusal(str(model), "me/mine")
    assert not hub.asked


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_the_hub_is_said_without_the_token(
    hub: Hub, model: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    hub.refuses = status
    assert main(["push", str(model), "me/mine"]) == 2
    said = capsys.readouterr()
    assert "could not be pushed to 'me/mine'" in " ".join(said.err.split())
    assert TOKEN not in said.out + said.err and not hub.files
