"""Reader of stories: the picture books of the African Storybook family, as markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import numbered_lines

_CREDIT = re.compile(r"^\s*[*#\[]|licen[cs]e|creative commons|©|https?://", re.IGNORECASE)


_SENTENCE_END = re.compile("[\u2028\u2029\u0085]")


@dataclass(frozen=True, kw_only=True)
class Stories:
    """Picture books of the African Storybook family: titles and page marks begin with `#`, credits name a licence."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in numbered_lines(path):
                if _CREDIT.search(line):
                    continue
                for text in _SENTENCE_END.split(line):
                    if text.strip():
                        yield {"text": " ".join(text.split()), WHERE: f"{path}:{number}"}
