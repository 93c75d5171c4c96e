"""The blocks of a report, before they become HTML, Markdown or lines of a terminal. All are written from the same
blocks, so their numbers agree.

All strings are plain text; each writer escapes them. The exception is `Figure.svg`, made by this package's own figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.report.elements.marks import explained


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A field of a table. `marks` are short warnings ("diverged"); `small_print` are lines below the text."""

    text: str
    small_print: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    tip: str = ""
    role: str = ""  # "missing", "best", "faint", "code", "text", "wrong"

    @property
    def flat(self) -> str:
        """Everything in one line: "71.2, others 68.9 [diverged]"."""
        marks = f" [{', '.join(self.marks)}]" if self.marks else ""
        return ", ".join([self.text, *self.small_print]) + marks


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """A column of a table, with its heading."""

    label: str
    small_print: tuple[str, ...] = ()  # what is averaged, in which metric
    numeric: bool = True

    @property
    def flat(self) -> str:
        return f"{self.label} ({'; '.join(self.small_print)})" if self.small_print else self.label


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; the first cell of a row is its heading. `foot` rows are printed below a line (floors, totals)."""

    form: ClassVar[str] = "table"
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    foot: tuple[tuple[TableCell, ...], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def full_caption(self) -> str:
        """The caption, with what the marks in the table mean."""
        cells = [cell for row in (*self.rows, *self.foot) for cell in row]
        texts = (text for cell in cells for text in (cell.text, *cell.small_print))
        warnings = (mark for cell in cells for mark in cell.marks)
        marks = explained(texts, warnings, any(cell.role == "best" for cell in cells))
        return " ".join(text for text in (self.caption, *marks) if text)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing; the numbers it shows are in a table of the same section."""

    form: ClassVar[str] = "figure"
    svg: tuple[str, ...]  # shown side by side where there is room
    caption: str
    legend: tuple[str, ...] = ()  # names of the colours a0, a1, ...


@dataclass(frozen=True, kw_only=True)
class Prose:
    """A paragraph."""

    form: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list of points."""

    form: ClassVar[str] = "items"
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Code:
    """Text to copy, such as a command."""

    form: ClassVar[str] = "code"
    text: str
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Blocks that a reader opens. page_only: they are left out of Markdown, for they quote many texts of data sets."""

    form: ClassVar[str] = "fold"
    title: str
    blocks: tuple[Block, ...]
    page_only: bool = False


Block = Table | Figure | Prose | Items | Code | Fold


@dataclass(frozen=True, kw_only=True)
class Section:
    """A titled part of the page; `id` is its anchor."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """The whole report, in the order in which it is read."""

    title: str
    question: str
    answer: tuple[str, ...]  # one or two sentences
    facts: tuple[str, ...]  # encoder, seeds, scale: the line under the title
    sections: tuple[Section, ...]


@dataclass(frozen=True, kw_only=True)
class TerminalText:
    """A paragraph on the terminal. `style`: "bold", "dim", or "" for plain text."""

    text: str
    style: str = ""


@dataclass(frozen=True, kw_only=True)
class TerminalTable:
    """A table on the terminal.

    caption: the line below it, in the place of the table's own.
    compact_caption, turned_caption: the same where the table has more columns than a terminal is wide for, and is
        printed as numbers alone, as it is or with its columns down; "" for a table that is always printed in full.
    """

    table: Table
    caption: str
    compact_caption: str = ""
    turned_caption: str = ""


TerminalBlock = TerminalText | TerminalTable
