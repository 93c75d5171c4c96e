"""Members of fetched archives. A member is read by its name and written where the caller says: an archive never decides
where a file goes."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from xstilts.core.errors import DataError


def extract_member(archive: Path, member: str, target: Path) -> None:
    """Write one file of a zip or tar archive (compressed or not) to `target`.

    Raises DataError when it is no archive, is damaged, or has no such file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _member(archive, member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out)


@contextmanager
def _member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                _expect(member, packed.namelist(), archive)
                with packed.open(member) as stream:
                    yield stream
        else:
            with tarfile.open(archive) as packed:
                names = [info.name for info in packed.getmembers() if info.isfile()]
                _expect(member, names, archive)
                opened = packed.extractfile(member)
                assert opened is not None  # a regular file
                with opened as stream:
                    yield stream
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise DataError(f"the archive cannot be read: {error}", where=str(archive)) from error


def _expect(member: str, names: list[str], archive: Path) -> None:
    if member not in names:
        raise DataError(f"the archive has no file '{member}'", where=str(archive), value=member, allowed=names)
