"""Fetching: the one place where services are asked. Every answer is stored as it came, so that a run can be repeated
without a network, bit for bit.

An answer is two files in the folder of answers, named by a hash of what was asked:
    <hash>.body    the bytes
    <hash>.json    {"service", "address", "posted", "status", "type", "fetched", "problem"}
`problem` says why there is none; such an entry is asked for again where there is a network. Keys are read from the
environment when a request is sent, and are in neither file.
"""

from __future__ import annotations

import email.utils
import hashlib
import http.client
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xstilts.core.errors import DataError, StoreError
from xstilts.core.files import read_json_mapping, write_atomic, write_json
from xstilts.evidence.addresses import is_public
from xstilts.evidence.services.base import MOST_BYTES, ServiceRequest

TIMEOUT = 30.0  # seconds without an answer
TRIES = 4
LONGEST_PAUSE = 60.0  # seconds that a service may ask to wait
_TRANSIENT = frozenset((408, 425, 429, 500, 502, 503, 504))
_CONTACT = "XSTILTS_CONTACT"  # a mail address, which services ask for in return for better service


class NoAnswerError(Exception):
    """There is no answer to a request; its text says why."""


@dataclass(frozen=True, kw_only=True)
class RawAnswer:
    """An answer as it came. name: of its files. status: of HTTP; error pages are answers too. fetched: when (ISO)."""

    name: str
    status: int
    body: bytes
    fetched: str


@dataclass
class AnswerFolder:
    """Asks services, politely, and remembers what they said.

    offline: nothing is sent; what was never asked is missing. refresh: ask again although there is an answer. now,
    sleep: the clock, in seconds; tests have their own. send: (request, timeout) -> status, type and body. today: what
    stands as the time of an answer.
    """

    folder: Path
    offline: bool = False
    refresh: bool = False
    timeout: float = TIMEOUT
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda text: None
    send: Callable[[ServiceRequest, float], tuple[int, str, bytes]] = field(default_factory=lambda: _sent)
    today: Callable[[], str] = field(default_factory=lambda: _today)
    _last: dict[str, float] = field(default_factory=dict)
    _down: dict[str, str] = field(default_factory=dict)

    def get(self, request: ServiceRequest) -> RawAnswer:
        """Return the stored answer, else ask. Raises NoAnswerError where there is none, DataError for an address that
        is not one of the web."""
        asked = " ".join(part for part in (request.service, request.address, request.body) if part)
        name = hashlib.sha256(asked.encode()).hexdigest()[:20]
        known = self._read(name)
        if known is not None and (self.offline or (not self.refresh and not known.get("problem"))):
            if known.get("problem"):
                raise NoAnswerError(str(known["problem"]))
            return self._stored(name, known)
        if self.offline:
            raise NoAnswerError("never asked before, and this is offline")
        record: dict[str, Any] = {"service": request.service, "address": request.address}
        record |= {"posted": request.body} if request.body else {}
        try:
            if request.service in self._down:  # nobody waits through the same silence for every query
                raise NoAnswerError(self._down[request.service])
            status, kind, body = self._ask(request)
        except NoAnswerError as error:
            self._down[request.service] = str(error)
            write_json(self.folder / f"{name}.json", {**record, "fetched": self.today(), "problem": str(error)})
            raise
        write_atomic(self.folder / f"{name}.body", body)
        record |= {"status": status, "type": kind, "fetched": self.today(), "sha256": hashlib.sha256(body).hexdigest()}
        write_json(self.folder / f"{name}.json", {**record, "problem": ""})
        return RawAnswer(name=name, status=status, body=body, fetched=record["fetched"])

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.folder / f"{name}.json"
        return read_json_mapping(path) if path.is_file() else None

    def _stored(self, name: str, record: dict[str, Any]) -> RawAnswer:
        path = self.folder / f"{name}.body"
        try:
            body = path.read_bytes()
        except OSError as error:
            raise StoreError(f"a stored answer cannot be read ({error.strerror}).", where=str(path)) from error
        if hashlib.sha256(body).hexdigest() != record.get("sha256"):
            raise StoreError("a stored answer is not what came from the service.", where=str(path),
                             hint="Delete it, or ask again with --refresh.")  # fmt: skip
        status = record.get("status")
        return RawAnswer(
            name=name, status=status if isinstance(status, int) else 0, body=body, fetched=str(record.get("fetched"))
        )

    def _ask(self, request: ServiceRequest) -> tuple[int, str, bytes]:
        """Send a request, several times where that may help."""
        if urlsplit(request.url).scheme not in ("https", "http"):
            raise DataError(f"'{request.url}' is not a web address.")
        reason = ""
        for attempt in range(TRIES):
            self._wait_for(request)
            self.say(f"asking {request.service}" + (f" again, for it {reason}" if reason else ""))
            try:
                return self.send(request, self.timeout)
            except _TransientError as error:
                reason, wait = str(error), error.wait
            if attempt + 1 < TRIES:
                self.sleep(min(LONGEST_PAUSE, wait if wait is not None else 2.0**attempt))
        raise NoAnswerError(f"{reason} ({TRIES} tries)")

    def _wait_for(self, request: ServiceRequest) -> None:
        earliest = self._last.get(request.service, -LONGEST_PAUSE) + request.pause
        if (left := earliest - self.now()) > 0:
            self.sleep(left)
        self._last[request.service] = self.now()


class _TransientError(Exception):
    """Something that may be over soon; `wait`: the seconds that the service asks for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _PublicRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects on the web, never from a public address to a private one. A key that is a header is not sent
    along (`add_unredirected_header`)."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if req.data is not None:  # what is posted goes where the user said, and nowhere else
            raise urllib.error.URLError("a redirect of what was posted")
        leaves = is_public(req.full_url) and not is_public(newurl)
        if leaves or urlsplit(newurl).scheme not in ("https", "http"):
            raise urllib.error.URLError("a redirect that leaves the public web")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _sent(request: ServiceRequest, timeout: float) -> tuple[int, str, bytes]:
    """Return status, type and body. Raises _TransientError."""
    place = request.key
    key = os.environ.get(place.variable, "").strip() if place else ""
    parameter = {place.parameter: key} if place and place.parameter and key else {}
    address = request.with_parameters(**parameter).address
    asked = urllib.request.Request(address, headers={"User-Agent": _user_agent()})
    if request.body:
        asked.data = request.body.encode()
        asked.add_unredirected_header("Content-Type", "application/json")
    if place and place.header and key:
        asked.add_unredirected_header(place.header, f"{place.prefix}{key}")
    try:
        with urllib.request.build_opener(_PublicRedirects).open(asked, timeout=timeout) as answer:
            return answer.status, answer.headers.get_content_type(), _whole(answer)
    except urllib.error.HTTPError as error:
        if error.code in _TRANSIENT:
            raise _TransientError(f"answered {error.code} {error.reason}", _retry_after(error)) from error
        return error.code, error.headers.get_content_type(), _whole(error)
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException, socket.gaierror) as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, TimeoutError) or "timed out" in str(reason):
            raise _TransientError(f"did not answer within {timeout:g} s") from error
        said = reason if isinstance(reason, str) else type(reason).__name__.removesuffix("Error")
        raise _TransientError(f"did not answer ({said})") from error


def _whole(answer: Any) -> bytes:
    """Return the body. Raises _TransientError where it is cut short or too large."""
    body: bytes = answer.read(MOST_BYTES + 1)
    expected = answer.headers.get("Content-Length")
    if len(body) > MOST_BYTES:
        raise _TransientError(f"sent more than {MOST_BYTES // 10**6} MB")
    if expected is not None and expected.isdecimal() and len(body) < int(expected):
        raise _TransientError(f"ended after {len(body)} of {expected} bytes")
    return body


def _retry_after(error: urllib.error.HTTPError) -> float | None:
    """Return the seconds of a Retry-After header, which is a number or a date."""
    text = (error.headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:6])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _user_agent() -> str:
    contact = "".join(char for char in os.environ.get(_CONTACT, "").strip() if char.isprintable())
    return f"xstilts (mailto:{contact})" if contact else "xstilts"


def _today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
