"""Reader of words with annotation in columns, a word on each line (BIO tags and the like): a row is a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.encodings import UTF8
from xstilts.core.errors import DataError
from xstilts.data.source import LINES, WHERE, Row
from xstilts.data.text_lines import Numbered, expect_fields, line_blocks, split_fields


@dataclass(frozen=True, kw_only=True)
class Bio:
    """One word a line with its annotation, blank lines between sentences.

    A row has the field `words` (the column named "token") and a list for every other column, named by the column and
    an "s": `columns=("index", "token", "tag")` gives words, indexs and tags.

    Arguments
        columns: what stands in each line, in order; one is named "token".
        separator: what stands between the columns; "whitespace" is any run of blanks and TABs.
        comment: lines that begin with it, or with one of several, stand before the first word of a sentence and are
            passed over ("#", "-DOCSTART-"); a later line is a word, whatever it begins with. "": there are none.
        encoding: of the files, as Python's codecs are called.
    """

    columns: tuple[str, ...]
    separator: str = "\t"
    comment: str | tuple[str, ...] = ""
    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __post_init__(self) -> None:
        names = self._names()
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise DataError(f"two columns of a line would be called '{twice}'", hint="Give the columns other names.")

    def _names(self) -> list[str]:
        return ["words" if name == "token" else name + "s" for name in self.columns]

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        names = self._names()
        for path in paths:
            for block in line_blocks(path, self.encoding):
                word_lines = list(dropwhile(self._is_comment, block))
                if not word_lines:
                    continue
                table = []
                for number, line in word_lines:
                    expect_fields(fields := split_fields(line, self.separator), len(names), f"{path}:{number}")
                    table.append(fields)
                columns = [list(column) for column in zip(*table, strict=True)]
                lines = [number for number, _ in word_lines]
                yield {**dict(zip(names, columns, strict=True)), WHERE: f"{path}:{lines[0]}", LINES: lines}

    def _is_comment(self, numbered: Numbered) -> bool:
        return bool(self.comment) and numbered[1].startswith(self.comment)
