"""Reader of PropBank over the English Web Treebank (EWT). Predicates are written as `readers.props` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.data.readers.props import column_predicate
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import Numbered, expect_fields, line_blocks, numbered_lines


@dataclass(frozen=True, kw_only=True)
class EwtPropBank:
    """PropBank on the English Web Treebank: roles without words (`.gold_skel`), joined with the words of UD EWT.

    Three files: CoNLL-U, skeleton, join table (TSV with header: ud_split, ud_sent_id, ud_index, skel_document,
    skel_sentence, ud_words, skel_tokens, status). The skeleton has columns between blanks: document, sentence, token,
    word (masked), POS, tree, frame file, roleset or "-", then for each predicate, in order of appearance, a column of
    brackets. Row k of a skeleton sentence is word k of the UD sentence where the table says "ok".

    Rows: those of `ConlluTrees`, with predicates (spans with "V") and join: the status in the table. Where it is not
    "ok", predicates is None.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        expect_fields([str(path) for path in paths], 3, str(paths[0]))
        skeletons = dict(_skeletons(paths[1]))
        table = _join_table(paths[2])
        for row in ConlluTrees()(paths[:1]):
            if row["sent_id"] not in table:
                raise DataError(f"{paths[2]} has no row for the sentence '{row['sent_id']}'", where=row[WHERE])
            entry, where = table[row["sent_id"]]
            predicates = None
            if entry["status"] == "ok":
                block = skeletons.get((entry["skel_document"], entry["skel_sentence"]))
                if block is None:
                    raise DataError(f"{paths[1]} has no such sentence", where=where)
                if len(block) != len(row["words"]):
                    message = f"the skeleton has {len(block)} tokens, the sentence {len(row['words'])} words"
                    raise DataError(message, where=f"{paths[1]}:{block[0][0]}")
                predicates = _skeleton_predicates(paths[1], block)
            yield {**row, "predicates": predicates, "join": entry["status"]}


def _skeletons(path: Path) -> Iterator[tuple[tuple[str, str], list[Numbered]]]:
    for block in line_blocks(path):
        cells = block[0][1].split()
        if len(cells) < 8:
            raise DataError(f"the row has {len(cells)} fields, expected at least 8", where=f"{path}:{block[0][0]}")
        yield (cells[0], cells[1]), block


def _skeleton_predicates(path: Path, block: Sequence[Numbered]) -> list[dict[str, Any]]:
    table = [(f"{path}:{number}", line.split()) for number, line in block]
    count = sum(len(cells) > 7 and cells[7] != "-" for _, cells in table)
    for where, cells in table:
        expect_fields(cells, 8 + count, where)
    senses = [(i, cells[7]) for i, (_, cells) in enumerate(table) if cells[7] != "-"]
    return [
        column_predicate(i, sense, [(where, cells[8 + k]) for where, cells in table])
        for k, (i, sense) in enumerate(senses)
    ]


def _join_table(path: Path) -> dict[str, tuple[Mapping[str, str], str]]:
    """Return sent_id -> (its row, file:line)."""
    rows = numbered_lines(path)
    _, header = next(rows, (1, ""))
    names = header.split("\t")
    table: dict[str, tuple[Mapping[str, str], str]] = {}
    for number, line in rows:
        where = f"{path}:{number}"
        expect_fields(cells := line.split("\t"), len(names), where)
        entry = dict(zip(names, cells, strict=True))
        table[entry["ud_sent_id"]] = entry, where
    return table
