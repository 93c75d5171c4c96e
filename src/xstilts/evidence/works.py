"""Works: what a service says of one version of a work, and a work with all that was said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from xstilts.evidence.identifiers import is_of_arxiv

PUBLISHED, PREPRINT = "published", "preprint"
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class WorkRecord:
    """What one service says of a work. A text is "" where the service does not say.

    source, id: the service, and its own name for the record. date, updated: of the first version and of this one
    (ISO). doi: bare, in lower case. arxiv_id: without version. pdf: address of an open PDF, or a path. withdrawn: the
    words that say that it is withdrawn or retracted. answer: the raw answer that it was read from.
    """

    source: str
    id: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    date: str = ""
    updated: str = ""
    doi: str = ""
    arxiv_id: str = ""
    version: int | None = None
    abstract: str = ""
    venue: str = ""
    address: str = ""
    pdf: str = ""
    citations: int | None = None
    withdrawn: str = ""
    answer: str = ""

    @property
    def version_name(self) -> str:
        """ "v2" of an arXiv version, "published" of what has a DOI of a publisher or a place in a volume, "preprint" of
        a preprint whose version nobody says."""
        if self.version is not None:
            return f"v{self.version}"
        if self.doi:
            return PREPRINT if is_of_arxiv(self.doi) else PUBLISHED
        return PREPRINT if self.arxiv_id else PUBLISHED


@dataclass(frozen=True, kw_only=True)
class WorkVersion:
    """One version of a work, as the services have it."""

    name: str
    records: tuple[WorkRecord, ...]

    @property
    def abstract_record(self) -> WorkRecord | None:
        """The first record that has an abstract."""
        return next((record for record in self.records if record.abstract), None)

    @property
    def abstract(self) -> str:
        return self.abstract_record.abstract if self.abstract_record else ""

    @property
    def pdf(self) -> str:
        return next((record.pdf for record in self.records if record.pdf), "")


@dataclass(frozen=True, kw_only=True)
class Work:
    """One work; `versions` are in the order in which they were written: v1, v2, a preprint without number, published.

    key: names it in a report and its bibliography ("dogan2098intermediate").
    """

    key: str
    versions: tuple[WorkVersion, ...]

    @property
    def records(self) -> tuple[WorkRecord, ...]:
        return tuple(record for version in self.versions for record in version.records)

    @property
    def newest(self) -> WorkVersion:
        """The last version that has an abstract; the last one where none has."""
        return next((version for version in reversed(self.versions) if version.abstract), self.versions[-1])

    @property
    def title(self) -> str:
        return self.newest.records[0].title

    @property
    def authors(self) -> tuple[str, ...]:
        return max((record.authors for record in self.records), key=len)

    @property
    def year(self) -> int | None:
        return _first(record.year for record in (*self.versions[-1].records, *self.records))

    @property
    def doi(self) -> str:
        """The publisher's DOI, else the one of arXiv."""
        dois = [record.doi for record in self.records if record.doi]
        return next((doi for doi in dois if not is_of_arxiv(doi)), _first(dois) or "")

    @property
    def arxiv_id(self) -> str:
        return _first(record.arxiv_id for record in self.records) or ""

    @property
    def venue(self) -> str:
        return _first(record.venue for record in reversed(self.records)) or ""

    @property
    def address(self) -> str:
        """Where a reader finds it."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.arxiv_id:
            return f"https://arxiv.org/abs/{self.arxiv_id}"
        return _first(record.address for record in self.records) or ""

    @property
    def withdrawn(self) -> str:
        """The words that say so, with who says them; "" where nobody does."""
        said = next((record for record in self.records if record.withdrawn), None)
        return f"{said.withdrawn} ({said.source})" if said else ""

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(record.source for record in self.records))

    @property
    def short_name(self) -> str:
        """ "Doğan et al. 2098", as a text cites it."""
        names = [name.partition(",")[0] if "," in name else name.split()[-1] for name in self.authors if name.split()]
        who = {0: self.title[:40], 1: names[0] if names else "", 2: " and ".join(names)}.get(
            len(names), f"{names[0]} et al." if names else ""
        )
        return f"{who} {self.year}" if self.year else who


def _first(values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value), None)
