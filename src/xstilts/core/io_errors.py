"""Errors of input and output that the user can mend: a full disk, a place where writing is forbidden."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from xstilts.core.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full disk and forbidden places, met while writing at `path`, into a StoreError. Other errors pass."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        if error.errno in _FULL:
            raise StoreError(
                f"the disk is full ({error.strerror}).",
                where=where,
                hint="Nothing already done is lost: free some space (see `xstilts store du`) and run again.",
            ) from error
        if error.errno in _FORBIDDEN:
            raise StoreError(
                f"writing is not allowed here ({error.strerror}).",
                where=where,
                hint="Change the permissions or choose another store.",
            ) from error
        if error.errno in _NO_FOLDER:
            message = f"a file and a folder are in each other's place ({error.strerror})."
            raise StoreError(message, where=where) from error
        raise
