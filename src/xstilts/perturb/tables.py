"""Noise by a table: a character is replaced by one that the table has for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.core.fingerprints import file_checksum
from xstilts.data.text_lines import read_text
from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import is_simple

Table = Mapping[str, Sequence[str]]  # character -> what may stand for it

_LAYOUT = 'It is a JSON object: {"a": ["q", "w"], ...}, or the form of confusables.json ({"a": [{"c": "..."}]}).'


@dataclass(frozen=True, kw_only=True)
class TableNoise(Perturbation):
    """The base of noise by a table.

    table: a file with a table of one's own (JSON: character -> list of characters), for every language; None: the
    packaged one of the language. table_digest: the checksum of the file, found where it is not given.
    """

    paths: ClassVar[tuple[str, ...]] = ("table",)

    table: Path | None = field(default=None, metadata=NOT_IDENTITY)
    table_digest: str = field(default="", metadata=OMIT_DEFAULT)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.table is not None:
            object.__setattr__(self, "table", Path(self.table))
            read_table(Path(self.table))
            object.__setattr__(self, "table_digest", file_checksum(Path(self.table)))

    def packaged_table(self, language: str) -> Table:
        """Return the packaged table of a language; empty: there is none."""
        raise NotImplementedError

    def lacks(self, language: str) -> str:
        """Return what is said of a language that has no table."""
        raise NotImplementedError

    def unavailable(self, language: str) -> str | None:
        return None if self._table_of(language) else self.lacks(language)

    def _table_of(self, language: str) -> Table:
        return self.packaged_table(language) if self.table is None else read_table(self.table)

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, table = original.text, self._table_of(original.language)
        if is_simple(text):
            places = [at for at, char in enumerate(text) if char in table]
        else:  # of a cluster its first character is replaced, and its marks stay
            places = [start for start, _ in original.clusters if text[start] in table]
        edits = []
        for at in map(places.__getitem__, stream.places(len(places), self.rate)):
            edits.append(Edit(at, at + 1, stream.one_of(table[text[at]])))
        return rewriting_of(original, edits, len(places))


@lru_cache(maxsize=16)
def read_table(path: Path) -> Table:
    """Return the table in a JSON file: of single characters, without those that stand for themselves.

    Raises DataError for a file that is none.
    """
    try:
        raw = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"this is no JSON: {error.msg}", where=f"{path}:{error.lineno}", hint=_LAYOUT) from None
    if not isinstance(raw, dict):
        raise DataError("this is no table of characters", where=str(path), hint=_LAYOUT)
    table = {char: tuple(_characters(char, items, path)) for char, items in raw.items() if len(char) == 1}
    found = {char: others for char, others in table.items() if others}
    if not found:
        raise DataError("the table has no character to be replaced", where=str(path), hint=_LAYOUT)
    return found


def _characters(char: str, items: Any, path: Path) -> list[str]:
    listed = [items] if isinstance(items, str) else items
    if not isinstance(listed, list):
        raise DataError(f"the entry of '{char}' is no list of characters", where=str(path), hint=_LAYOUT)
    others = list[str]()
    for item in listed:
        other = item.get("c") if isinstance(item, dict) else item
        if not isinstance(other, str) or not other:
            raise DataError(f"the entry of '{char}' holds {item!r}, which is no text", where=str(path), hint=_LAYOUT)
        others.append(other)
    return [other for other in others if other != char and len(other) == 1]
