"""What a report is made of, before it becomes HTML or Markdown. Both are written from these, so their numbers agree.

All strings are plain text; each writer escapes them. The exception is `Figure.svg`, made by this package's own figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A field of a table. `marks` are short warnings ("diverged"); `under` are lines in small print below."""

    text: str
    under: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    tip: str = ""
    role: str = ""  # "missing", "best", "faint", "code"

    @property
    def flat(self) -> str:
        """Everything in one line: "71.2, others 68.9 [diverged]"."""
        marks = f" [{', '.join(self.marks)}]" if self.marks else ""
        return ", ".join([self.text, *self.under]) + marks


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    label: str
    under: tuple[str, ...] = ()  # what is averaged, in which metric
    numeric: bool = True

    @property
    def flat(self) -> str:
        return f"{self.label} ({'; '.join(self.under)})" if self.under else self.label


@dataclass(frozen=True, kw_only=True)
class Table:
    """The first entry of a row is its heading. `foot` rows are set apart (floors, totals)."""

    form: ClassVar[str] = "table"
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    foot: tuple[tuple[TableCell, ...], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing; the numbers it shows stand in a table of the same section."""

    form: ClassVar[str] = "figure"
    svg: tuple[str, ...]  # shown side by side where there is room
    caption: str
    legend: tuple[str, ...] = ()  # names of the colours a0, a1, ...


@dataclass(frozen=True, kw_only=True)
class Prose:
    form: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True, kw_only=True)
class Items:
    form: ClassVar[str] = "items"
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Code:
    form: ClassVar[str] = "code"
    text: str
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Blocks a reader opens when wanted."""

    form: ClassVar[str] = "fold"
    title: str
    blocks: tuple[Block, ...]


Block = Table | Figure | Prose | Items | Code | Fold


@dataclass(frozen=True, kw_only=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    title: str
    question: str
    answer: tuple[str, ...]  # one or two sentences
    facts: tuple[str, ...]  # encoder, seeds, scale: the line under the title
    sections: tuple[Section, ...]
