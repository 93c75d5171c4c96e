"""Reader of text files with one text on each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as setting
from pathlib import Path

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.encodings import UTF8
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import numbered_lines


@dataclass(frozen=True, kw_only=True)
class Lines:
    """One text a line.

    Arguments
        field: name of the field that holds the line.
        blank: keep blank lines as rows (line-aligned files need them).
        encoding: of the files, as Python's codecs are called.
    """

    field: str = "text"
    blank: bool = False
    encoding: str = setting(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            name = str(path)
            for number, line in numbered_lines(path, self.encoding):
                if self.blank or line.strip():
                    yield {self.field: line, WHERE: f"{name}:{number}"}
