"""Reading: the texts of the works that were kept: abstracts of every version, and open PDFs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from xstilts.evidence.addresses import is_public
from xstilts.evidence.fetching import AnswerFolder, NoAnswerError
from xstilts.evidence.pdf_pages import PdfPages
from xstilts.evidence.services.base import ServiceRequest
from xstilts.evidence.source_text import SourceText, abstract_text, pdf_text
from xstilts.evidence.works import Work, WorkVersion

PAUSE = 3.0  # seconds between two PDFs of one host


@dataclass(frozen=True, kw_only=True)
class PdfReading:
    """How PDFs are read. read: a file -> its pages; None: they are not, `why_not` says why. answers: where those that
    have an address are fetched and kept."""

    answers: AnswerFolder
    read: Callable[[Path], PdfPages] | None
    why_not: str = ""


def read_works(works: Sequence[Work], reading: PdfReading) -> tuple[SourceText, ...]:
    """Return the texts of works: of each version its abstract, and its PDF where that can be had and read. What could
    not be is a note of the abstract's text."""
    return tuple(text for work in works for version in work.versions for text in _texts(work, version, reading))


def _texts(work: Work, version: WorkVersion, reading: PdfReading) -> Iterator[SourceText]:
    abstract, pdf, note = abstract_text(work, version), None, ""
    if version.pdf:
        pdf, note = _pdf(work, version, reading)
    if abstract is not None:
        yield replace(abstract, notes=(note,)) if note else abstract
    if pdf is not None:
        yield pdf


def _pdf(work: Work, version: WorkVersion, reading: PdfReading) -> tuple[SourceText | None, str]:
    """Return the text of a version's PDF, or why there is none."""
    if reading.read is None:
        return None, reading.why_not
    try:
        path, answer = _file(version.pdf, reading.answers)
    except NoAnswerError as error:
        return None, f"its PDF could not be had: {error}"
    pages = reading.read(path)
    if not pages.is_readable:
        return None, "; ".join(pages.notes) or "its PDF has no text"
    return pdf_text(work, version, pages, answer), ""


def _file(pdf: str, answers: AnswerFolder) -> tuple[Path, str]:
    """Return the file of a PDF and the name of the answer it came in. Raises NoAnswerError."""
    if "://" not in pdf:
        return Path(pdf), ""
    if not is_public(pdf):
        raise NoAnswerError("its address is not one of the public web")
    host = urlsplit(pdf).hostname or ""
    answer = answers.get(ServiceRequest(service=f"pdf of {host}", url=pdf, pause=PAUSE))
    if answer.status != 200 or not answer.body.startswith(b"%PDF"):
        raise NoAnswerError(f"answered {answer.status} with something else than a PDF")
    return answers.folder / f"{answer.name}.body", answer.name
