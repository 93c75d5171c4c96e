"""Write the answers of five services to the queries of the five questions into `docs/results/evidence/recorded`.

    python scripts/write_evidence_answers.py [--out DIR]

No service is asked. Each answer is written to the form that its service documents, from the works in the folder
`inputs`; which service lists which work is made up here, and so are the faults. What surprises in real answers is in
these: arXiv lists last versions alone and gives errors as entries, OpenAlex's abstracts are inverted indexes or null,
Semantic Scholar's empty answer has no `data`, Crossref's abstracts are JATS and its 404 is plain text.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from xstilts.app.evidence import EvidenceSettings
from xstilts.evidence.concepts import CONCEPTS
from xstilts.evidence.fetching import AnswerFolder, NoAnswerError
from xstilts.evidence.query import Question, queries_of, read_question
from xstilts.evidence.search import search_services
from xstilts.evidence.services.base import SearchQuery, ServiceRequest
from xstilts.evidence.services.bibtex import write_bibtex
from xstilts.evidence.services.catalog import SERVICES
from xstilts.evidence.services.local_folder import folder_records
from xstilts.evidence.works import WorkRecord
from xstilts.study.load import load_study
from xstilts.tasks.catalog import TASKS

ROOT = Path(__file__).resolve().parents[1] / "docs/results/evidence"
STUDIES = ("syntax_srl", "robustness", "scaling_semparse", "reasoning_syntax", "adapters")
PAGE = 5  # works on a page, so that paging is seen
ON_VIDEOS = ("2021.emnlp-main.544", "2021.acl-short.92", "planted-video")
# One query of each study goes wrong at one service: (study, service, number of the query) -> what it answers.
ERROR_ENTRY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n<entry>\n'
    "<id>https://arxiv.org/api/errors#planted</id>\n<title>Error</title>\n"
    "<summary>a planted error</summary>\n</entry>\n</feed>\n"
)
Fault = tuple[int, str, bytes] | str
FAULTS: dict[tuple[str, str, int], Fault] = {
    ("reasoning_syntax", "arxiv", 2): (400, "application/atom+xml", ERROR_ENTRY.encode()),
    ("adapters", "crossref", 1): (404, "text/plain", b"Resource not found."),
    ("scaling_semparse", "openalex", 2): (200, "text/html", b"<html><body>Down (a planted fault)</body></html>"),
    ("syntax_srl", "openalex", 3): (
        200,
        "application/json",
        b'{"meta": {"count": 3}, "results": [{"id": "https://open',
    ),
    ("robustness", "semanticscholar", 5): "answered 429 Too Many Requests (4 tries; a planted fault)",
}


@dataclass(frozen=True)
class Library:
    """What the services know. works: all, in the order of the inputs. queries: by the words that a service is asked;
    firsts, faults: of the queries that find works on videos too, and that go wrong: (service, words)."""

    works: Sequence[WorkRecord]
    queries: dict[str, SearchQuery]
    firsts: frozenset[str]
    faults: dict[tuple[str, str], Fault]

    def send(self, request: ServiceRequest, timeout: float) -> tuple[int, str, bytes]:
        """Answer a request. Raises NoAnswerError for a service that is planted to be silent."""
        words = next((request.parameters[name] for name in _WORDS if name in request.parameters), "")
        fault = self.faults.get((request.service, words))
        if isinstance(fault, str):
            raise NoAnswerError(fault)
        return fault or _ANSWERS[request.service](self, request, words)

    def matching(self, words: str, listed: Callable[[WorkRecord], bool], fuzzy: bool = False) -> list[WorkRecord]:
        """Return the works of a service that mention the concepts of a query; a fuzzy one finds videos too."""
        about = Question("", tuple(CONCEPTS[spellings[0]] for spellings in self.queries[words].phrases))
        return [
            work for work in self.works
            if listed(work)
            and (len(about.met_in(f"{work.title}. {work.abstract}")) == len(about.concepts)
                 or (fuzzy and work.id in ON_VIDEOS and words in self.firsts))
        ]  # fmt: skip


def made_up(work: WorkRecord, length: int) -> str:
    """Return a name of a record in a service, which is made up: nobody here knows the real ones."""
    return hashlib.sha256(f"made up {work.id}".encode()).hexdigest()[:length]


def arxiv(library: Library, request: ServiceRequest, words: str) -> tuple[int, str, bytes]:
    if "id_list" in request.parameters:
        names = request.parameters["id_list"].split(",")
        found = [one for one in library.works if f"{one.arxiv_id}v{one.version}" in names]
    else:
        listed = library.matching(words, lambda work: bool(work.arxiv_id))
        found = list({work.arxiv_id: work for work in listed}.values())  # the last version takes the others' place
    place = int(request.parameters["start"])
    entries = "".join(map(_entry, found[place : place + PAGE]))
    feed = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">\n'
        f'<link href="https://arxiv.org/api/query?{request.parameters.get("search_query", "")}" rel="self"/>\n'
        f"<opensearch:totalResults>{len(found)}</opensearch:totalResults>\n"
        f"<opensearch:startIndex>{place}</opensearch:startIndex>\n{entries}</feed>\n"
    )
    return 200, "application/atom+xml", feed.encode()


def _entry(work: WorkRecord) -> str:
    comment = f"<arxiv:comment>{escape(work.withdrawn)}</arxiv:comment>\n" if work.withdrawn else ""
    doi = f"<arxiv:doi>{work.doi}</arxiv:doi>\n" if work.doi else ""
    return (
        f"<entry>\n<id>http://arxiv.org/abs/{work.arxiv_id}v{work.version}</id>\n"
        f"<title>{escape(work.title).replace(': ', ':' + chr(10) + '  ')}</title>\n"
        f"<updated>{work.updated or work.date}T00:00:00Z</updated>\n<published>{work.date}T00:00:00Z</published>\n"
        f"<summary>  {escape(work.abstract)}\n</summary>\n"
        + "".join(f"<author><name>{escape(name)}</name></author>\n" for name in work.authors)
        + f"{comment}{doi}</entry>\n"
    )


def openalex(library: Library, request: ServiceRequest, words: str) -> tuple[int, str, bytes]:
    found = library.matching(words, lambda work: bool(work.doi))
    place = 0 if request.parameters["cursor"] == "*" else int(request.parameters["cursor"])
    more = place + PAGE < len(found)
    results = [
        {
            "id": f"https://openalex.org/W{int(made_up(work, 8), 16)}",
            "doi": f"https://doi.org/{work.doi}",
            "title": escape(work.title, quote=False),
            "publication_year": work.year,
            "authorships": [{"author": {"display_name": name}} for name in work.authors],
            "primary_location": {"landing_page_url": f"https://doi.org/{work.doi}", "source": None},
            "best_oa_location": None,
            "is_retracted": bool(work.withdrawn),
            # null where the text has an even length: OpenAlex has none of many works
            "abstract_inverted_index": _inverted(work.abstract) if len(work.abstract) % 2 else None,
        }
        for work in found[place : place + PAGE]
    ]
    meta = {"count": len(found), "next_cursor": str(place + PAGE) if more else None}
    return _json({"meta": meta, "results": results})


def _inverted(text: str) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(text.split()):
        index.setdefault(word, []).append(place)
    return index


def semantic_scholar(library: Library, request: ServiceRequest, words: str) -> tuple[int, str, bytes]:
    found = library.matching(words, lambda work: work.version is None, fuzzy=True)
    place = int(request.parameters["offset"])
    answer: dict[str, Any] = {"total": len(found), "offset": place}
    if found:
        answer["data"] = [
            {
                "paperId": made_up(work, 40),
                "title": work.title,
                # null where OpenAlex has one: publishers have it left out of many works
                "abstract": None if len(work.abstract) % 2 else work.abstract,
                "year": work.year,
                "venue": work.venue,
                "authors": [{"authorId": None, "name": name} for name in work.authors],
                "externalIds": {**({"DOI": work.doi} if work.doi else {}),
                                **({"ACL": work.id} if work.source == "acl" else {})},
                "openAccessPdf": None,
            }
            for work in found[place : place + PAGE]
        ]  # fmt: skip
    if place + PAGE < len(found):
        answer["next"] = place + PAGE
    return _json(answer)


def crossref(library: Library, request: ServiceRequest, words: str) -> tuple[int, str, bytes]:
    found = library.matching(words, lambda work: bool(work.doi), fuzzy=True)
    place = int(request.parameters["offset"])
    items = [
        {
            "DOI": work.doi.upper(),
            "title": [escape(work.title, quote=False)],
            "container-title": [escape(work.venue, quote=False)] if work.venue else [],
            "author": [dict(zip(("given", "family"), name.rsplit(" ", 1), strict=False)) for name in work.authors],
            "issued": {"date-parts": [[work.year]]},
            **({"abstract": f"<jats:title>Abstract</jats:title><jats:p>{escape(work.abstract, quote=False)}</jats:p>"}
               if work.id.startswith("planted") else {}),
            **({"updated-by": [{"type": "withdrawal", "DOI": f"{work.doi}.notice"}]} if work.withdrawn else {}),
        }
        for work in found[place : place + PAGE]
    ]  # fmt: skip
    message = {"total-results": len(found), "items-per-page": PAGE, "items": items}
    return _json({"status": "ok", "message-type": "work-list", "message": message})


def acl(library: Library, request: ServiceRequest, words: str) -> tuple[int, str, bytes]:
    entries = [
        write_bibtex("inproceedings", work.id.replace(".", "-"), {
            "title": work.title, "author": " and ".join(work.authors), "booktitle": work.venue,
            "year": str(work.year), "url": work.address, "doi": work.doi, "abstract": work.abstract,
        })
        for work in library.works if work.source == "acl"
    ]  # fmt: skip
    return 200, "application/gzip", gzip.compress("\n\n".join(entries).encode(), mtime=0)


def _json(value: object) -> tuple[int, str, bytes]:
    return 200, "application/json", (json.dumps(value, ensure_ascii=False, indent=0) + "\n").encode()


_WORDS = ("search_query", "search", "query", "query.bibliographic")
_ANSWERS = {
    "arxiv": arxiv, "openalex": openalex, "semanticscholar": semantic_scholar, "crossref": crossref, "acl": acl,
}  # fmt: skip


def library_of(works: Sequence[WorkRecord], limit: int) -> Library:
    """Return what the services know, and what is asked of them for the five questions."""
    queries: dict[str, SearchQuery] = {}
    firsts, faults = set(), {}
    for study in STUDIES:
        asked = queries_of(read_question(load_study(study).question, TASKS))
        for service in SERVICES.values():
            words = [_words(service.request(service.base, query, limit)) for query in asked]
            queries |= dict(zip(words, asked, strict=True))
            firsts.add(words[0])
            for number, each in enumerate(words):
                if fault := FAULTS.get((study, service.name, number)):
                    faults[service.name, each] = fault
    return Library(works, queries, frozenset(firsts), faults)


def _words(request: ServiceRequest) -> str:
    return next((request.parameters[name] for name in _WORDS if name in request.parameters), "")


def write(out: Path) -> None:
    """Write every answer into a folder, in the place of those that are there."""
    shutil.rmtree(out, ignore_errors=True)
    limit = EvidenceSettings().limit
    library = library_of(folder_records(ROOT / "inputs"), limit)
    for study in STUDIES:
        answers = AnswerFolder(out, send=library.send, today=lambda: "", sleep=lambda seconds: None)
        search_services(SERVICES.values(), queries_of(read_question(load_study(study).question, TASKS)), limit, answers)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=ROOT / "recorded")
    write(options.parse_args().out)


if __name__ == "__main__":
    main()
