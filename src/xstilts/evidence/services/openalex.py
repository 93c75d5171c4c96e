"""OpenAlex: JSON, a page at a time by cursor. Abstracts are inverted indexes, or null."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.evidence.identifiers import arxiv_parts, bare_doi, is_of_arxiv
from xstilts.evidence.plain_text import from_inverted_index, plain_title
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
    text_of,
)
from xstilts.evidence.services.markup import beginning, json_answer
from xstilts.evidence.works import WorkRecord

PAGE = 100
_KEY = KeyPlace(variable="OPENALEX_API_KEY", parameter="api_key")


def request(base: str, query: SearchQuery, limit: int) -> ServiceRequest:
    parameters = {"search": query.words, "per-page": str(min(PAGE, limit)), "cursor": "*"}
    return ServiceRequest(service="openalex", url=f"{base}/works", parameters=parameters, pause=0.2, key=_KEY)


def parse(body: bytes, asked: ServiceRequest, query: SearchQuery) -> AnswerPage:
    """Read a page. Raises AnswerError for an error of the service."""
    answer = mapping_of(json_answer(body))
    if not isinstance(answer.get("results"), list):
        said = text_of(answer.get("message")) or text_of(answer.get("error"))
        raise AnswerError(f"the error {said!r}" if said else f"an answer without results: {beginning(body)}")
    meta = mapping_of(answer.get("meta"))
    records = tuple(map(_record, mappings_of(answer["results"])))
    cursor = text_of(meta.get("next_cursor"))
    following = asked.with_parameters(cursor=cursor) if cursor and records else None
    return AnswerPage(records=records, total=number_of(meta.get("count")), next=following)


def _record(work: Mapping[str, object]) -> WorkRecord:
    doi = bare_doi(text_of(work.get("doi")))
    place = mapping_of(work.get("primary_location"))
    best = mapping_of(work.get("best_oa_location"))
    landing = text_of(place.get("landing_page_url"))
    of_arxiv = doi if is_of_arxiv(doi) else (landing if "arxiv.org/" in landing else "")
    authors = (mapping_of(one.get("author")) for one in mappings_of(work.get("authorships")))
    return WorkRecord(
        source="openalex",
        id=text_of(work.get("id")).rpartition("/")[2],
        title=plain_title(text_of(work.get("title")) or text_of(work.get("display_name"))),
        authors=tuple(name for author in authors if (name := text_of(author.get("display_name")))),
        year=number_of(work.get("publication_year")),
        date=text_of(work.get("publication_date")),
        doi=doi,
        arxiv_id=arxiv_parts(of_arxiv)[0],
        abstract=from_inverted_index(mapping_of(work.get("abstract_inverted_index"))),
        venue=text_of(mapping_of(place.get("source")).get("display_name")),
        address=landing,
        pdf=text_of(best.get("pdf_url")) or text_of(place.get("pdf_url")),
        citations=number_of(work.get("cited_by_count")),
        withdrawn="retracted" if work.get("is_retracted") is True else "",
    )


OPENALEX = LiteratureService(
    name="openalex",
    title="OpenAlex",
    base="https://api.openalex.org",
    terms="metadata CC0",
    request=request,
    parse=parse,
)
