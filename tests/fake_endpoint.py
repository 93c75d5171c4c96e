"""An endpoint on the loopback that speaks OpenAI's chat protocol: it answers what a test says, and has faults."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[dict[str, Any]], str]  # what the user's message holds -> the message of the answer


class EndpointServer:
    """faults: one for each request, before it answers: a status, "html", "half" (a cut body), "silent", a text that
    is the whole body. sent: headers and body of each request."""

    def __init__(self, reply: Reply) -> None:
        self.reply, self.faults = reply, list[Any]()
        self.sent: list[tuple[dict[str, str], dict[str, Any]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.sent.append((dict(handler.headers), {"path": handler.path, **asked}))
        fault = self.faults.pop(0) if self.faults else None
        message = self.reply(json.loads(asked["messages"][1]["content"]))
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": message}}]}).encode()
        if fault == "silent":
            handler.close_connection = True
            return
        status = fault if isinstance(fault, int) else 200
        if fault == "half":
            body = body[: len(body) // 2]
        elif isinstance(fault, str):
            body = fault.encode()
        handler.send_response(status)
        if status == 302:
            handler.send_header("Location", f"{self.address}/elsewhere")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def chat_endpoint(reply: Reply) -> Iterator[EndpointServer]:
    """A server for as long as the block runs."""
    server = EndpointServer(reply)
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
