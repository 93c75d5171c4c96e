"""PDF pages: the text of a PDF, read in a process of its own, with limits, so that a hostile file ends nothing else.

Run as `python -m xstilts.evidence.pdf_pages FILE`, it prints {"pages": [text, ...], "layouts": [text as on
paper, ...], "notes": [what is missing, ...]}.
Nothing in a PDF is executed: pypdf interprets the operators that draw text, and neither scripts nor attachments.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_PAGES = 60
MOST_CHARACTERS = 1_000_000
SECONDS = 60
MEMORY = 2 * 10**9  # bytes
_TABLE = re.compile(r"\bTable\s+\S{1,4}\s*[:.]")
FEWEST_CHARACTERS = 200  # of a whole PDF; one with less was scanned


@dataclass(frozen=True, kw_only=True)
class PdfPages:
    """The text of each page, and what could not be read, in words. layouts: of each page that has a table's caption its
    text with blanks so that it stands as on paper, "" of another."""

    pages: tuple[str, ...]
    notes: tuple[str, ...]
    layouts: tuple[str, ...] = ()

    @property
    def is_readable(self) -> bool:
        return sum(map(len, self.pages)) >= FEWEST_CHARACTERS


def can_read_pdfs() -> bool:
    """Whether pypdf, the extra `evidence`, is installed."""
    return importlib.util.find_spec("pypdf") is not None


def pdf_pages(path: Path, seconds: float = SECONDS) -> PdfPages:
    """Return the pages of a PDF. What goes wrong is a note, never an error."""
    command = [sys.executable, "-m", "xstilts.evidence.pdf_pages", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return PdfPages(pages=(), notes=(f"the PDF could not be read within {seconds:g} s",))
    try:
        said = json.loads(done.stdout)
        pages = tuple(text for text in said["pages"] if isinstance(text, str))
        layouts = tuple(text for text in said["layouts"] if isinstance(text, str))
        return PdfPages(pages=pages, notes=tuple(map(str, said["notes"])), layouts=layouts)
    except (ValueError, KeyError, TypeError):
        return PdfPages(pages=(), notes=("the PDF ended the process that read it (too much memory, or damaged)",))


def _limited() -> None:
    """Take the right to use much memory and time from this process, where the system can."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _read(path: Path) -> dict[str, Any]:
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages: list[str] = []
    layouts: list[str] = []
    notes: list[str] = []
    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return {"pages": [], "layouts": [], "notes": ["the PDF is encrypted"]}
        count = len(reader.pages)
        if count > MOST_PAGES:
            notes.append(f"the first {MOST_PAGES} of {count} pages were read")
        for number in range(min(count, MOST_PAGES)):
            pages.append(_page_text(reader, number, notes, f"page {number + 1}"))
            has_table = _TABLE.search(pages[-1])
            said = f"the layout of page {number + 1}, which has a table,"
            layouts.append(_page_text(reader, number, notes, said, extraction_mode="layout") if has_table else "")
    except Exception as error:  # noqa: BLE001 - a damaged file raises anything, and is said to be damaged
        notes.append(f"the PDF is damaged ({type(error).__name__})")
    if not notes and sum(map(len, pages)) < FEWEST_CHARACTERS:
        notes.append("the PDF has hardly any text: it was scanned, perhaps")
    return {"pages": pages, "layouts": layouts, "notes": notes}


def _page_text(reader: Any, number: int, notes: list[str], what: str, **mode: str) -> str:
    try:
        text: str = reader.pages[number].extract_text(**mode)
    except Exception as error:  # noqa: BLE001 - one damaged page leaves the others
        notes.append(f"{what} is damaged ({type(error).__name__})")
        return ""
    return text[: MOST_CHARACTERS // MOST_PAGES]


def main() -> None:
    """Read the file that is named, and print what it says."""
    _limited()
    sys.stdout.write(json.dumps(_read(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
