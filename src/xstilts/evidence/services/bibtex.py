"""BibTeX: entries with their fields, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xstilts.evidence.plain_text import collapsed

_START = re.compile(r"@\s*([A-Za-z]+)\s*[{(]")
_FIELD = re.compile(r"\s*([A-Za-z][\w.-]*)\s*=\s*")
_MONTHS = {
    "jan": "1", "feb": "2", "mar": "3", "apr": "4", "may": "5", "jun": "6", "jul": "7", "aug": "8", "sep": "9",
    "oct": "10", "nov": "11", "dec": "12",
}  # fmt: skip
_SPECIAL = re.compile(r"([&%$#_{}])")


@dataclass(frozen=True, kw_only=True)
class BibtexEntry:
    """One entry: its type and key, its fields (as LaTeX, names in lower case), and the line that it begins at."""

    kind: str
    key: str
    fields: Mapping[str, str]
    line: int


class BibtexError(ValueError):
    """Text that is no BibTeX; `line` counts from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


def read_bibtex(text: str) -> Iterator[BibtexEntry]:
    """Yield the entries of a text; comments, preambles and texts between entries are passed over, and `@string` is
    put in where it is used. Raises BibtexError where an entry does not end."""
    strings: dict[str, str] = dict(_MONTHS)
    place, line, counted = 0, 1, 0
    while found := _START.search(text, place):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        kind, place = found[1].lower(), found.end()
        if kind == "comment":
            continue
        if kind == "preamble":
            _, place = _braced(text, place - 1, line)
            continue
        fields: dict[str, str] = {}
        key = ""
        if kind != "string":
            end = re.compile(r"[,})]").search(text, place)
            if end is None:
                raise BibtexError("the entry does not end", line)
            key, place = text[place : end.start()].strip(), end.start() + (text[end.start()] == ",")
        place = _read_fields(text, place, fields, strings, line)
        if kind == "string":
            strings |= fields
        else:
            yield BibtexEntry(kind=kind, key=key, fields=fields, line=line)


def _read_fields(text: str, place: int, fields: dict[str, str], strings: Mapping[str, str], line: int) -> int:
    """Put the fields from `place` on into `fields`, and return the place behind the entry."""
    while True:
        found = _FIELD.match(text, place)
        if found is None:
            end = re.compile(r"\s*,?\s*([})])").match(text, place)
            if end is None:
                raise BibtexError("a field has no name and value (name = {value})", line)
            return end.end()
        value, place = _value(text, found.end(), strings, line)
        fields.setdefault(found[1].lower(), value)
        comma = re.compile(r"\s*,").match(text, place)
        place = comma.end() if comma else place


def _value(text: str, place: int, strings: Mapping[str, str], line: int) -> tuple[str, int]:
    """Return a value, pieces joined by `#`, and the place behind it."""
    pieces = []
    while True:
        if text[place : place + 1] == "{":
            piece, place = _braced(text, place, line)
        elif text[place : place + 1] == '"':
            piece, place = _quoted(text, place, line)
        else:
            found = re.compile(r"[^\s,#{}()\"]+").match(text, place)
            if found is None:
                raise BibtexError("a field has no value", line)
            piece, place = strings.get(found[0].lower(), found[0]), found.end()
        pieces.append(piece)
        more = re.compile(r"\s*#\s*").match(text, place)
        if more is None:
            return "".join(pieces), place
        place = more.end()


def _braced(text: str, place: int, line: int) -> tuple[str, int]:
    depth = 0
    for found in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, place):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0 and found[0] == "}":
            return text[place + 1 : found.start()], found.end()
    raise BibtexError("a brace is not closed", line)


def _quoted(text: str, place: int, line: int) -> tuple[str, int]:
    depth = 0
    for found in re.compile(r'\\.|[{}"]', re.DOTALL).finditer(text, place + 1):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if found[0] == '"' and depth == 0:
            return text[place + 1 : found.start()], found.end()
    raise BibtexError("a quotation mark is not closed", line)


def write_bibtex(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """Return an entry; what LaTeX would act on is escaped, so that a title is printed and never run."""
    lines = [f"  {name} = {{{_latex(value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _latex(text: str) -> str:
    plain = collapsed(text).replace("\\", "\0").replace("~", "\1").replace("^", "\2")
    plain = _SPECIAL.sub(r"\\\1", plain)
    for mark, command in (("\0", "textbackslash"), ("\1", "textasciitilde"), ("\2", "textasciicircum")):
        plain = plain.replace(mark, rf"\{command}{{}}")
    return plain
