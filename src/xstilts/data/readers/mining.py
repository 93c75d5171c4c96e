"""Readers of mining tests: sentences of comparable corpora and the pairs that are translations (BUCC)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import expect_fields, numbered_lines


@dataclass(frozen=True, kw_only=True)
class Mining:
    """A comparable corpus (BUCC): a file of queries, one of candidates (`id TAB sentence` both) and, third, the gold
    (`query id TAB candidate id`), which may be missing.

    One row a sentence, queries first: id, text, side ("query" | "candidate"), matches (list of candidate ids; None for
    candidates and without gold), pair (the ids of the gold pair the sentence stands in, "" when in none).
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) not in (2, 3):
            raise DataError(f"{len(paths)} files given, expected queries, candidates and gold", where=str(paths[0]))
        gold = _gold_pairs(paths[2]) if len(paths) == 3 else None
        matches: dict[str, list[str]] = {}
        pair: dict[str, str] = {}
        for query, candidate, _ in gold or ():
            matches.setdefault(query, []).append(candidate)
            pair[query] = pair[candidate] = pair.get(query) or pair.get(candidate) or f"{query} {candidate}"
        seen: set[str] = set()
        for side, path in zip(("query", "candidate"), paths, strict=False):
            for number, line in numbered_lines(path):
                where = f"{path}:{number}"
                expect_fields(fields := line.split("\t"), 2, where)
                name, text = fields
                seen.add(name)
                row_matches = matches.get(name, []) if gold is not None and side == "query" else None
                row = {"id": name, "text": text, "side": side, WHERE: where}
                yield {**row, "matches": row_matches, "pair": pair.get(name, "")}
        for query, candidate, where in gold or ():
            for name in (query, candidate):
                if name not in seen:
                    raise DataError(f"the gold names a sentence '{name}' that is in neither file", where=where)


def _gold_pairs(path: Path) -> list[tuple[str, str, str]]:
    pairs = []
    for number, line in numbered_lines(path):
        where = f"{path}:{number}"
        expect_fields(fields := line.split("\t"), 2, where)
        pairs.append((fields[0], fields[1], where))
    return pairs


@dataclass(frozen=True, kw_only=True)
class MiningParts:
    """Several comparable corpora as parts of one test: three files (queries, candidates, gold) for each part.

    Rows are those of `Mining` with the field `part`; ids get the part's name in front, as each corpus counts from 1.
    """

    parts: tuple[str, ...] = ("tune", "test")

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        expect_fields([str(path) for path in paths], 3 * len(self.parts), str(paths[0]))
        for i, part in enumerate(self.parts):
            for row in Mining()(paths[3 * i : 3 * i + 3]):
                matches = row["matches"] and [f"{part} {name}" for name in row["matches"]]
                pair = row["pair"] and f"{part} {row['pair']}"
                yield {**row, "id": f"{part} {row['id']}", "matches": matches, "pair": pair, "part": part}
