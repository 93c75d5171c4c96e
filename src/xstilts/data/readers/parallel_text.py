"""Reader of parallel text: two line-aligned files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xstilts.data.readers.lines import Lines
from xstilts.data.readers.zipped_files import ZippedFiles
from xstilts.data.source import Row


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """Two line-aligned files: line i of the second translates line i of the first. Rows have the fields `a` and `b`."""

    identity_name: ClassVar[str] = "Parallel"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        yield from ZippedFiles(readers=(Lines(field="a", blank=True), Lines(field="b", blank=True)))(paths)
