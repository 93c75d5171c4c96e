"""Errors of input and output that the user can mend: a full disk, one that broke, a place where writing is forbidden.

A full disk has many names. The system's is a number; libraries in Rust (safetensors, tokenizers) and in C++ put it into
the text of an error of their own, and others raise something else on top of it. All are told by that number.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from xstilts.core.errors import StoreError, XstiltsError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
# A disk that breaks, or a file system of another machine that cannot be reached.
_AWAY = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EREMOTEIO, errno.EHOSTDOWN, errno.ENETDOWN}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR}
# The classes of Python itself that libraries in other languages raise; in the text of any other, a number is content.
_OF_LIBRARIES = (Exception, OSError)
_NUMBER = re.compile(r"(?:\bos error |\berrno )(\d+)\b", re.IGNORECASE)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn full and broken disks and forbidden places, met while writing at `path`, into a StoreError. Other errors
    pass."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        if full := full_disk(error, path):
            raise full from error
        if not isinstance(error, OSError):
            raise
        where = str(error.filename or path)
        if error.errno in _FORBIDDEN:
            raise StoreError(
                f"writing is not allowed here ({error.strerror}).",
                where=where,
                hint="Change the permissions or choose another store.",
            ) from error
        if error.errno in _AWAY:
            raise StoreError(
                f"the disk, or the way to it, broke while something was written ({error.strerror}).",
                where=where,
                hint="Nothing already done is lost: once it is there again, run again.",
            ) from error
        if error.errno in _NO_FOLDER:
            message = f"a file and a folder are in each other's place ({error.strerror})."
            raise StoreError(message, where=where) from error
        raise


def full_disk(error: BaseException, path: Path) -> StoreError | None:
    """Return what is to be said where a full disk is the reason for an error of any class; None where it is not.

    Args:
        error: it, one that it was raised from or while it was handled (unless `from None`), says what the disk said.
        path: what was written, where the error does not know.
    """
    cause: BaseException | None = error
    while cause is not None and _number(cause) not in _FULL:
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    if cause is None:
        return None
    known = isinstance(cause, OSError) and (cause.filename2 or cause.filename)  # of a copy, the second is the new one
    where = Path(os.fsdecode(known)) if isinstance(known, str | bytes) else path
    reason = os.strerror(_number(cause) or errno.ENOSPC)
    return StoreError(
        f"the disk is full ({reason}; {_room(where)}).",
        where=str(where),
        hint="Nothing already done is lost: free some space (see `xstilts store du` and `xstilts store gc`) and run "
        "again.",
    )


def _number(error: BaseException) -> int | None:
    """Return the system's number of an error."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    is_python = type(error).__module__ == "builtins" and type(error) not in _OF_LIBRARIES
    found = None if is_python or isinstance(error, XstiltsError) else _NUMBER.search(str(error))
    return int(found[1]) if found else None


def _room(path: Path) -> str:
    """Say how much room there is on the disk of a path, which need not exist."""
    folder = next((each for each in (path, *path.parents) if each.is_dir()), Path())
    try:
        disk = os.statvfs(folder)
    except OSError:
        return "how much is free cannot be told"
    if disk.f_files and not disk.f_favail:
        return "no more files can be made, whatever their size"
    return f"{disk.f_bavail * disk.f_frsize / 1e6:,.1f} MB are free"


def make_folder(folder: Path) -> None:
    """Make a folder and those around it. Raises StoreError where there can be none, as in /proc."""
    with writing(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError as error:
            raise StoreError(f"no folder can be made here ({error.strerror}).", where=str(folder)) from error
