"""Reader of CoNLL-2009: dependency trees with semantic roles, a word a line, a column for each predicate.

Hajič et al. 2009, *The CoNLL-2009 Shared Task: Syntactic and Semantic Dependencies in Multiple Languages*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.conllu import ConlluWord, word_number
from xstilts.data.readers.conllu_trees import tree_row
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import Numbered, expect_fields, line_blocks

COLUMNS_2009 = (
    *("ID", "FORM", "LEMMA", "PLEMMA", "POS", "PPOS", "FEAT", "PFEAT", "HEAD", "PHEAD", "DEPREL", "PDEPREL"),
    *("FILLPRED", "PRED"),
)
_ROLES = len(COLUMNS_2009)  # the first column of arguments, APRED1
_BLIND = _ROLES - 1  # columns of a test file whose predicates are marked and have neither senses nor arguments


@dataclass(frozen=True, kw_only=True)
class Conll2009:
    """CoNLL-2009 (TABs between columns: `COLUMNS_2009`, then an APRED for each predicate in order of appearance; blank
    lines between sentences). Its gold columns are read, those of automatic annotation (PLEMMA, PHEAD, ...) passed over.

    Rows: words, pos, lemmas, feats, heads, deprels, tokens and fault as `ConlluTrees` has them, and predicates as
    `readers.props` has them, with heads: an argument is a word. A predicate is a word with Y in FILLPRED. Files without
    the columns PRED and APRED say no predicates (None).
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in line_blocks(path):
                table = [(f"{path}:{number}", line.split("\t")) for number, line in block]
                for where, cells in table:
                    if len(cells) < _BLIND:
                        expect_fields(cells, _ROLES, where)
                words = [
                    _word(i, numbered, place) for i, (numbered, place) in enumerate(zip(block, table, strict=True))
                ]
                columns = {
                    "pos": [cells[4] for _, cells in table],
                    "lemmas": [cells[2] for _, cells in table],
                    "feats": [cells[6] for _, cells in table],
                }
                tree = {key: value for key, value in tree_row(words, []).items() if key != "upos"}
                yield {**tree, **columns, "predicates": _predicates(table), WHERE: table[0][0]}


def _word(index: int, line: Numbered, row: tuple[str, list[str]]) -> ConlluWord:
    where, cells = row
    if word_number(cells[0], where) != index + 1:
        raise DataError(f"the word has number {cells[0]}, expected {index + 1}", where=where)
    attached = cells[8] != "_"
    head = word_number(cells[8], where) if attached else 0
    return ConlluWord(cells[1], cells[4], cells[4], cells[6], head, cells[10], "_", where, line[0], attached)


def _predicates(table: Sequence[tuple[str, list[str]]]) -> list[dict[str, Any]] | None:
    """Return the predicates of a sentence. Raises DataError (file:line) for a line with more or fewer columns than it
    has predicates, and for a predicate that is neither marked nor not."""
    if all(len(cells) == _BLIND for _, cells in table):
        return None
    for where, cells in table:
        if cells[12] not in ("Y", "_"):
            raise DataError(f"FILLPRED is '{cells[12]}'", where=where, value=cells[12], allowed=("Y", "_"))
    places = [index for index, (_, cells) in enumerate(table) if cells[12] == "Y"]
    for where, cells in table:
        expect_fields(cells, _ROLES + len(places), where)
    return [_predicate(index, table, _ROLES + number) for number, index in enumerate(places)]


def _predicate(index: int, table: Sequence[tuple[str, list[str]]], column: int) -> dict[str, Any]:
    arguments = [(word, cells[column], where) for word, (where, cells) in enumerate(table) if cells[column] != "_"]
    sense = table[index][1][13]
    return {
        "index": index,
        "sense": None if sense == "_" else sense,
        "heads": [(word, label) for word, label, _ in arguments],
        "places": [where for *_, where in arguments],
    }
