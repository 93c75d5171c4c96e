"""Row makers of questions and their meanings in a formal language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xstilts.core.errors import DataError
from xstilts.data.examples import ParseExample
from xstilts.data.fields import field_value, split_words, text_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import WHERE, Drop, Row

# Marks at the ends of a word, and the borders between Latin letters or digits and scripts that are written without
# blanks: neither is part of a name that a form holds.
_ENDS = re.compile(r"^([\"'`«“‘¿¡(\[{]*)(.*?)([\"'`»”’?!.,;:)\]}。？！，、]*)$", re.DOTALL)
_BORDER = re.compile(
    r"(?<=[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])(?=[A-Za-z0-9_])|"
    r"(?<=[A-Za-z0-9_])(?=[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"
)


@dataclass(frozen=True, kw_only=True)
class ParsesRow(RowMakerBase):
    """A question and its form; unlabelled where the form is null.

    Arguments
        text, form: their fields.
        marks: cut off marks at the ends of words, and Latin words from others; else words stand between blanks.
        lower: lower-case the question.
        more: a field with more texts whose words may be copied (the names of a schema), "" : none.
        database: a field with the name of the database that an SQL form is about, "" : none.
    """

    text: str = "text"
    form: str = "form"
    marks: bool = False
    lower: bool = False
    more: str = ""
    database: str = ""

    def __call__(self, row: Row, number: int) -> ParseExample | Drop:
        if drop := self.dropped(row):
            return drop
        text = text_field(row, self.text)
        words = _words(text.lower() if self.lower else text, self.marks)
        if not words:
            raise DataError("a question without words", where=row[WHERE])
        if self.more:
            words += [word for one in field_value(row, self.more) for word in split_words(str(one))]
        form = None if field_value(row, self.form) is None else text_field(row, self.form)
        database = text_field(row, self.database) if self.database else ""
        return ParseExample(**self.names(row, number), words=tuple(words), lines=(), form=form, database=database)


def _words(text: str, marks: bool) -> list[str]:
    """Cut a question into words.

    >>> _words("Wo liegt 'Zum Ritter'?", marks=True)
    ['Wo', 'liegt', "'", 'Zum', 'Ritter', "'", '?']
    """
    words = split_words(text)
    if not marks:
        return list(words)
    found: list[str] = []
    for word in words:
        for part in _BORDER.split(word):
            match = _ENDS.match(part)
            assert match is not None
            before, core, after = match.groups()
            found += [*before, *([core] if core else []), *after]
    return found
