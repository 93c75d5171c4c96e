"""ACL Anthology: no search, but all of it as BibTeX with abstracts, and each collection as XML."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from xstilts.evidence.identifiers import bare_doi, title_words
from xstilts.evidence.plain_text import collapsed, from_latex
from xstilts.evidence.services.base import (
    MOST_BYTES,
    AnswerError,
    AnswerPage,
    LiteratureService,
    SearchQuery,
    ServiceRequest,
    number_of,
)
from xstilts.evidence.services.bibtex import BibtexEntry, BibtexError, read_bibtex
from xstilts.evidence.services.markup import beginning, xml_answer
from xstilts.evidence.works import WorkRecord

_ANTHOLOGY = "https://aclanthology.org/"


def request(base: str, query: SearchQuery, limit: int) -> ServiceRequest:
    return ServiceRequest(service="acl", url=f"{base}/anthology+abstracts.bib.gz", pause=1.0)


def parse(body: bytes, asked: ServiceRequest, query: SearchQuery) -> AnswerPage:
    """Return the entries whose title or abstract has every phrase of the query. Raises AnswerError for what is no
    BibTeX."""
    text = _unpacked(body).decode("utf-8", "replace")
    if "@" not in text[:4000]:
        raise AnswerError(f"an answer that is no BibTeX: {beginning(body)}")
    # A hundred thousand entries: most are passed over before they are read field by field.
    near = (part for part in text.split("\n@") if _may_have_all(part, query))
    found = []
    try:
        for part in near:
            for entry in read_bibtex(part if part.startswith("@") else f"@{part}"):
                record = bibtex_record(entry)
                if record.title and _has_all(f"{record.title} {record.abstract}", query):
                    found.append(record)
    except BibtexError as error:
        raise AnswerError(f"BibTeX that cannot be read: {error.problem}") from error
    return AnswerPage(records=tuple(found), total=len(found))


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            text = file.read(8 * MOST_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise AnswerError("a gzipped answer that ends too early or is damaged") from error
    return text


def _may_have_all(entry: str, query: SearchQuery) -> bool:
    """Whether an entry as it is written has every phrase, hyphens or not."""
    text = entry.lower().replace("-", " ").replace("{", "").replace("}", "")
    return all(any(one.lower().replace("-", " ") in text for one in spellings) for spellings in query.phrases)


def _has_all(text: str, query: SearchQuery) -> bool:
    words = f" {' '.join(title_words(text))} "
    return all(any(f" {' '.join(title_words(one))}" in words for one in spellings) for spellings in query.phrases)


def bibtex_record(entry: BibtexEntry, source: str = "acl") -> WorkRecord:
    """Return what an entry says of a work."""
    fields = {name: from_latex(value) for name, value in entry.fields.items() if name not in ("author", "url")}
    url = entry.fields.get("url", "").strip()
    anthology = url.removeprefix(_ANTHOLOGY).strip("/") if url.startswith(_ANTHOLOGY) else ""
    authors = entry.fields.get("author", "").replace("\n", " ").split(" and ")
    eprint = fields.get("eprint", "") if "arxiv" in fields.get("archiveprefix", "arxiv").lower() else ""
    return WorkRecord(
        source=source,
        id=anthology or entry.key,
        title=fields.get("title", ""),
        authors=tuple(_in_order(from_latex(name)) for name in authors if name.strip()),
        year=number_of(fields.get("year")),
        date=fields.get("year", ""),
        doi=bare_doi(fields.get("doi")),
        arxiv_id=eprint,
        abstract=fields.get("abstract", ""),
        venue=fields.get("booktitle") or fields.get("journal", ""),
        address=url,
        pdf=f"{_ANTHOLOGY}{anthology}.pdf" if anthology else "",
    )


def _in_order(name: str) -> str:
    """Return "Ünal Doğan" of "Doğan, Ünal"."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else name.strip()


def collection_records(body: bytes) -> tuple[WorkRecord, ...]:
    """Return the papers of a collection of the Anthology in XML. Raises AnswerError for what is none."""
    root = xml_answer(body)
    if root.tag != "collection":
        raise AnswerError(f"XML that is no collection of the ACL Anthology: {beginning(body)}")
    return tuple(_papers(root))


def _papers(collection: Element) -> Iterator[WorkRecord]:
    for volume in collection.iter("volume"):
        meta = volume.find("meta")
        year = meta.findtext("year") if meta is not None else None
        venue = _inner(meta.find("booktitle")) if meta is not None else ""
        for paper in volume.iter("paper"):
            name = f"{collection.get('id')}-{volume.get('id')}.{paper.get('id')}"
            authors = (f"{a.findtext('first') or ''} {a.findtext('last') or ''}" for a in paper.findall("author"))
            retracted = paper.find("retracted")
            yield WorkRecord(
                source="acl",
                id=name,
                title=_inner(paper.find("title")),
                authors=tuple(collapsed(author) for author in authors),
                year=number_of((year or "").strip()),
                date=(year or "").strip(),
                doi=bare_doi(paper.findtext("doi")),
                abstract=_inner(paper.find("abstract")),
                venue=venue,
                address=f"{_ANTHOLOGY}{name}/",
                pdf=f"{_ANTHOLOGY}{name}.pdf",
                withdrawn="" if retracted is None else f"retracted {_inner(retracted)}".strip(),
            )


def _inner(element: Element | None) -> str:
    """Return the text of an element and of those in it; formulas stand between dollar signs."""
    return "" if element is None else collapsed("".join(_pieces(element)))


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        mark = "$" if child.tag == "tex-math" else ""
        yield from (mark, *_pieces(child), mark, child.tail or "")


ACL = LiteratureService(
    name="acl",
    title="ACL Anthology",
    base="https://aclanthology.org",
    terms="metadata Apache-2.0",
    request=request,
    parse=parse,
)
