"""Predicates and their arguments: the props columns of CoNLL 2005, PropBank over English EWT, Universal PropBank.

Predicates in a row are mappings with `index` (the word, from 0), `sense` and, as the file has them, `spans` (start,
end, label; words `start` to `end` - 1) and `heads` (word, label).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.trees import ConlluTrees
from xstilts.data.source import Row
from xstilts.data.text_lines import Numbered, blocks, expect_fields, lines

_OPENS = re.compile(r"\(((?:\\\*|[^*(])+)")
_CLOSES = re.compile(r"([^)]*)\)")
_PROJECTED = re.compile(r"([CR]-)?(AM-|A)(?=\S)(?!RG)(.+)")


@dataclass(frozen=True, kw_only=True)
class Props:
    """The columns that CoNLL 2005 scores: the verb of each predicate or "-", then for each predicate, in order of
    appearance, a column of brackets (`(A0*`, `*`, `*)`), between blanks; a blank line between sentences.

    Rows: verbs (one a word, None at the others), predicates (`sense` is the verb; spans with "V"), where.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in blocks(path):
                table = [(f"{path}:{number}", line.split()) for number, line in block]
                verbs = [None if cells[0] == "-" else cells[0] for _, cells in table]
                places = [i for i, verb in enumerate(verbs) if verb is not None]
                for where, cells in table:
                    expect_fields(cells, 1 + len(places), where)
                columns = [bracketed([(where, cells[1 + k]) for where, cells in table]) for k, _ in enumerate(places)]
                predicates = [
                    {"index": i, "sense": verbs[i], "spans": spans} for i, spans in zip(places, columns, strict=True)
                ]
                yield {"verbs": verbs, "predicates": predicates, "where": table[0][0]}


@dataclass(frozen=True, kw_only=True)
class ConlluProps:
    """The words of CoNLL-U and the props columns of the same sentences, in pairs of files, sentence by sentence.

    Rows: those of `ConlluTrees`, with the predicates of `Props`.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) % 2:
            raise DataError(f"{len(paths)} files, but words and props come in pairs", where=str(paths[-1]))
        for words, props in zip(paths[::2], paths[1::2], strict=True):
            for row, found in zip_longest(ConlluTrees()([words]), Props()([props])):
                if row is None or found is None:
                    shorter = words if row is None else props
                    raise DataError(f"{shorter} has no sentence to this one", where=(row or found)["where"])
                if len(row["words"]) != len(found["verbs"]):
                    what = f"{len(found['verbs'])} rows of props, but {row['where']} has {len(row['words'])} words"
                    raise DataError(what, where=found["where"])
                yield {**row, "predicates": found["predicates"]}


def bracketed(column: Sequence[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Spans (start, end, label) of a column of (file:line, brackets), in the order in which they open.

    >>> bracketed([("f:1", "(A0*"), ("f:2", "*)"), ("f:3", "(V*)")])
    [(0, 2, 'A0'), (2, 3, 'V')]

    Raises DataError (file:line) for what is no bracket, is closed without having been opened, or is never closed.
    """
    spans: list[tuple[int, int, str]] = []
    open_: list[int] = []  # numbers of spans
    for word, (where, tag) in enumerate(column):
        rest = tag
        while opened := _OPENS.match(rest):
            open_.append(len(spans))
            spans.append((word, -1, opened[1]))
            rest = rest[opened.end() :]
        if not rest.startswith("*"):
            raise DataError(f"'{tag}' is not of the form (LABEL*), (LABEL*, * or *)", where=where)
        rest = rest[1:]
        while rest:
            closed = _CLOSES.match(rest)
            if closed is None or not open_:
                raise DataError(f"'{tag}' closes what is not open" if closed else f"'{tag}' is no bracket", where=where)
            start, _, label = spans[number := open_.pop()]
            if closed[1] not in ("", label):
                raise DataError(f"'{tag}' closes {closed[1]}, but {label} is open", where=where)
            spans[number] = (start, word + 1, label)
            rest = rest[closed.end() :]
    if open_:
        start, _, label = spans[open_[-1]]
        raise DataError(f"the argument {label} that begins here is never closed", where=column[start][0])
    return spans


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
                raise DataError(f"{paths[2]} has no row for the sentence '{row['sent_id']}'", where=row["where"])
            entry, where = table[row["sent_id"]]
            predicates = None
            if entry["status"] == "ok":
                block = skeletons.get((entry["skel_document"], entry["skel_sentence"]))
                if block is None:
                    raise DataError(f"{paths[1]} has no such sentence", where=where)
                if len(block) != len(row["words"]):
                    what = f"the skeleton has {len(block)} tokens, the sentence {len(row['words'])} words"
                    raise DataError(what, where=f"{paths[1]}:{block[0][0]}")
                predicates = _skeleton_predicates(paths[1], block)
            yield {**row, "predicates": predicates, "join": entry["status"]}


def _skeletons(path: Path) -> Iterator[tuple[tuple[str, str], list[Numbered]]]:
    for block in blocks(path):
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
        {"index": i, "sense": sense, "spans": bracketed([(where, cells[8 + k]) for where, cells in table])}
        for k, (i, sense) in enumerate(senses)
    ]


def _join_table(path: Path) -> dict[str, tuple[Mapping[str, str], str]]:
    """sent_id -> (its row, file:line)."""
    rows = lines(path)
    _, header = next(rows, (1, ""))
    names = header.split("\t")
    found: dict[str, tuple[Mapping[str, str], str]] = {}
    for number, line in rows:
        where = f"{path}:{number}"
        expect_fields(cells := line.split("\t"), len(names), where)
        entry = dict(zip(names, cells, strict=True))
        found[entry["ud_sent_id"]] = entry, where
    return found


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
            found = {_sent_id(roles, block): block for block in blocks(roles) if any("\t" in line for _, line in block)}
            for row in ConlluTrees()([words]):
                if (block := found.get(row["sent_id"])) is None:
                    raise DataError(f"{roles} has no sentence '{row['sent_id']}'", where=row["where"])
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
            predicates.append({"index": seen - 1, "sense": cells[1], "spans": spans, "heads": heads})
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
    """(label, first, last) of `label:from-to` or `label:word`, words from 0."""
    found = []
    for part in cell.split("|") if cell != "_" else ():
        read = re.fullmatch(r"(.+):(\d+)(?:-(\d+))?", part)
        if not read or not 1 <= int(read[2]) <= int(read[3] or read[2]) <= words:
            raise DataError(f"'{part}' is no label and words of this sentence (1 to {words})", where=where)
        found.append((english_label(read[1]), int(read[2]) - 1, int(read[3] or read[2]) - 1))
    return found


def english_label(label: str) -> str:
    """A label of CoNLL 2005 as English PropBank has it.

    >>> [english_label(label) for label in ("A0", "C-A1-DSP", "R-AM-TMP", "ARG0", "V")]
    ['ARG0', 'C-ARG1-DSP', 'R-ARGM-TMP', 'ARG0', 'V']
    """
    found = _PROJECTED.fullmatch(label)
    if not found:
        return label
    return (found[1] or "") + {"A": "ARG", "AM-": "ARGM-"}[found[2]] + found[3]
