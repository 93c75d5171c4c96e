"""An S3 service on this machine's loopback address: moto's, with a bucket, and one that only ever says no."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from threading import Thread

import pytest

BUCKET = "studies"


class S3Server:
    """moto's server in a thread; its objects stay when it is stopped and started again."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line for every request
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()


@contextmanager
def s3_server(patch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """Start a service with a bucket, and point the environment at it. Skips where a package is missing."""
    for package in ("moto", "flask", "s3fs"):
        if find_spec(package) is None:
            pytest.skip(f"the package '{package}' is not installed (pip install 's3fs' 'moto[server]')")
    import boto3

    server = S3Server()
    use(patch, server.url)
    server.start()
    try:
        boto3.client("s3", endpoint_url=server.url).create_bucket(Bucket=BUCKET)
        yield server
    finally:
        server.stop()


def use(patch: pytest.MonkeyPatch, url: str) -> None:
    variables = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for name, value in (variables | {"AWS_DEFAULT_REGION": "us-east-1"}).items():
        patch.setenv(name, value)
    use_anew()


def use_anew() -> None:
    """Forget connections that were made with other variables."""
    import fsspec

    fsspec.get_filesystem_class("s3").clear_instance_cache()


@contextmanager
def refusing_server(status: int, code: str) -> Iterator[str]:
    """A service that answers every request with one error of S3. Yields its URL."""
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
