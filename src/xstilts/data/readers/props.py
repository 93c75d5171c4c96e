"""Readers of props columns, in which CoNLL 2005 has the arguments of predicates.

Predicates in a row are mappings with `index` (the word, from 0), `sense` and, as the file has them, `spans` (start,
end, label; words `start` to `end` - 1) and `heads` (word, label); `places` is the file:line of each argument's label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import expect_fields, line_blocks

_OPENS = re.compile(r"\(((?:\\\*|[^*(])+)")


_CLOSES = re.compile(r"([^)]*)\)")


@dataclass(frozen=True, kw_only=True)
class Props:
    """The columns that CoNLL 2005 scores: the verb of each predicate or "-", then for each predicate, in order of
    appearance, a column of brackets (`(A0*`, `*`, `*)`), between blanks; a blank line between sentences.

    Rows: verbs (one a word, None at the others), predicates (`sense` is the verb; spans with "V"), where.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in line_blocks(path):
                table = [(f"{path}:{number}", line.split()) for number, line in block]
                verbs = [None if cells[0] == "-" else cells[0] for _, cells in table]
                places = [i for i, verb in enumerate(verbs) if verb is not None]
                for where, cells in table:
                    expect_fields(cells, 1 + len(places), where)
                predicates = [
                    column_predicate(i, verbs[i], [(where, cells[1 + k]) for where, cells in table])
                    for k, i in enumerate(places)
                ]
                yield {"verbs": verbs, "predicates": predicates, WHERE: table[0][0]}


@dataclass(frozen=True, kw_only=True)
class ConlluProps:
    """The words of CoNLL-U and the props columns of the same sentences, in pairs of files, sentence by sentence.

    Rows: those of `ConlluTrees`, with the predicates of `Props`.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) % 2:
            raise DataError(f"{len(paths)} files, but words and props come in pairs", where=str(paths[-1]))
        for words, props in zip(paths[::2], paths[1::2], strict=True):
            for row, props_row in zip_longest(ConlluTrees()([words]), Props()([props])):
                if row is None or props_row is None:
                    shorter = words if row is None else props
                    raise DataError(f"{shorter} has no sentence to this one", where=(row or props_row)[WHERE])
                if len(row["words"]) != len(props_row["verbs"]):
                    message = f"{len(props_row['verbs'])} rows of props, but {row[WHERE]} has {len(row['words'])} words"
                    raise DataError(message, where=props_row[WHERE])
                yield {**row, "predicates": props_row["predicates"]}


def column_predicate(index: int, sense: str | None, column: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the predicate of a column of (file:line, brackets). Raises DataError as `bracketed_spans`."""
    spans = bracketed_spans(column)
    return {"index": index, "sense": sense, "spans": spans, "places": [column[start][0] for start, _, _ in spans]}


def bracketed_spans(column: Sequence[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Return the spans (start, end, label) of a column of (file:line, brackets), in the order in which they open.

    >>> bracketed([("f:1", "(A0*"), ("f:2", "*)"), ("f:3", "(V*)")])
    [(0, 2, 'A0'), (2, 3, 'V')]

    Raises DataError (file:line) for what is no bracket, is closed without having been opened, or is never closed.
    """
    spans: list[tuple[int, int, str]] = []
    open_: list[int] = []  # numbers of spans
    for word, (where, tag) in enumerate(column):
        unread = tag
        while opened := _OPENS.match(unread):
            open_.append(len(spans))
            spans.append((word, -1, opened[1]))
            unread = unread[opened.end() :]
        if not unread.startswith("*"):
            raise DataError(f"'{tag}' is not of the form (LABEL*), (LABEL*, * or *)", where=where)
        unread = unread[1:]
        while unread:
            closed = _CLOSES.match(unread)
            if closed is None or not open_:
                raise DataError(f"'{tag}' closes what is not open" if closed else f"'{tag}' is no bracket", where=where)
            start, _, label = spans[number := open_.pop()]
            if closed[1] not in ("", label):
                raise DataError(f"'{tag}' closes {closed[1]}, but {label} is open", where=where)
            spans[number] = (start, word + 1, label)
            unread = unread[closed.end() :]
    if open_:
        start, _, label = spans[open_[-1]]
        raise DataError(f"the argument {label} that begins here is never closed", where=column[start][0])
    return spans
