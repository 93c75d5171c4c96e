"""A local folder of works: BibTeX, JSON lines, collections of the ACL Anthology in XML, and PDFs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.files import file_text
from xstilts.evidence.identifiers import arxiv_parts, bare_doi
from xstilts.evidence.json_lines import json_lines
from xstilts.evidence.plain_text import collapsed, plain_abstract, plain_title
from xstilts.evidence.services.acl_anthology import bibtex_record, collection_records
from xstilts.evidence.services.base import AnswerError, number_of
from xstilts.evidence.services.bibtex import BibtexError, read_bibtex
from xstilts.evidence.works import WorkRecord

FOLDER = "folder"
_KEYS = tuple(name.name for name in fields(WorkRecord) if name.name != "answer")
_TEXTS = ("id", "date", "updated", "venue", "address", "pdf", "withdrawn")


def folder_records(folder: Path) -> tuple[WorkRecord, ...]:
    """Return the works that the files of a folder and those below name, file by file in the order of their names.

    A PDF beside a file of works belongs to the one whose `pdf` names it; any other is a work by itself. Raises
    DataError (file:line) for a folder that is none, and a file that cannot be read."""
    if not folder.is_dir():
        raise DataError(f"The folder '{folder}' does not exist.", where="--folder")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    records = [record for path in files for record in _file_records(path, folder)]
    named = {record.pdf for record in records}
    alone = [path for path in files if path.suffix.lower() == ".pdf" and str(path) not in named]
    return (*records, *(_pdf_record(path, folder) for path in alone))


def _file_records(path: Path, folder: Path) -> Iterator[WorkRecord]:
    reader = _READERS.get(path.suffix.lower())
    for record in reader(path) if reader else ():
        yield _beside(record, path, folder)


def _beside(record: WorkRecord, path: Path, folder: Path) -> WorkRecord:
    """Return a record whose PDF, where it is a file, is a path; one that leads out of the folder is left out."""
    pdf = record.pdf
    if pdf and "://" not in pdf:
        file = path.parent / pdf
        pdf = str(file) if file.resolve().is_relative_to(folder.resolve()) else ""
    return replace(record, pdf=pdf, answer=path.name)


def _bibtex(path: Path) -> Iterator[WorkRecord]:
    try:
        for entry in read_bibtex(file_text(path)):
            record = bibtex_record(entry, FOLDER)
            if not record.title:
                raise DataError(f"the entry '{entry.key}' has no title", where=f"{path}:{entry.line}")
            yield record
    except BibtexError as error:
        raise DataError(f"this is no BibTeX: {error.problem}", where=f"{path}:{error.line}") from error


def _xml(path: Path) -> Iterator[WorkRecord]:
    try:
        yield from collection_records(path.read_bytes())
    except AnswerError as error:
        raise DataError(f"{error}", where=str(path)) from error


def _json_lines(path: Path) -> Iterator[WorkRecord]:
    for number, value in json_lines(path):
        where = f"{path}:{number}"
        if not isinstance(value, dict):
            raise DataError("the line is no object with named fields", where=where)
        yield _described(value, where, path.stem, number)


def _described(value: Mapping[str, Any], where: str, stem: str, number: int) -> WorkRecord:
    for key in value:
        if key not in _KEYS:
            raise DataError(f"there is no field '{key}' of a work.", where=where, value=key, allowed=_KEYS)
    title = value.get("title")
    if not isinstance(title, str) or not title.strip():
        raise DataError("the work has no title", where=where)
    authors = value.get("authors") or ()
    if not isinstance(authors, list | tuple) or not all(isinstance(name, str) for name in authors):
        raise DataError("`authors` is no list of names", where=where)
    texts = {key: collapsed(str(value[key])) for key in _TEXTS if value.get(key) is not None}
    arxiv_id, version = arxiv_parts(str(value.get("arxiv_id") or ""))
    given = number_of(value.get("version"))
    return WorkRecord(
        source=FOLDER,
        **{"id": f"{stem}:{number}", **texts},
        title=plain_title(title),
        authors=tuple(collapsed(name) for name in authors),
        year=number_of(value.get("year")),
        doi=bare_doi(str(value.get("doi") or "")),
        arxiv_id=arxiv_id,
        version=given if given is not None else version,
        abstract=plain_abstract(str(value.get("abstract") or "")) if value.get("abstract") else "",
        citations=number_of(value.get("citations")),
    )


def _pdf_record(path: Path, folder: Path) -> WorkRecord:
    """Return a PDF as a work of its own: its name is its title; an arXiv id in the name is its id."""
    arxiv_id, version = arxiv_parts(path.stem)
    title = collapsed(re.sub(r"[_-]+", " ", path.stem))
    name = path.relative_to(folder).as_posix()
    return WorkRecord(
        source=FOLDER, id=name, title=title, arxiv_id=arxiv_id, version=version, pdf=str(path), answer=name
    )


_READERS = {".bib": _bibtex, ".jsonl": _json_lines, ".xml": _xml}
