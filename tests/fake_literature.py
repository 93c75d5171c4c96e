"""Services of literature on the loopback: invented papers in the services' documented shapes, and faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from xstilts.evidence.services.base import LiteratureService
from xstilts.evidence.services.catalog import SERVICES


@dataclass(frozen=True, kw_only=True)
class Paper:
    """An invented paper; `on`: the services that have it."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ("Ada Example",)
    year: int = 2098
    doi: str = ""
    arxiv: str = ""
    version: int = 1
    comment: str = ""
    retracted: bool = False
    pdf: str = ""
    on: tuple[str, ...] = ("arxiv", "openalex", "semanticscholar", "crossref", "acl")


class LiteratureServer:
    """`faults`: service -> what is wrong with it: a status, "html", "half" (a cut body), "silent",
    "slow" (and then silent), "to ADDRESS" (a redirect). `asked`: the
    services in the order of their requests; `sent`: path and headers of each request. page: records on a page."""

    def __init__(self, papers: Sequence[Paper] = ()) -> None:
        self.papers, self.faults, self.page = list(papers), dict[str, Any](), 100
        self.asked: list[str] = []
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.files: dict[str, bytes] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def services(self, *names: str) -> list[LiteratureService]:
        """The catalogue's services, all of them or these, at this server's address."""
        return [replace(SERVICES[name], base=f"{self.address}/{name}") for name in names or SERVICES]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        service = parts.path.split("/")[1]
        self.asked.append(service)
        self.sent.append((handler.path, dict(handler.headers)))
        status, body, headers = 200, b"", {}
        fault = self.faults.get(service)
        if isinstance(fault, list):  # one after the other
            fault = fault.pop(0) if fault else None
        if fault == "slow":
            time.sleep(0.2)
        if fault in ("silent", "slow"):
            handler.close_connection = True
            return
        if isinstance(fault, str) and fault.startswith("to "):
            status, headers = 302, {"Location": fault.removeprefix("to ")}
        elif isinstance(fault, int):
            status, body, headers = fault, b"{}", {"Retry-After": "7"} if fault == 429 else {}
        elif fault == "html":
            body = b"<html><body>Down for maintenance</body></html>"
        elif parts.path in self.files:
            body = self.files[parts.path]
        else:
            body = getattr(self, f"_{service}")(dict(parse_qsl(parts.query)))
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        body = body[: len(body) // 2] if fault == "half" else body
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _on(self, service: str) -> list[Paper]:
        return [paper for paper in self.papers if service in paper.on]

    def _arxiv(self, asked: dict[str, str]) -> bytes:
        papers, start = [p for p in self._on("arxiv") if p.arxiv], int(asked["start"])
        if "id_list" in asked:
            papers = [p for p in papers if f"{p.arxiv}v{p.version}" in asked["id_list"].split(",")]
        entries = [
            f"<entry><id>http://arxiv.org/abs/{p.arxiv}v{p.version}</id><title>{escape(p.title)}</title>"
            f"<updated>{p.year}-0{p.version}-05T00:00:00Z</updated><published>{p.year}-01-03T00:00:00Z</published>"
            f"<summary>  {escape(p.abstract)}\n</summary>"
            + "".join(f"<author><name>{escape(name)}</name></author>" for name in p.authors)
            + (f"<arxiv:comment>{escape(p.comment)}</arxiv:comment>" if p.comment else "")
            + (f"<arxiv:doi>{p.doi}</arxiv:doi>" if p.doi else "")
            + (f'<link title="pdf" href="{p.pdf}"/>' if p.pdf else "")
            + "</entry>"
            for p in papers[start : start + self.page]
        ]
        head = (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
            'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
            f"<opensearch:totalResults>{len(papers)}</opensearch:totalResults>"
        )
        return f"{head}{''.join(entries)}</feed>".encode()

    def _openalex(self, asked: dict[str, str]) -> bytes:
        papers = self._on("openalex")
        start = 0 if asked["cursor"] == "*" else int(asked["cursor"])
        works = []
        for number, p in enumerate(papers[start : start + self.page], start):
            index: dict[str, list[int]] = {}
            for place, word in enumerate(p.abstract.split()):
                index.setdefault(word, []).append(place)
            doi = p.doi or (f"10.48550/arXiv.{p.arxiv}" if p.arxiv else "")
            works.append({
                "id": f"https://openalex.org/W{number}", "doi": f"https://doi.org/{doi}" if doi else None,
                "title": escape(p.title), "publication_year": p.year, "abstract_inverted_index": index or None,
                "authorships": [{"author": {"display_name": name}} for name in p.authors],
                "primary_location": None, "best_oa_location": {"pdf_url": p.pdf} if p.pdf else None,
                "is_retracted": p.retracted, "cited_by_count": 1,
            })  # fmt: skip
        more = start + self.page < len(papers)
        meta = {"count": len(papers), "next_cursor": str(start + self.page) if more else None}
        return json.dumps({"meta": meta, "results": works}).encode()

    def _semanticscholar(self, asked: dict[str, str]) -> bytes:
        papers, start = self._on("semanticscholar"), int(asked["offset"])
        answer: dict[str, Any] = {"total": len(papers), "offset": start}
        if papers:
            answer["data"] = [
                {"paperId": f"{number:040d}", "title": p.title, "abstract": p.abstract or None, "year": p.year,
                 "authors": [{"name": name} for name in p.authors],
                 "externalIds": {**({"DOI": p.doi} if p.doi else {}), **({"ArXiv": p.arxiv} if p.arxiv else {})}}
                for number, p in enumerate(papers[start : start + self.page], start)
            ]  # fmt: skip
        if start + self.page < len(papers):
            answer["next"] = start + self.page
        return json.dumps(answer).encode()

    def _crossref(self, asked: dict[str, str]) -> bytes:
        papers, start = [p for p in self._on("crossref") if p.doi], int(asked["offset"])
        items = [
            {"DOI": p.doi.upper(), "title": [escape(p.title)], "issued": {"date-parts": [[p.year, 7]]},
             "author": [{"given": name.split()[0], "family": name.split()[-1]} for name in p.authors],
             **({"abstract": f"<jats:p>{escape(p.abstract)}</jats:p>"} if p.abstract else {})}
            for p in papers[start : start + self.page]
        ]  # fmt: skip
        message = {"total-results": len(papers), "items": items}
        return json.dumps({"status": "ok", "message": message}).encode()

    def _acl(self, asked: dict[str, str]) -> bytes:
        return "\n\n".join(
            f"@inproceedings{{invented-{number},\n  title = {{{p.title}}},\n  year = {p.year},\n"
            f"  author = {{{' and '.join(p.authors)}}},\n  doi = {{{p.doi}}},\n  abstract = {{{p.abstract}}}\n}}"
            for number, p in enumerate(self._on("acl"))
        ).encode()


@contextmanager
def literature(papers: Sequence[Paper] = ()) -> Iterator[LiteratureServer]:
    """A server for as long as the block runs."""
    server = LiteratureServer(papers)
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
