"""A look at what a server sent, before it is locked as data: pages that say sorry are no data files."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from xstilts.core.errors import DataError

_LOOK = 4096  # bytes
_PAGE = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_POINTER = b"version https://git-lfs.github.com/spec/"
# How files of these names begin.
_BEGINNINGS = {
    ".gz": b"\x1f\x8b", ".tgz": b"\x1f\x8b", ".zip": b"PK", ".parquet": b"PAR1", ".xz": b"\xfd7zXZ", ".bz2": b"BZh",
}  # fmt: skip


def check_fetched(file: Path, name: str, origin: str) -> None:
    """Raise DataError where a fetched file cannot be the data file `name`: it is empty, a web page, a pointer to a file
    kept elsewhere, or not packed as its name says.

    Args:
        file: what came.
        name: of the file that was asked for; its ending says how it must begin.
        origin: the address, for the message.
    """
    with file.open("rb") as opened:
        beginning = opened.read(_LOOK)
    suffix = PurePosixPath(name).suffix.lower()
    problem = ""
    if not beginning.strip(b"\xef\xbb\xbf \t\r\n\0"):
        problem = "is empty"
    elif _PAGE.match(beginning.removeprefix(b"\xef\xbb\xbf")) and suffix not in (".html", ".htm", ".xhtml"):
        problem = "is a web page"
    elif beginning.startswith(_POINTER):
        problem = "is a pointer of Git LFS, not the file"
    elif suffix in _BEGINNINGS and not beginning.startswith(_BEGINNINGS[suffix]):
        problem = f"is no {suffix} file"
    if problem:
        raise DataError(
            f"what came for '{name}' {problem}, and is not kept.",
            where=origin,
            hint="The server may want a login or be out of order: try again, or fetch the file by hand and give its "
            "folder with --data.",
        )
