"""Services are asked politely, and what they said is kept, without keys."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fake_literature import LiteratureServer, Paper, literature
from xstilts.core.errors import StoreError
from xstilts.evidence.fetching import AnswerFolder, NoAnswerError, _PublicRedirects
from xstilts.evidence.search import SearchResult, search_services
from xstilts.evidence.services.base import SearchQuery

PAPERS = [Paper(title=f"Transfer {n}", doi=f"10.5555/{n}", arxiv=f"9901.0000{n}", abstract=f"a{n}") for n in range(5)]
QUERY = SearchQuery(phrases=(("transfer",),))


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.time, self.waits = 0.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.waits.append(seconds)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteratureServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with literature(PAPERS) as here:
        yield here


@pytest.fixture
def answers(tmp_path: Path) -> AnswerFolder:
    clock = Clock()
    return AnswerFolder(tmp_path / "answers", timeout=5.0, now=lambda: clock.time, sleep=clock.sleep)


def found(server: LiteratureServer, answers: AnswerFolder, *names: str, limit: int = 50) -> SearchResult:
    return search_services(server.services(*names), [QUERY], limit, answers)


def test_every_service_answers_page_by_page(server: LiteratureServer, answers: AnswerFolder):
    server.page = 2
    result = found(server, answers)
    assert [count.found for count in result.counts] == [5, 5, 5, 5, 5] and result.problems == ()
    assert [count.answers for count in result.counts] == [3, 3, 3, 3, 1]
    assert all(record.answer for record in result.records)
    assert len(found(server, answers, "crossref", limit=3).records) == 3


def test_a_run_is_repeated_offline_without_asking(server: LiteratureServer, answers: AnswerFolder):
    server.faults = {"crossref": "html", "openalex": 500}
    first = found(server, answers)
    asked = len(server.asked)
    again = found(server, replace(answers, offline=True, _down={}))
    assert (again, len(server.asked)) == (first, asked)
    assert "html" in again.problems[1] and "answered 500" in again.problems[0]


def test_a_failure_is_asked_for_again_where_there_is_a_network(server: LiteratureServer, answers: AnswerFolder):
    server.faults = {"openalex": 503}
    assert found(server, answers, "openalex").records == ()
    server.faults = {}
    assert len(found(server, replace(answers, _down={}), "openalex").records) == 5


def test_a_limit_is_waited_for_as_long_as_the_service_says(server: LiteratureServer, answers: AnswerFolder):
    server.faults = {"crossref": [429, 429]}
    assert len(found(server, answers, "crossref").records) == 5
    assert answers.sleep.__self__.waits == [7.0, 7.0]  # type: ignore[attr-defined]


def test_requests_to_one_service_are_apart(server: LiteratureServer, answers: AnswerFolder):
    server.page = 2
    found(server, answers, "arxiv")
    assert answers.sleep.__self__.waits == [3.0, 3.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", ["silent", "html", "half", 500, 403])
def test_a_service_that_fails_leaves_the_others(server: LiteratureServer, answers: AnswerFolder, fault: object):
    server.faults = {"semanticscholar": fault}
    result = found(server, answers, "semanticscholar", "crossref")
    assert result.counts[0].problem and result.counts[1].found == 5


def test_a_service_that_is_slow_is_waited_for_so_long_and_said(server: LiteratureServer, answers: AnswerFolder):
    server.faults = {"semanticscholar": "slow"}
    result = found(server, replace(answers, timeout=0.05), "semanticscholar", "crossref")
    assert "did not answer within 0.05 s" in result.counts[0].problem and result.counts[1].found == 5


def test_a_service_that_is_down_is_not_waited_for_twice(server: LiteratureServer, answers: AnswerFolder):
    server.faults = {"openalex": "silent"}
    queries = [QUERY, SearchQuery(phrases=(("other",),))]
    search_services(server.services("openalex"), queries, 5, answers)
    assert len(server.asked) == 4  # the tries of one request
    again = search_services(server.services("openalex"), queries, 5, replace(answers, offline=True, _down={}))
    assert "4 tries" in again.problems[0] and "never asked" not in again.problems[0]


def test_keys_are_sent_and_neither_kept_nor_shown(
    server: LiteratureServer, answers: AnswerFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEMANTIC_SCHOLAR_API_KEY", "secret-one")
    monkeypatch.setenv("OPENALEX_API_KEY", "secret-two")
    server.faults = {"openalex": "half"}
    result = found(server, answers, "semanticscholar", "openalex")
    assert server.sent[0][1]["X-Api-Key"] == "secret-one" and "secret-two" in server.sent[1][0]
    kept = b"".join(path.read_bytes() for path in answers.folder.iterdir())
    assert b"secret" not in kept and "secret" not in repr(result)


def test_a_redirect_is_followed_without_the_key_and_none_that_leaves_the_web(
    server: LiteratureServer, answers: AnswerFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SEMANTIC_SCHOLAR_API_KEY", "secret-one")
    server.faults = {"semanticscholar": f"to {server.address}/crossref/works?offset=0"}
    found(server, answers, "semanticscholar")
    (_, first), (path, second) = server.sent
    assert "X-Api-Key" in first and path.startswith("/crossref") and "X-Api-Key" not in second
    server.faults = {"semanticscholar": "to ftp://127.0.0.1/x"}
    again = found(server, replace(answers, refresh=True), "semanticscholar")
    assert "did not answer (a redirect that leaves" in again.problems[0]
    asked = urllib.request.Request("https://arxiv.org/x")
    with pytest.raises(urllib.error.URLError, match="leaves the public web"):
        _PublicRedirects().redirect_request(asked, None, 302, "", {}, "http://127.0.0.1/x")


def test_offline_without_an_answer_says_so(server: LiteratureServer, answers: AnswerFolder):
    result = found(server, replace(answers, offline=True), "arxiv")
    assert "never asked" in result.problems[0] and server.asked == []


def test_a_stored_answer_that_was_changed_is_refused(server: LiteratureServer, answers: AnswerFolder):
    found(server, answers, "crossref")
    next(answers.folder.glob("*.body")).write_bytes(b"{}")
    with pytest.raises(StoreError, match="not what came"):
        found(server, replace(answers, offline=True), "crossref")


def test_an_address_that_is_none_of_the_web_is_no_request(answers: AnswerFolder):
    from xstilts.core.errors import DataError
    from xstilts.evidence.services.base import ServiceRequest

    with pytest.raises(DataError, match="not a web address"):
        answers.get(ServiceRequest(service="pdf", url="file:///etc/passwd"))
    with pytest.raises(NoAnswerError):
        replace(answers, offline=True).get(ServiceRequest(service="pdf", url="http://127.0.0.1:9/x"))
