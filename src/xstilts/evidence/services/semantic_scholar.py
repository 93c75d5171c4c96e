"""Semantic Scholar: JSON, a page at a time by offset. An empty answer has no `data`, a batch may hold null."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.evidence.identifiers import bare_doi
from xstilts.evidence.plain_text import collapsed, plain_title
from xstilts.evidence.services.base import (
    AnswerError,
    AnswerPage,
    KeyPlace,
    LiteratureService,
    SearchQuery,
    ServiceRequest,
    mapping_of,
    mappings_of,
    number_of,
    says_retracted,
    text_of,
)
from xstilts.evidence.services.markup import beginning, json_answer
from xstilts.evidence.works import WorkRecord

PAGE = 100
_FIELDS = "title,abstract,year,authors,externalIds,venue,publicationDate,citationCount,openAccessPdf,url"
_KEY = KeyPlace(variable="SEMANTIC_SCHOLAR_API_KEY", header="x-api-key")


def request(base: str, query: SearchQuery, limit: int) -> ServiceRequest:
    parameters = {"query": query.words, "fields": _FIELDS, "limit": str(min(PAGE, limit)), "offset": "0"}
    return ServiceRequest(
        service="semanticscholar", url=f"{base}/graph/v1/paper/search", parameters=parameters, pause=1.1, key=_KEY
    )


def parse(body: bytes, asked: ServiceRequest, query: SearchQuery) -> AnswerPage:
    """Read a page of a search, or a batch. Raises AnswerError for an error of the service."""
    answer = json_answer(body)
    if isinstance(answer, list):
        return AnswerPage(records=tuple(map(_record, mappings_of(answer))), total=len(answer))
    fields = mapping_of(answer)
    if said := text_of(fields.get("error")) or text_of(fields.get("message")):
        raise AnswerError(f"the error {said!r}")
    if "data" not in fields and "total" not in fields:
        raise AnswerError(f"an answer without data: {beginning(body)}")
    records = tuple(map(_record, mappings_of(fields.get("data"))))
    offset = number_of(fields.get("next"))
    following = asked.with_parameters(offset=str(offset)) if offset and records else None
    return AnswerPage(records=records, total=number_of(fields.get("total")), next=following)


def _record(paper: Mapping[str, object]) -> WorkRecord:
    ids = mapping_of(paper.get("externalIds"))
    authors = (text_of(author.get("name")) for author in mappings_of(paper.get("authors")))
    return WorkRecord(
        source="semanticscholar",
        id=text_of(paper.get("paperId")),
        title=plain_title(text_of(paper.get("title"))),
        authors=tuple(name for name in authors if name),
        year=number_of(paper.get("year")),
        date=text_of(paper.get("publicationDate")),
        doi=bare_doi(text_of(ids.get("DOI"))),
        arxiv_id=text_of(ids.get("ArXiv")),
        abstract=collapsed(text_of(paper.get("abstract"))),
        venue=text_of(paper.get("venue")),
        address=text_of(paper.get("url")),
        pdf=text_of(mapping_of(paper.get("openAccessPdf")).get("url")),
        citations=number_of(paper.get("citationCount")),
        withdrawn="retracted" if says_retracted(text_of(paper.get("title"))) else "",
    )


SEMANTIC_SCHOLAR = LiteratureService(
    name="semanticscholar",
    title="Semantic Scholar",
    base="https://api.semanticscholar.org",
    terms="under its API terms, with attribution",
    request=request,
    parse=parse,
)
