"""Files of an object store, by its URL: the one file that imports fsspec.

An answer that does not come is asked for again, at growing intervals; one that says no is told to the user at once.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from xstilts.core.errors import StoreError, reason_of
from xstilts.core.io_errors import full_disk

_Answer = TypeVar("_Answer")
_FIRST, _LONGEST = 0.5, 15.0  # seconds between two attempts
_DOWN = 60.0  # seconds for which, after one was waited for in vain, an answer is asked for once alone
_KINDS = ("s3", "gs", "az", "hdfs", "sftp", "file")  # that can be written; fsspec knows others
_EXTRAS = {"s3": "pip install 'xstilts[remote]'", "s3a": "pip install 'xstilts[remote]'"}
# Errors of these libraries are of the network, but for those that name credentials.
_LIBRARIES = ("botocore", "aiobotocore", "aiohttp", "gcsfs", "google", "azure", "urllib3", "requests", "fsspec")
_CONDITIONAL = ("s3", "s3a", "file", "memory")  # where "write unless there is one" is one request
_THERE = ("PreconditionFailed", "412")  # S3: there is such an object
_LATER = (408, 409, 429)  # of HTTP: ask again
_S3 = {"config_kwargs": {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 1}}}


class UnreachableError(StoreError):
    """An object store that does not answer, or not now."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """Bytes of an object, and when it was written (seconds since 1970, by the server's clock; 0 where unknown)."""

    size: int
    modified: float


def check_url(url: str) -> None:
    """Raise StoreError for a URL that nothing installed here can read, or that has a password in it."""
    from fsspec import get_filesystem_class

    protocol, _, place = url.partition("://")
    if "@" in place.partition("/")[0]:
        raise StoreError(
            f"the URL of a store must not have a password in it ({protocol}://…).",
            where="--store",
            hint="Credentials belong into the environment, or into the files that the service's own programs read.",
        )
    if not place.strip("/"):
        raise StoreError(f"'{url}' names no bucket.", where="--store", hint="For example: s3://bucket/folder.")
    try:
        get_filesystem_class(protocol)
    except ImportError as error:
        hint = _EXTRAS.get(protocol, f"Install the package that fsspec names for {protocol}://.")
        raise StoreError(f"{url}: {reason_of(error)}.", where="--store", hint=hint) from error
    except ValueError as error:
        raise StoreError(
            f"there is no kind of store '{protocol}://'.",
            where="--store",
            value=protocol,
            allowed=_KINDS,
        ) from error


class ObjectFiles:
    """The objects below a URL; names are relative to it.

    Args:
        patience: seconds for which an answer is asked for again and again.
        down: a file that is touched when patience has ended, for other processes of this machine: for a minute after
            that, they ask once.

    Every method raises StoreError for what the service refuses, and `UnreachableError` where no answer comes.
    """

    def __init__(self, url: str, *, patience: float, down: Path) -> None:
        self.url, self.patience, self._down = url, patience, down

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None where there is none."""
        with contextlib.suppress(FileNotFoundError):
            content: bytes = self._asked("be read", lambda: self._system.cat_file(self._at(name)))
            return content
        return None

    def write(self, name: str, content: bytes) -> None:
        def put() -> None:
            self._make_folder(name)
            self._system.pipe_file(self._at(name), content)

        self._asked("be written", put)

    def create(self, name: str, content: bytes) -> bool:
        """Write an object unless there is one; return whether this is the content that it has now.

        The service decides (`If-None-Match: *` on S3); where it cannot, or its package is not known to ask it, the
        object is looked for before and read after it was written, so that of two who write at the same moment the
        later one stays.
        """

        def put() -> bool:
            self._make_folder(name)
            if self._protocol in _CONDITIONAL:
                try:
                    self._system.pipe_file(self._at(name), content, mode="create")
                    return True
                except OSError as error:
                    if _code(error) in _THERE:
                        raise FileExistsError(name) from error
                    if _code(error) != "NotImplemented":
                        raise
            if self._system.exists(self._at(name)):
                raise FileExistsError(name)
            self._system.pipe_file(self._at(name), content)
            return False  # not known

        with contextlib.suppress(FileExistsError):  # perhaps by an earlier attempt, whose answer was lost
            if self._asked("be written", put):
                return True
        return self.read(name) == content

    def upload(self, path: Path, name: str) -> None:
        def put() -> None:
            self._make_folder(name)
            self._system.put_file(str(path), self._at(name))

        self._asked("be written", put)

    def download(self, name: str, path: Path) -> None:
        """Write an object to a file. Raises FileNotFoundError where there is none."""
        self._asked("be read", lambda: self._system.get_file(self._at(name), str(path)), path)

    def delete(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._asked("be deleted", lambda: self._system.rm_file(self._at(name)))

    def find(self, folder: str) -> dict[str, ObjectInfo]:
        """Return all objects below a folder, by name."""
        start = f"{self._root}/"
        try:
            found = self._asked("be listed", lambda: self._system.find(self._at(folder), detail=True))
        except FileNotFoundError:
            return {}
        return {
            name.removeprefix(start): ObjectInfo(int(info.get("size") or 0), _modified(info))
            for name, info in found.items()
        }

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        protocol = self._protocol
        options: dict[str, Any] = {"use_listings_cache": False, **(_S3 if protocol in _EXTRAS else {})}
        system, root = url_to_fs(self.url, **options)
        if protocol in _EXTRAS:
            system.retries = 1  # to wait and ask again is done here
        return system, root.rstrip("/")

    @property
    def _protocol(self) -> str:
        return self.url.partition("://")[0]

    @property
    def _system(self) -> Any:
        return self._opened[0]

    @property
    def _root(self) -> str:
        return self._opened[1]

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _make_folder(self, name: str) -> None:
        if self.url.startswith(("file://", "memory://")):  # others have no folders, or make them
            self._system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)

    def _asked(self, verb: str, ask: Callable[[], _Answer], path: Path | None = None) -> _Answer:
        """Return an answer. FileNotFoundError and FileExistsError are answers too."""
        patience = 0.0 if self._was_down() else self.patience
        last: BaseException | None = None
        for pause in _pauses(patience):
            time.sleep(pause)
            try:
                return ask()
            except (FileNotFoundError, FileExistsError) as error:
                self._refuse_no_bucket(error)
                raise
            except Exception as error:
                if path is not None and (full := full_disk(error, path)):
                    raise full from error
                if not _is_of_network(error):
                    raise self._refusal(verb, error) from error
                last = error
        with contextlib.suppress(OSError):
            self._down.touch()
        raise UnreachableError(
            f"the store does not answer ({reason_of(last) if last else 'no reason is known'}).", where=self.url
        ) from last

    def _was_down(self) -> bool:
        with contextlib.suppress(OSError):
            return time.time() - self._down.stat().st_mtime < _DOWN
        return False

    def _refuse_no_bucket(self, error: OSError) -> None:
        if _code(error) == "NoSuchBucket":
            raise StoreError(
                "there is no such bucket.", where=self.url, hint="Make it first, by the service's own program."
            ) from error

    def _refusal(self, verb: str, error: Exception) -> StoreError:
        if isinstance(error, PermissionError):
            message = f"the store cannot {verb}: the service refuses it ({reason_of(error)})."
            hint = "The program needs the rights to list, read, write and delete objects there."
        elif "redentials" in type(error).__name__:
            message = f"no credentials were found ({reason_of(error)})."
            hint = "On S3: AWS_PROFILE, or the AWS_* variables."
        else:
            message, hint = f"the store cannot {verb} ({reason_of(error)}).", ""
        return StoreError(message, where=self.url, hint=hint or None)


def _pauses(patience: float) -> Iterator[float]:
    """Yield seconds to wait before each attempt: none, then longer and longer ones until `patience` has passed."""
    end, pause = time.monotonic() + patience, _FIRST
    yield 0.0
    while (left := end - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(2 * pause, _LONGEST)


def _is_of_network(error: Exception) -> bool:
    if isinstance(error, PermissionError) or "redentials" in type(error).__name__:
        return False
    status = _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status is not None:
        return status >= 500 or status in _LATER
    own = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError) or own in _LIBRARIES


def _code(error: BaseException) -> str:
    """Return the code that S3 gave an error; "" where there is none."""
    return str(_response(error).get("Error", {}).get("Code", ""))


def _response(error: BaseException) -> dict[str, Any]:
    response = getattr(error.__cause__, "response", None)
    return response if isinstance(response, dict) else {}


def _modified(info: dict[str, Any]) -> float:
    for name in ("LastModified", "mtime", "updated", "last_modified", "created"):
        match info.get(name):
            case datetime() as moment:
                return moment.timestamp()
            case int() | float() as seconds:
                return float(seconds)
            case str() as text:
                with contextlib.suppress(ValueError):
                    return datetime.fromisoformat(text).timestamp()
    return 0.0


def patience_seconds() -> float:
    """Return for how long an object store that does not answer is asked again (`XSTILTS_STORE_PATIENCE`, 60 s where it
    is not set). Raises StoreError for what is no number of seconds."""
    text = os.environ.get("XSTILTS_STORE_PATIENCE", "").strip() or "60"
    with contextlib.suppress(ValueError):
        if 0 <= (seconds := float(text)) < float("inf"):
            return seconds
    raise StoreError(f"XSTILTS_STORE_PATIENCE is '{text[:40]}'; it must be a number of seconds, 0 or more.")
