"""Bibliography: the works of a report as BibTeX, and as references in a text."""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.evidence.services.bibtex import write_bibtex
from xstilts.evidence.works import Work


def bibtex_of(works: Iterable[Work]) -> str:
    """Return the entries of works, under the keys that the report cites them by."""
    return "\n\n".join(_entry(work) for work in works) + "\n"


def _entry(work: Work) -> str:
    fields = {
        "title": work.title,
        "author": " and ".join(work.authors),
        "year": str(work.year or ""),
        "booktitle": work.venue,
        "doi": work.doi,
        "eprint": work.arxiv_id,
        "archiveprefix": "arXiv" if work.arxiv_id else "",
        "url": work.address,
        "note": f"withdrawn: {work.withdrawn}" if work.withdrawn else "",
    }
    return write_bibtex("inproceedings" if work.venue else "misc", work.key, fields)


def reference(work: Work) -> str:
    """Return a work as a reference: authors, year, title, venue, address, and which services have it."""
    authors = ", ".join(work.authors[:6]) + (" and others" if len(work.authors) > 6 else "")
    parts = [f"{authors} ({work.year or 'no year'})" if authors else f"({work.year or 'no year'})", work.title]
    parts += [part for part in (work.venue, work.address) if part]
    flag = f" WITHDRAWN: {work.withdrawn}." if work.withdrawn else ""
    return f"[{work.key}] {'. '.join(part.rstrip('.') for part in parts)}. Listed by {', '.join(work.sources)}.{flag}"
