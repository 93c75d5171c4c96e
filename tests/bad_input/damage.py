"""Damage: seeded changes of a valid file or value that make it invalid, or leave it harmless."""

from __future__ import annotations

import copy
import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DEEP = "[" * 5000 + "]" * 5000
LONG_NUMBER = "7" * 5000
# Values that no key of a study, a recipe or a configuration takes, by a name for the case.
ODD_VALUES: dict[str, Any] = {
    "nan": float("nan"),
    "infinite": float("inf"),
    "huge": 10**30,
    "negative": -7,
    "text": "xyzzy-no-such",
    "truth": True,
    "list": [[1], {"a": 2}],
    "mapping": {"xyzzy": {"deep": 1}},
    "escape": "a\x1b[31mred",
    "path": "../../outside",
}


def bytes_damages(content: bytes, random_: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of a text file that no reader can take as it is."""
    half = len(content) // 2
    yield "empty", b""
    yield "blank", b"\n\n \n"
    yield "nul", content[:half] + b"\0\0" + content[half:]
    yield "not-utf8", content[:half] + b"\xff\xfe\xfa" + content[half:]
    yield "utf16", content.decode().encode("utf-16")
    yield "cut-gzip", gzip.compress(content * 3)[: len(gzip.compress(content * 3)) // 2]
    yield "gzip-of-noise", b"\x1f\x8b\x08\x00" + random_.randbytes(60)
    yield "noise", random_.randbytes(200)
    yield "html", b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not Found</body></html>\n"
    yield "pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"


def json_damages(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of a file of JSON or of JSON lines."""
    text = content.decode()
    yield "json-bomb", DEEP.encode()
    yield "json-number", LONG_NUMBER.encode()
    yield "json-cut", text[: len(text) * 2 // 3].rstrip("\n").rstrip("}").encode()
    yield "json-null", b"null\n"
    yield "json-list", b"[[1, 2], 3]\n"
    yield "json-text", b'"text"\n'
    yield "json-half-surrogate", b'{"text": "\\ud83d"}\n'


def specials(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield (name, what puts something that is no file at `path`)."""
    yield "pipe", lambda: os.mkfifo(path)
    yield "folder", lambda: path.mkdir()
    yield "dangling-link", lambda: path.symlink_to(path.with_name("nowhere"))
    yield "circular-link", lambda: path.symlink_to(path)
    yield "device", lambda: path.symlink_to("/dev/zero")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value below `value`, lists by their first item alone."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of `value` with another value at one place."""
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return made


def with_key(value: Any, path: tuple[Any, ...], new_key: str) -> Any:
    """Return a copy with the key at one place called otherwise."""
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[new_key] = at.pop(path[-1])
    return made


def line_damages(content: bytes, random_: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of a table or of lines of fields, with one line that does not fit."""
    lines = content.decode().split("\n")
    number = random_.randrange(1, max(2, len(lines) - 2))
    for name, line in (("few-fields", "lonely"), ("many-fields", "\t".join("abcdefghijkl"))):
        yield name, "\n".join([*lines[:number], line, *lines[number:]]).encode()


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
