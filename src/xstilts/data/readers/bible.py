"""Readers of Bible texts in USFM and in OSIS XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import numbered_lines, read_text


@dataclass(frozen=True, kw_only=True)
class Usfm:
    """Verses of a Bible book in USFM: markers (`\\v 3`) are dropped, lines without text too."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in numbered_lines(path):
                verse = re.match(r"\\v\s+\S+\s+(.*)", line)
                text = re.sub(r"\\\S+", " ", verse[1]) if verse else ""
                if text.strip():
                    yield {"text": " ".join(text.split()), WHERE: f"{path}:{number}"}


@dataclass(frozen=True, kw_only=True)
class Osis:
    """Verses of a Bible in OSIS XML, as the text of `verse` elements or between verse milestones. A document type with
    entities of its own is refused."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            text = read_text(path)
            if "<!ENTITY" in text:
                raise DataError("an XML file that defines entities is not read", where=str(path))
            try:
                root = ET.fromstring(text.encode())
            except ET.ParseError as error:
                raise DataError(f"this is not XML: {error}", where=str(path)) from error
            for number, verse in enumerate(_verses(root), start=1):
                yield {"text": verse, WHERE: f"{path}: verse {number}"}


def _verses(root: ET.Element) -> Iterator[str]:
    gathered: list[str] = []

    def flush() -> Iterator[str]:
        text = " ".join(" ".join(gathered).split())
        gathered.clear()
        if text:
            yield text

    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "verse":
            yield from flush()
            gathered.append("".join(element.itertext()))
            gathered.append(element.tail or "")
    yield from flush()
