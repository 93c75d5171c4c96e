"""Reader of TMX, the exchange format of translation memories: texts in several languages that say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from xstilts.core.errors import DataError
from xstilts.core.files import open_bytes
from xstilts.core.languages import known_code
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import reading

_CODES = ("bpt", "ept", "it", "ph", "ut")  # elements within a segment that hold codes of a program, and no text
_CHUNK = 1 << 16  # bytes


@dataclass(frozen=True, kw_only=True)
class Tmx:
    """Translation units that have a text in each of the `languages`. A row has a field for each, called as it is here,
    and `tuid`, the unit's id ("" without); `where` is the line of the unit.

    A language is found whatever way its code is written ("DE-DE" is "de"); of several texts in one the first is taken.
    Codes of translation programs within a text are left out. A file that defines entities is refused.
    """

    languages: tuple[str, ...]

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        asked = {_canonical(language): language for language in self.languages}
        for path in paths:
            for unit in _units(path):
                found = {asked[code]: text for code, text in unit.texts.items() if code in asked}
                if len(found) == len(asked):
                    yield {**found, "tuid": unit.id, WHERE: f"{path}:{unit.line}"}


def _canonical(code: str) -> str:
    return known_code(code) or code.lower()


class _Unit:
    """A translation unit while it is read. `texts`: canonical code -> the first text in that language."""

    def __init__(self, id: str, line: int) -> None:
        self.id, self.line = id, line
        self.texts: dict[str, str] = {}


class _Parser:
    """Gathers whole units from the events of an XML parser."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: list[_Unit] = []
        self._unit: _Unit | None = None
        self._language = ""
        self._text: list[str] | None = None  # of the segment that is read
        self._codes = 0  # elements of codes that are open
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "tu":
            self._unit = _Unit(attributes.get("tuid", ""), self.parser.CurrentLineNumber)
        elif name == "tuv":
            self._language = attributes.get("xml:lang") or attributes.get("lang") or ""
        elif name == "seg":
            self._text, self._codes = [], 0
        self._codes += name in _CODES

    def _end(self, name: str) -> None:
        self._codes -= name in _CODES
        if name == "seg" and self._unit is not None and self._text is not None:
            self._unit.texts.setdefault(_canonical(self._language), " ".join("".join(self._text).split()))
            self._text = None
        elif name == "tu" and self._unit is not None:
            self.done.append(self._unit)
            self._unit = None

    def _characters(self, text: str) -> None:
        if self._text is not None and not self._codes:
            self._text.append(text)

    def _entity(self, *_: object) -> None:
        where = f"{self.path}:{self.parser.CurrentLineNumber}"
        raise DataError("an XML file that defines entities is not read", where=where)


def _units(path: Path) -> Iterator[_Unit]:
    reader = _Parser(path)
    try:
        with reading(path), open_bytes(path) as file:
            while chunk := file.read(_CHUNK):
                reader.parser.Parse(chunk, False)
                yield from reader.done
                reader.done.clear()
            reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        problem = f"this is not XML: {expat.ErrorString(error.code)}"
        raise DataError(problem, where=f"{path}:{error.lineno}") from error
    yield from reader.done
