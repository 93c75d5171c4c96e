"""Reader of CoNLL-2012 (OntoNotes, `*_conll`): parts of speech, named entities and predicates with their arguments.

Pradhan et al. 2012, *CoNLL-2012 Shared Task: Modeling Multilingual Unrestricted Coreference in OntoNotes*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.conllu import word_number
from xstilts.data.readers.props import bracketed_spans, column_predicate
from xstilts.data.source import LINES, WHERE, Row
from xstilts.data.text_lines import expect_fields, line_blocks

# Columns by number: document, part, word number, word, part of speech, parse, lemma, frameset, sense, speaker, named
# entities, then one for each predicate, and coreference last.
_FIXED = 12
_MASKED = "[WORD]"
_ONE_WORD = re.compile(r"\(([^*()]+)\)")  # an entity of one word
_TableRow = tuple[str, list[str]]  # file:line, cells


@dataclass(frozen=True, kw_only=True)
class Conll2012:
    """CoNLL-2012 (runs of blanks between columns, blank lines between sentences, lines with `#begin document` and
    `#end document`).

    Rows: words, pos, entities (BIO tags: `(PERSON*`, `*)` become B-PERSON, I-PERSON), predicates as `readers.props` has
    them (spans, with "V"; `sense` is lemma and frameset, "have.03"), heads (None) and fault (None), document, part. The
    brackets of the parses must fit, and are not in a row; coreference is passed over.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in line_blocks(path):
                numbers = [number for number, line in block if not line.startswith("#")]
                table = [(f"{path}:{number}", line.split()) for number, line in block if not line.startswith("#")]
                if table:
                    yield {**_row(table), WHERE: table[0][0], LINES: numbers}


def _row(table: Sequence[_TableRow]) -> Row:
    columns = max(_FIXED, len(table[0][1]))
    for number, (where, cells) in enumerate(table):
        expect_fields(cells, columns, where)
        if word_number(cells[2], where) != number:
            raise DataError(f"the word has number {cells[2]}, expected {number}", where=where)
        if cells[3] == _MASKED:
            hint = "Put the words in with the program that comes with the data (skeleton2conll)."
            raise DataError("the words are not in this file", where=where, hint=hint)
    if any(cells[5] != "-" for _, cells in table):
        bracketed_spans(_column(table, 5))
    return {
        "words": [cells[3] for _, cells in table],
        "pos": [cells[4] for _, cells in table],
        "entities": _bio_tags(_column(table, 10)),
        "predicates": [_predicate(table, number) for number in range(_FIXED - 1, columns - 1)],
        "heads": None,
        "fault": None,
        "document": table[0][1][0],
        "part": table[0][1][1],
    }


def _column(table: Sequence[_TableRow], number: int) -> list[tuple[str, str]]:
    return [(where, cells[number]) for where, cells in table]


def _bio_tags(column: Sequence[tuple[str, str]]) -> list[str]:
    """Return the tags of a column of brackets. Raises DataError (file:line) for an entity within another.

    >>> _bio_tags([("f:1", "(PERSON*"), ("f:2", "*)"), ("f:3", "(DATE)"), ("f:4", "*")])
    ['B-PERSON', 'I-PERSON', 'B-DATE', 'O']
    """
    tags = ["O"] * len(column)
    for start, end, label in bracketed_spans([(where, _ONE_WORD.sub(r"(\1*)", tag)) for where, tag in column]):
        if any(tag != "O" for tag in tags[start:end]):
            raise DataError(f"the entity {label} lies within another", where=column[start][0])
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


def _predicate(table: Sequence[_TableRow], number: int) -> dict[str, Any]:
    """Return the predicate of a column. Raises DataError, at the sentence's first line, where none is marked by V."""
    column = _column(table, number)
    verb = next((start for start, _, label in bracketed_spans(column) if label == "V"), None)
    if verb is None:
        raise DataError(f"column {number + 1} has arguments of no predicate: nowhere (V*)", where=table[0][0])
    lemma, frameset = table[verb][1][6:8]
    return column_predicate(verb, None if lemma == "-" else f"{lemma}.{frameset}", column)
