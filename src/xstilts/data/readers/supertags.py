"""Reader of CCG supertags, a sentence on each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import expect_fields, numbered_lines


@dataclass(frozen=True, kw_only=True)
class Supertags:
    """One sentence a line, `word|POS|category` between single blanks (CCG). Rows: words, pos, categories."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in numbered_lines(path):
                if not line.strip():
                    continue
                where = f"{path}:{number}"
                table = []
                for token in line.strip(" ").split(" "):
                    expect_fields(fields := token.split("|"), 3, where)
                    table.append(fields)
                words, pos, categories = ([row[i] for row in table] for i in range(3))
                yield {"words": words, "pos": pos, "categories": categories, WHERE: where}
