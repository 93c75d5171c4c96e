"""Crossref: JSON, a page at a time by offset. Titles are lists, abstracts JATS, and a missing work is plain text."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.evidence.identifiers import bare_doi
from xstilts.evidence.plain_text import collapsed, plain_abstract, plain_title
from xstilts.evidence.services.base import (
    AnswerError,
    AnswerPage,
    LiteratureService,
    SearchQuery,
    ServiceRequest,
    list_of,
    mapping_of,
    mappings_of,
    number_of,
    says_retracted,
    text_of,
)
from xstilts.evidence.services.markup import beginning, json_answer
from xstilts.evidence.works import WorkRecord

PAGE = 100
MOST_OFFSET = 10_000  # that it takes
_GONE = ("retraction", "withdrawal", "removal")


def request(base: str, query: SearchQuery, limit: int) -> ServiceRequest:
    parameters = {"query.bibliographic": query.words, "rows": str(min(PAGE, limit)), "offset": "0"}
    return ServiceRequest(service="crossref", url=f"{base}/works", parameters=parameters, pause=1.0)


def parse(body: bytes, asked: ServiceRequest, query: SearchQuery) -> AnswerPage:
    """Read a page. Raises AnswerError for an error of the service."""
    answer = mapping_of(json_answer(body))
    message = mapping_of(answer.get("message"))
    if answer.get("status") != "ok" or not isinstance(message.get("items"), list):
        raise AnswerError(f"an answer without works: {beginning(body)}")
    records = tuple(map(_record, mappings_of(message["items"])))
    total = number_of(message.get("total-results"))
    following = asked.following("offset", len(records), min(total or 0, MOST_OFFSET))
    return AnswerPage(records=records, total=total, next=following)


def _record(item: Mapping[str, object]) -> WorkRecord:
    doi = bare_doi(text_of(item.get("DOI")))
    title = plain_title(" ".join(map(text_of, list_of(item.get("title")))))
    date = _date(item.get("issued"))
    pdfs = [
        text_of(link.get("URL"))
        for link in mappings_of(item.get("link"))
        if link.get("content-type") == "application/pdf"
    ]
    return WorkRecord(
        source="crossref",
        id=doi,
        title=title,
        authors=tuple(name for author in mappings_of(item.get("author")) if (name := _name(author))),
        year=number_of(date[:4]),
        date=date,
        doi=doi,
        abstract=plain_abstract(text_of(item.get("abstract"))),
        venue=collapsed(" ".join(map(text_of, list_of(item.get("container-title"))[:1]))),
        address=text_of(item.get("URL")),
        pdf=pdfs[0] if pdfs else "",
        citations=number_of(item.get("is-referenced-by-count")),
        withdrawn=_withdrawn(item, title),
    )


def _name(author: Mapping[str, object]) -> str:
    whole = f"{text_of(author.get('given'))} {text_of(author.get('family'))}".strip()
    return collapsed(whole or text_of(author.get("name")))


def _date(issued: object) -> str:
    """Return "2098-07-05", or its beginning; "" where the parts are null."""
    rows = list_of(mapping_of(issued).get("date-parts"))
    parts = list_of(rows[0]) if rows else []
    known = [part for part in parts if isinstance(part, int) and not isinstance(part, bool)]
    return "-".join(f"{part:04d}" if place == 0 else f"{part:02d}" for place, part in enumerate(known))


def _withdrawn(item: Mapping[str, object], title: str) -> str:
    for update in mappings_of(item.get("updated-by")):
        if text_of(update.get("type")).lower() in _GONE:
            return f"{text_of(update.get('type'))}, {text_of(update.get('DOI'))}".rstrip(", ")
    return "retracted" if says_retracted(title) else ""


CROSSREF = LiteratureService(
    name="crossref",
    title="Crossref",
    base="https://api.crossref.org",
    terms="metadata CC0, abstracts as their publishers have them",
    request=request,
    parse=parse,
)
