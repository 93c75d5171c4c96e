"""Reader of Snips as published with SlotGated-SLU: the words of an utterance, or their tags, on each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import numbered_lines


@dataclass(frozen=True, kw_only=True)
class SplitWords:
    """One sentence a line, its words between blanks (any number of them); line i of a file of words fits line i of the
    file of their tags, so empty lines stay.

    Arguments
        field: name of the field that holds the list of words.
    """

    identity_name: ClassVar[str] = "Split"

    field: str = "words"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in numbered_lines(path):
                yield {self.field: line.split(), WHERE: f"{path}:{number}"}
