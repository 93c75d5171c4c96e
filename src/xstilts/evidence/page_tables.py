"""Tables of a PDF's page, as far as the text laid out as on paper says what stands under what.

A table is taken where a caption ("Table 2: ...") stands right above or below rows of numbers whose cells stand under
each other. Rules, bold type, merged cells and pictures are not in the text: a header over several columns belongs to
those beneath its letters, and a table whose cells cannot be told apart is left out, with a note.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xstilts.evidence.plain_text import collapsed

_CAPTION = re.compile(r"Table\s+(?P<number>[A-Z]?\.?\d{1,3})\s*[:.](?P<says>.*)")
_NUMBER = re.compile(
    r"(?P<value>[+−–-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+−–-]?\.\d+)\s?%?(?:\s?±\s?[\d.]+|\s?\([\d.]+\))?[*†‡§]*"
)
_PART = re.compile(r"\S+(?: \S+)*")
_WORD = re.compile(r"[^\W\d_]{2,}")
FEWEST_ROWS = 2  # of numbers, or it is no table
MOST_BLANK = 2  # lines between two rows, or between a table and its caption
_MOST_WORDS = 4  # of a line that stands between rows and is one cell
_MOST_CAPTION = 6  # lines
_TWO_COLUMNS = 8  # lines with words on both sides of a gutter, in a page of two columns


@dataclass(frozen=True, kw_only=True)
class PrintedRow:
    """A row: its label, and the text of each column after it, "" where there is none."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PrintedTable:
    """A table of a page (from 1). headers: what stands above each column after the labels."""

    number: str
    caption: str
    page: int
    headers: tuple[str, ...]
    rows: tuple[PrintedRow, ...]

    @property
    def name(self) -> str:
        """ "Table 2, page 5"."""
        return f"Table {self.number}, page {self.page}"


class CellNumber(NamedTuple):
    """The number of a cell, and how many digits are printed behind its point."""

    value: float
    digits: int


class _Cell(NamedTuple):
    start: int
    end: int
    text: str


def number_in(cell: str) -> CellNumber | None:
    """Return the number that a cell is; None of text, and of two numbers in one cell ("76.6/60.8").

    >>> number_in("81.4*"), number_in("−1.3 ±0.2"), number_in("76.6/60.8")
    (CellNumber(value=81.4, digits=1), CellNumber(value=-1.3, digits=1), None)
    """
    found = _NUMBER.fullmatch(cell)
    if found is None:
        return None
    plain = found["value"].replace(",", "").replace("−", "-").replace("–", "-")
    return CellNumber(float(plain), len(plain.partition(".")[2]))


def page_tables(layout: str, page: int) -> tuple[tuple[PrintedTable, ...], tuple[str, ...]]:
    """Return the tables of a page from its text laid out as on paper, and what could not be read, in words."""
    lines = layout.expandtabs().splitlines()
    gutter = _gutter(lines)
    captions = list(_captions(lines, gutter))
    above, below = ([_block(one, step) for one in captions] for step in (-1, 1))
    chosen = below if sum(map(bool, below)) > sum(map(bool, above)) else above
    tables, notes = [], []
    for caption, rows in zip(captions, chosen, strict=True):
        table = _table(caption, rows, page) if rows else None
        if table is not None:
            tables.append(table)
        elif rows:
            notes.append(f"the columns of Table {caption.number}, page {page}, cannot be told apart")
    return tuple(tables), tuple(notes)


class _Caption(NamedTuple):
    """A caption with the lines of its column of the page; None is a line that goes across both. first, last: its own
    lines."""

    number: str
    says: str
    lines: Sequence[str | None]
    first: int
    last: int


def _captions(lines: Sequence[str], gutter: int | None) -> Iterator[_Caption]:
    if gutter is None:
        yield from _captions_in(lines)
        return
    whole: list[str | None] = [None if _is_prose(line, gutter) else line for line in lines]
    kept: list[str | None] = [None if _crosses(line, gutter) else line for line in lines]
    yield from (one for one in _captions_in(whole) if _crosses(lines[one.first], gutter))
    yield from _captions_in([line if line is None else line[:gutter] for line in kept])
    yield from _captions_in([line if line is None else line[gutter:] for line in kept])


def _captions_in(lines: Sequence[str | None]) -> Iterator[_Caption]:
    for first, line in enumerate(lines):
        found = _CAPTION.match((line or "").strip())
        if found is None:
            continue
        last, says = first, [found["says"]]
        while last + 1 < min(len(lines), first + _MOST_CAPTION) and _goes_on(lines[last + 1]):
            last += 1
            says.append(lines[last] or "")
        yield _Caption(found["number"], collapsed(" ".join(says)), lines, first, last)


def _goes_on(line: str | None) -> bool:
    """Whether a line after a caption is more of it: words, and one cell."""
    return bool(line) and len(_cells(line or "")) == 1 and _CAPTION.match((line or "").strip()) is None


def _block(caption: _Caption, step: int) -> list[list[_Cell]]:
    """Return the rows right above (-1) or below (1) a caption, in the order of the page; [] where there is no table."""
    place = caption.last + 1 if step > 0 else caption.first - 1
    rows: list[list[_Cell]] = []
    blank = 0
    while 0 <= place < len(caption.lines) and blank <= MOST_BLANK:
        line = caption.lines[place]
        if line is None or _CAPTION.match(line.strip()):
            break
        cells = _cells(line)
        if len(cells) == 1 and (not rows or len(rows[-1]) == 1 or not _is_heading(cells[0].text)):
            break
        blank = 0 if cells else blank + 1
        rows += [cells] if cells else []
        place += step
    rows = rows if step > 0 else rows[::-1]
    while rows and not _is_number_row(rows[-1]):
        rows.pop()
    return rows if sum(map(_is_number_row, rows)) >= FEWEST_ROWS else []


def _is_heading(text: str) -> bool:
    """Whether a line of one cell may stand in a table: short, and no end of a sentence."""
    return len(text.split()) <= _MOST_WORDS and not text.endswith(".")


def _is_number_row(cells: Sequence[_Cell]) -> bool:
    return any(number_in(cell.text) is not None for cell in cells[1:])


def _cells(line: str) -> list[_Cell]:
    """Return what stands apart in a line: parted by two blanks, and numbers by one."""
    found = []
    for part in _PART.finditer(line):
        words = part[0].split(" ")
        apart = re.finditer(r"\S+", part[0]) if all(number_in(word) for word in words) else [re.match(".*", part[0])]
        found += [_Cell(part.start() + one.start(), part.start() + one.end(), one[0]) for one in apart if one]
    return found


def _table(caption: _Caption, rows: Sequence[Sequence[_Cell]], page: int) -> PrintedTable | None:
    """Return the table that rows are; None where two cells of a row stand in one column."""
    first = next(number for number, cells in enumerate(rows) if _is_number_row(cells))
    columns = _columns([cells for cells in rows if _is_number_row(cells)])
    body: list[list[str]] = []
    for cells in rows[first:]:
        places = [_overlapped(cell, columns) for cell in cells]
        if not _is_number_row(cells):  # a heading between rows, of one cell or several
            body.append([" ".join(cell.text for cell in cells), *[""] * (len(columns) - 1)])
            continue
        if len({place for each in places for place in each}) < len(cells):
            return None
        texts = [""] * len(columns)
        for cell, (place, *_) in zip(cells, places, strict=True):
            texts[place] = cell.text
        body.append(texts)
    headers = _headers(rows[:first], columns)
    labelled = sum(number_in(texts[0]) is None for texts in body) > len(body) / 2
    return PrintedTable(
        number=caption.number,
        caption=caption.says,
        page=page,
        headers=tuple(headers[1:] if labelled else headers),
        rows=tuple(
            PrintedRow(label=texts[0], cells=tuple(texts[1:])) if labelled else PrintedRow(label="", cells=tuple(texts))
            for texts in body
        ),
    )


def _columns(rows: Sequence[Sequence[_Cell]]) -> list[tuple[int, int]]:
    """Return the spans of columns: what cells of different rows overlap is one."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted((cell.start, cell.end) for cells in rows for cell in cells):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _overlapped(cell: _Cell, columns: Sequence[tuple[int, int]]) -> list[int]:
    return [number for number, (start, end) in enumerate(columns) if cell.start < end and start < cell.end]


def _headers(rows: Sequence[Sequence[_Cell]], columns: Sequence[tuple[int, int]]) -> list[str]:
    """Return what stands above each column, from top to bottom."""
    said: list[list[str]] = [[] for _ in columns]
    for cell in (cell for cells in rows for cell in cells):
        places = _overlapped(cell, columns) or [_nearest(cell, columns)]
        words = cell.text.split(" ")
        texts = words if len(words) == len(places) else [cell.text] * len(places)
        for place, text in zip(places, texts, strict=True):
            said[place].append(text)
    return [" ".join(texts) for texts in said]


def _nearest(cell: _Cell, columns: Sequence[tuple[int, int]]) -> int:
    return min(
        range(len(columns)), key=lambda number: max(columns[number][0] - cell.end, cell.start - columns[number][1])
    )


def _gutter(lines: Sequence[str]) -> int | None:
    """Return where the two columns of text of a page are parted; None of a page of one column."""
    width = max(map(len, lines), default=0)
    both = Counter(place for line in lines for place in range(width * 2 // 5, width * 3 // 5) if _is_prose(line, place))
    count = max(both.values(), default=0)  # the last such place is where the right column begins
    return max(place for place in both if both[place] == count) if count >= _TWO_COLUMNS else None


def _is_prose(line: str, place: int) -> bool:
    """Whether words stand on both sides of a place, and nothing across it."""
    return not _crosses(line, place) and all(len(_WORD.findall(part)) >= 3 for part in (line[:place], line[place:]))


def _crosses(line: str, place: int) -> bool:
    """Whether text goes across a place: no two blanks stand there, and it does not end before."""
    return len(line) > place and bool(line[max(0, place - 1) : place + 1].strip()) and bool(line[:place].strip())
