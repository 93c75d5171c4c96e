"""What a disk can do to a run: it is full, or writing is forbidden. Both are the user's to mend."""

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
    """Turns a full disk and forbidden places, met while writing at `path`, into a StoreError. Other errors pass."""
    try:
        yield
    except OSError as error:
        place = str(error.filename or path)
        if error.errno in _FULL:
            raise StoreError(
                f"the disk is full ({error.strerror}).",
                where=place,
                hint="Nothing already done is lost: free some space (see `xstilts store du`) and run again.",
            ) from error
        if error.errno in _FORBIDDEN:
            raise StoreError(
                f"writing is not allowed here ({error.strerror}).",
                where=place,
                hint="Change the permissions or choose another store.",
            ) from error
        if error.errno in _NO_FOLDER:
            what = f"a file and a folder are in each other's place ({error.strerror})."
            raise StoreError(what, where=place) from error
        raise
