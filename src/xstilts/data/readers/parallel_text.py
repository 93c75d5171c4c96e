"""Reader of parallel text: two line-aligned files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.encodings import UTF8
from xstilts.data.readers.lines import Lines
from xstilts.data.readers.zipped_files import ZippedFiles
from xstilts.data.source import Row


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """Two line-aligned files: line i of the second translates line i of the first. Rows have the fields `a` and `b`.
    `encoding`: of both, as Python's codecs are called."""

    identity_name: ClassVar[str] = "Parallel"

    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        sides = (Lines(field=side, blank=True, encoding=self.encoding) for side in ("a", "b"))
        yield from ZippedFiles(readers=tuple(sides))(paths)
