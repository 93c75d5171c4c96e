"""Short ways to declare the sources of tasks: local files, the hub, web addresses."""

from __future__ import annotations

from dataclasses import replace

from xstilts.data.readers.parquet import Parquet
from xstilts.data.source import Place, Reader, RowMaker, Source


def local(read: Reader, row: RowMaker, *files: str) -> Place:
    """Return a place for files below a data root, in their published layout; nothing is fetched."""
    return Place(read=read, row=row, files=files)


def hub(repository: str, row: RowMaker, *files: str, revision: str | None = None) -> Place:
    """Return a place for Parquet files of a data set repository on the Hugging Face Hub."""
    return Place(read=Parquet(), row=row, hub=repository, files=files, revision=revision)


CONVERTED = "refs/convert/parquet"  # the hub's own conversion of repositories that hold a loading script


def web(
    read: Reader, row: RowMaker, files: tuple[str, ...], urls: tuple[str, ...], members: tuple[str, ...] = ()
) -> Place:
    """Return a place for files with their original addresses, one for each. `files` are their names below a data root,
    where they may be already, gzip-compressed or not."""
    return Place(read=read, row=row, files=files, urls=urls, members=members)


def raw(repository: str, commit: str, *paths: str) -> tuple[str, ...]:
    """Return addresses of files in a GitHub repository at a commit or tag."""
    return tuple(f"https://raw.githubusercontent.com/{repository}/{commit}/{path}" for path in paths)


def source(*places: Place, language: str = "en", note: str = "", rows: int | None = None) -> Source:
    return Source(places=places, language=language, note=note, rows=rows)


def noted(place: Place, note: str) -> Place:
    """Return the place with what its files are, where they stand in for the published set: said with every score."""
    return replace(place, note=note)


def written_in(place: Place, *languages: str) -> Place:
    """Return the place with the languages that its files are written in: its files are texts in these languages, one
    for each."""
    return replace(place, languages=languages)


def names(text: str) -> tuple[str, ...]:
    """Return the words of `text`: a long list without its quotation marks."""
    return tuple(text.split())
