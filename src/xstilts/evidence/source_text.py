"""Source texts: what is read of a version of a work, its sentences with their pages and places."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from xstilts.data.syntax.sentence_split import sentence_spans
from xstilts.evidence.page_tables import PrintedTable, page_tables
from xstilts.evidence.pdf_pages import PdfPages
from xstilts.evidence.plain_text import collapsed
from xstilts.evidence.works import Work, WorkVersion

ABSTRACT, PDF = "abstract", "pdf"
LONGEST = 600  # characters of a sentence; what is longer is no sentence but a table or a list of references
_ABBREVIATED = re.compile(r"\b(?:Figs?|Tabs?|Eqs?|Secs?|App|al|resp|w\.r\.t|vs)\.$")
_HEADING = re.compile(
    r"(?:(?:\d{1,2}(?:\.\d{1,2}){0,2}|[A-Z])\.?\s+)?"
    r"(abstract|introduction|related work|background|methods?|methodology|approach|model|data|datasets?|setup|"
    r"experiments?|experimental (?:setup|results)|results(?: and discussion)?|analysis|discussion|ablations?|"
    r"conclusions?|limitations?|ethics(?: statement)?|acknowledge?ments?|references|bibliography|appendix)",
    re.IGNORECASE,
)
_END = ("references", "bibliography")
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")


@dataclass(frozen=True, kw_only=True)
class SourceSentence:
    """A sentence. start, end: its characters in the whole text. page: from 1, None of an abstract."""

    text: str
    start: int
    end: int
    page: int | None
    section: str


@dataclass(frozen=True, kw_only=True)
class SourceText:
    """The text of one version of a work. pages: where each page begins in `text`; () of an abstract. sections: (start,
    name) of each. answer: the raw answer it came in. notes: what could not be read. tables: of its pages."""

    work: str
    version: str
    origin: str
    text: str
    source: str
    answer: str = ""
    pages: tuple[int, ...] = ()
    sections: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[PrintedTable, ...] = ()

    @cached_property
    def sentences(self) -> tuple[SourceSentence, ...]:
        """Its sentences in order; what is too long to be one is left out."""
        return tuple(
            SourceSentence(
                text=collapsed(self.text[start:end]),
                start=start,
                end=end,
                page=bisect_right(self.pages, start) or None,
                section=self._section(start),
            )
            for start, end in _joined(self.text, self._spans())
            if end - start <= LONGEST
        )

    def _spans(self) -> list[tuple[int, int]]:
        """Return spans of sentences; none goes from one section into the next."""
        cuts = [0, *(start for start, _ in self.sections if start), len(self.text)]
        return [(a + first, a + last) for a, b in pairwise(cuts) for first, last in sentence_spans(self.text[a:b])]

    def _section(self, place: int) -> str:
        number = bisect_right([start for start, _ in self.sections], place)
        return self.sections[number - 1][1] if number else ""


def abstract_text(work: Work, version: WorkVersion) -> SourceText | None:
    """Return the abstract of a version as a source text; None where it has none."""
    record = version.abstract_record
    if record is None:
        return None
    return SourceText(
        work=work.key, version=version.name, origin=ABSTRACT, text=record.abstract, source=record.source,
        answer=record.answer, sections=((0, ABSTRACT),),
    )  # fmt: skip


def pdf_text(work: Work, version: WorkVersion, pdf: PdfPages, answer: str = "") -> SourceText:
    """Return a PDF as a source text: its pages up to its references, words parted at line ends joined, and its tables,
    those of an appendix too."""
    text, starts, sections = "", [], []
    for page in pdf.pages:
        starts.append(len(text))
        ended = False
        for line in _HYPHENATED.sub("", page).splitlines():
            heading = _HEADING.fullmatch(collapsed(line))
            if heading and heading[1].lower() in _END:
                ended = True
                break
            if heading:
                sections.append((len(text), heading[1].lower()))
                continue
            text += f"{collapsed(line)}\n" if line.strip() else "\n"
        if ended:
            break
    tables = [page_tables(layout, number) for number, layout in enumerate(pdf.layouts, 1) if layout]
    return SourceText(
        work=work.key, version=version.name, origin=PDF, text=text, source=PDF, answer=answer, pages=tuple(starts),
        sections=tuple(sections), notes=(*pdf.notes, *(note for _, notes in tables for note in notes)),
        tables=tuple(table for found, _ in tables for table in found),
    )  # fmt: skip


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of sentences; one that only ends in an abbreviation of papers ("Fig.") goes on."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and _ABBREVIATED.search(text[joined[-1][0] : joined[-1][1]]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
