"""Names that become files and folders: the one place where a text from outside is made a path component or refused."""

from __future__ import annotations

import os
from pathlib import Path

from xstilts.core.errors import StudyError, XstiltsError

LONGEST = 100  # characters; with suffixes and in UTF-8 still a file name everywhere
_FORBIDDEN = frozenset('/\\\0<>:"|?*')


def path_component(text: str, noun: str, where: str | None = None, error: type[XstiltsError] = StudyError) -> str:
    """Return `text` as it is, where it can be the name of one file or folder.

    Args:
        text: A name from a study, an option, a file or a server.
        noun: What it names ("study", "task"), for the error.
        where: The place it comes from, for the error.
        error: The class that is raised.

    Raises:
        StudyError, or `error`: it is empty, too long, "." or hidden, has a separator, a character that some file system
            refuses, blanks around it, or what no file name can be written in.
    """
    if problem := _problem(text):
        shown = text if len(text) <= LONGEST else f"{text[:40]}…"
        raise error(f"The {noun} name {shown!r} cannot name a file: {problem}.", where=where)
    return text


def inside(folder: Path, name: str, noun: str = "file") -> Path:
    """Return the path of `name` directly in `folder`. Raises StudyError for a name that would lead elsewhere, or that
    this locale has no bytes for."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError as error:
        raise StudyError(
            f"The {noun} name {name!r} cannot name a file where file names are in {error.encoding}.",
            hint="Set PYTHONUTF8=1 or LC_ALL=C.UTF-8.",
        ) from error
    return folder / path_component(name, noun)


def _problem(text: str) -> str:
    if not text:
        return "it is empty"
    if len(text) > LONGEST:
        return f"it has {len(text):,} characters, and may have {LONGEST}"
    if text.startswith("."):
        return "it begins with a dot"
    if text != text.strip() or text.endswith("."):
        return "it has a blank or a dot at an end"
    if forbidden := sorted(_FORBIDDEN & set(text)):
        return f"it has {' '.join(map(repr, forbidden))} in it"
    if not text.isprintable():
        return "it has characters in it that cannot be printed"
    try:
        too_long = len(text.encode("utf-8")) > 2 * LONGEST
    except UnicodeEncodeError:
        return "it is no valid Unicode text"
    return f"it has more than {2 * LONGEST} bytes" if too_long else ""
