"""Reader of Universal PropBank 2.0. Predicates are written as `readers.props` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import Numbered, expect_fields, line_blocks

_PROJECTED = re.compile(r"([CR]-)?(AM-|A)(?=\S)(?!RG)(.+)")


@dataclass(frozen=True, kw_only=True)
class UniversalPropBank:
    """Universal PropBank 2.0: CoNLL-U with the words, CoNLL-U Plus with the roles (ID, UP:PRED, UP:ARGHEADS as
    `label:head`, UP:ARGSPANS as `label:from-to`, joined by "|"), in pairs of files. Sentences are joined by sent_id.

    Rows: those of `ConlluTrees` with predicates (spans and heads, in one order). Labels are written as English PropBank
    has them: "A0" becomes "ARG0", "AM-TMP" "ARGM-TMP", also after "C-" and "R-".
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) % 2:
            raise DataError(f"{len(paths)} files, but words and roles come in pairs", where=str(paths[-1]))
        for words, roles in zip(paths[::2], paths[1::2], strict=True):
            role_blocks = {
                _sent_id(roles, block): block for block in line_blocks(roles) if any("\t" in line for _, line in block)
            }
            for row in ConlluTrees()([words]):
                if (block := role_blocks.get(row["sent_id"])) is None:
                    raise DataError(f"{roles} has no sentence '{row['sent_id']}'", where=row[WHERE])
                yield {**row, "predicates": _projected(roles, block, len(row["words"]))}


def _sent_id(path: Path, block: Sequence[Numbered]) -> str:
    for _, line in block:
        if line.startswith("# sent_id ="):
            return line.partition("=")[2].strip()
    raise DataError("the sentence has no sent_id", where=f"{path}:{block[0][0]}")


def _projected(path: Path, block: Sequence[Numbered], words: int) -> list[dict[str, Any]]:
    predicates: list[dict[str, Any]] = []
    seen = 0
    for number, line in block:
        where = f"{path}:{number}"
        if line.startswith("#"):
            continue
        expect_fields(cells := line.split("\t"), 4, where)
        if not cells[0].isdecimal():
            continue
        seen += 1
        if int(cells[0]) != seen:
            raise DataError(f"the word has number {cells[0]}, expected {seen}", where=where)
        if cells[1] != "_":
            heads, spans = _heads(cells[2], words, where), _spans(cells[3], words, where)
            if [label for _, label in heads] != [label for *_, label in spans]:
                raise DataError("the labels of heads and spans differ", where=where)
            places = [where] * len(spans)
            predicates.append({"index": seen - 1, "sense": cells[1], "spans": spans, "heads": heads, "places": places})
        elif cells[2:] != ["_", "_"]:
            raise DataError("arguments without a predicate", where=where)
    if seen != words:
        raise DataError(f"{seen} words, but the sentence has {words}", where=f"{path}:{block[0][0]}")
    return predicates


def _heads(cell: str, words: int, where: str) -> list[tuple[int, str]]:
    return [(first, label) for label, first, _ in _ranges(cell, words, where)]


def _spans(cell: str, words: int, where: str) -> list[tuple[int, int, str]]:
    return [(first, last + 1, label) for label, first, last in _ranges(cell, words, where)]


def _ranges(cell: str, words: int, where: str) -> list[tuple[str, int, int]]:
    """Return (label, first, last) of `label:from-to` or `label:word`, words from 0."""
    ranges = []
    for part in cell.split("|") if cell != "_" else ():
        read = re.fullmatch(r"(.+):(\d+)(?:-(\d+))?", part)
        if not read or not 1 <= int(read[2]) <= int(read[3] or read[2]) <= words:
            raise DataError(f"'{part}' is no label and words of this sentence (1 to {words})", where=where)
        ranges.append((english_label(read[1]), int(read[2]) - 1, int(read[3] or read[2]) - 1))
    return ranges


def english_label(label: str) -> str:
    """Return a label of CoNLL 2005 as English PropBank has it.

    >>> [english_label(label) for label in ("A0", "C-A1-DSP", "R-AM-TMP", "ARG0", "V")]
    ['ARG0', 'C-ARG1-DSP', 'R-ARGM-TMP', 'ARG0', 'V']
    """
    match = _PROJECTED.fullmatch(label)
    if not match:
        return label
    return (match[1] or "") + {"A": "ARG", "AM-": "ARGM-"}[match[2]] + match[3]


def projected_label(label: str) -> str:
    """Return a label of English PropBank as CoNLL 2005 has it, which `english_label` reads.

    >>> [projected_label(label) for label in ("ARG0", "C-ARG1-DSP", "R-ARGM-TMP", "V")]
    ['A0', 'C-A1-DSP', 'R-AM-TMP', 'V']
    """
    return re.sub(r"^([CR]-)?ARG(M-)?", lambda match: (match[1] or "") + ("AM-" if match[2] else "A"), label)
