"""Fetch the files and the translation models that are not here, each announced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xstilts.core.errors import DataError, EncoderError
from xstilts.data.hub import NoNetworkError, fetch_place
from xstilts.data.locate import Roots, locate_files
from xstilts.data.source import Source
from xstilts.data.study_lock import translator_key
from xstilts.models.translators import find_translator

Say = Callable[[str], None]
NEWEST: Mapping[str, str] = {}  # no revisions are locked


def fetch_missing(sources: Iterable[Source], roots: Roots, say: Say) -> dict[Source, str]:
    """Fetch what is not here. One silence of the network ends the fetching: the rest would only wait for time-outs.

    Returns the reason for each source that is still missing."""
    missing: dict[Source, str] = {}
    silent = False
    for source in sources:
        try:
            locate_files(source, roots)
            continue
        except DataError as error:
            missing[source] = error.what
        for place in source.places:
            if silent or not place.can_be_fetched:
                continue
            try:
                fetch_place(place, roots, say)
                missing.pop(source, None)
                break
            except NoNetworkError as error:
                missing[source], silent = str(error), True
            except DataError as error:
                missing[source] = str(error)
    return missing


def fetch_translators(
    names: Iterable[str],
    roots: Roots,
    say: Say,
    *,
    allow_missing: bool = False,
    revisions: Mapping[str, str] = NEWEST,
) -> None:
    """Fetch the translation models that are not here, at the commits that a lock gives them. Raises EncoderError for
    one that cannot be had, unless it may be missing."""
    for name in names:
        try:
            find_translator(name, roots, fetch=say, revision=revisions.get(translator_key(name), ""))
        except EncoderError:
            if not allow_missing:
                raise
