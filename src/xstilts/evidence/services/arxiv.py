"""arXiv: an Atom feed. Every entry is one version, a search lists the last one alone, and errors come as an entry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from xstilts.evidence.identifiers import arxiv_parts, bare_doi
from xstilts.evidence.plain_text import collapsed
from xstilts.evidence.services.base import (
    AnswerError,
    AnswerPage,
    LiteratureService,
    SearchQuery,
    ServiceRequest,
    number_of,
)
from xstilts.evidence.services.markup import xml_answer
from xstilts.evidence.works import WorkRecord

_ATOM, _OWN = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_PAGING = "{http://a9.com/-/spec/opensearch/1.1/}"
PAGE = 100
# The feed repeats the query in a link, quotation marks as they are, which no XML parser takes.
_OWN_LINK = re.compile(rb"<link\s[^\n]*?/api/query\?[^\n]*?/>")


def request(base: str, query: SearchQuery, limit: int) -> ServiceRequest:
    phrases = (" OR ".join(f'all:"{_quoted(one)}"' for one in spellings) for spellings in query.phrases)
    parameters = {
        "search_query": " AND ".join(f"({phrase})" for phrase in phrases),
        "start": "0",
        "max_results": str(min(PAGE, limit)),
    }
    return ServiceRequest(service="arxiv", url=f"{base}/api/query", parameters=parameters, pause=3.0)


def earlier(base: str, records: Sequence[WorkRecord]) -> list[ServiceRequest]:
    """Return the requests for every version before those that were found."""
    names = [f"{one.arxiv_id}v{number}" for one in records for number in range(1, one.version or 1)]
    return [
        ServiceRequest(
            service="arxiv",
            url=f"{base}/api/query",
            parameters={"id_list": ",".join(names[start : start + PAGE]), "start": "0", "max_results": str(PAGE)},
            pause=3.0,
        )
        for start in range(0, len(names), PAGE)
    ]


def parse(body: bytes, asked: ServiceRequest, query: SearchQuery) -> AnswerPage:
    """Read a feed. Raises AnswerError for an entry that is an error of the service."""
    feed = xml_answer(_OWN_LINK.sub(b"", body))
    entries = feed.findall(f"{_ATOM}entry")
    for entry in entries:
        if "/api/errors" in _text(entry, "id"):
            raise AnswerError(f"the error {_text(entry, 'summary')!r}")
    total = number_of((feed.findtext(f"{_PAGING}totalResults") or "").strip())
    following = asked.following("start", len(entries), total)
    return AnswerPage(records=tuple(map(_record, entries)), total=total, next=following)


def _record(entry: Element) -> WorkRecord:
    address = _text(entry, "id")
    name, version = arxiv_parts(address)
    published = _text(entry, "published")[:10]
    comment = collapsed(entry.findtext(f"{_OWN}comment") or "")
    abstract = _text(entry, "summary")
    links = {link.get("title") or link.get("rel") or "": link.get("href") or "" for link in entry.iter(f"{_ATOM}link")}
    return WorkRecord(
        source="arxiv",
        id=name,
        title=_text(entry, "title"),
        authors=tuple(collapsed(author.findtext(f"{_ATOM}name") or "") for author in entry.findall(f"{_ATOM}author")),
        year=number_of(published[:4]),
        date=published,
        updated=_text(entry, "updated")[:10],
        doi=bare_doi(entry.findtext(f"{_OWN}doi")),
        arxiv_id=name,
        version=version,
        abstract=abstract,
        venue=collapsed(entry.findtext(f"{_OWN}journal_ref") or ""),
        address=f"https://arxiv.org/abs/{name}",
        pdf=links.get("pdf", ""),
        withdrawn=next((text for text in (comment, abstract[:200]) if "withdrawn" in text.lower()), ""),
    )


def _text(entry: Element, tag: str) -> str:
    return collapsed(entry.findtext(f"{_ATOM}{tag}") or "")


def _quoted(phrase: str) -> str:
    return phrase.replace('"', " ")


ARXIV = LiteratureService(
    name="arxiv",
    title="arXiv",
    base="https://export.arxiv.org",
    terms="metadata CC0",
    request=request,
    parse=parse,
    earlier=earlier,
)
