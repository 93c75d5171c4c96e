"""Search: every service is asked every query, a page at a time; what does not answer is said and left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from xstilts.evidence.fetching import AnswerFolder, NoAnswerError
from xstilts.evidence.services.base import AnswerError, LiteratureService, SearchQuery, ServiceRequest
from xstilts.evidence.services.markup import beginning
from xstilts.evidence.works import WorkRecord

MOST_VERSIONS = 1_000  # that one request for earlier versions may bring


@dataclass(frozen=True, kw_only=True)
class ServiceCount:
    """What a service was asked and found. total: what it says there are of its first query. problem: why something is
    missing, "" where nothing is. asked: the day of its last answer (ISO)."""

    service: str
    queries: int
    answers: int
    found: int
    total: int | None
    problem: str = ""
    asked: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """All records found, in the order of services, queries and pages, with the counts of each service."""

    records: tuple[WorkRecord, ...]
    counts: tuple[ServiceCount, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(f"{count.service}: {count.problem}" for count in self.counts if count.problem)


def search_services(
    services: Iterable[LiteratureService], queries: Sequence[SearchQuery], limit: int, answers: AnswerFolder
) -> SearchResult:
    """Ask each service; `limit`: records of each query at most. A service that fails is no error."""
    records: list[WorkRecord] = []
    counts = []
    for service in services:
        found, count = _asked(service, queries, limit, answers)
        records += found
        counts.append(count)
    return SearchResult(records=tuple(records), counts=tuple(counts))


def _asked(
    service: LiteratureService, queries: Sequence[SearchQuery], limit: int, answers: AnswerFolder
) -> tuple[list[WorkRecord], ServiceCount]:
    found: dict[str, WorkRecord] = {}
    problems: list[str] = []
    total: int | None = None
    pages, asked = 0, ""

    def take(request: ServiceRequest, query: SearchQuery, most: int) -> None:
        nonlocal pages, total, asked
        taken = 0
        try:
            for records, said_total, day in _pages(service, request, query, most, answers):
                pages, total, asked = pages + 1, said_total if total is None else total, max(asked, day)
                for record in records[: most - taken]:
                    found.setdefault(f"{record.id} {record.version}", record)
                taken += len(records)
        except (NoAnswerError, AnswerError) as error:
            problems.append(str(error))

    for query in queries:
        take(service.request(service.base, query, limit), query, limit)
    if service.earlier and found:
        for request in service.earlier(service.base, list(found.values())):
            take(request, SearchQuery(phrases=()), MOST_VERSIONS)
    said = "; ".join(dict.fromkeys(problems))
    count = ServiceCount(
        service=service.title, queries=len(queries), answers=pages, found=len(found), total=total, problem=said,
        asked=asked[:10],
    )  # fmt: skip
    return list(found.values()), count


def _pages(
    service: LiteratureService, request: ServiceRequest, query: SearchQuery, limit: int, answers: AnswerFolder
) -> Iterator[tuple[tuple[WorkRecord, ...], int | None, str]]:
    """Yield the records of page after page, until there are enough."""
    taken, asked = 0, set()
    while request.address not in asked:  # a service may point to the same page for ever
        asked.add(request.address)
        answer = answers.get(request)
        try:
            page = service.parse(answer.body, request, query)
        except AnswerError as error:
            raise AnswerError(f"answered {answer.status} with {error}") from error
        if answer.status >= 400:
            raise AnswerError(f"answered {answer.status} with {beginning(answer.body)}")
        named = tuple(replace(record, answer=answer.name) for record in page.records if record.title)
        yield named, page.total, answer.fetched
        taken += len(page.records)
        if page.next is None or taken >= limit:
            return
        request = page.next
