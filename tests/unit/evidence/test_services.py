"""Answers of the services become records; the goldens beside the checkout, and small invented ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.evidence.services.acl_anthology import collection_records
from xstilts.evidence.services.base import AnswerError, SearchQuery
from xstilts.evidence.services.bibtex import BibtexError, read_bibtex, write_bibtex
from xstilts.evidence.services.catalog import SERVICES
from xstilts.evidence.services.local_folder import folder_records
from xstilts.evidence.works import WorkRecord

QUERY = SearchQuery(phrases=(("invented",),))


def parsed(service: str, body: bytes) -> tuple[WorkRecord, ...]:
    one = SERVICES[service]
    return one.parse(body, one.request(one.base, QUERY, 10), QUERY).records


def golden_records(folder: Path, source: str, file: str) -> list[tuple[WorkRecord, ...]]:
    if source != "acl":
        return [parsed(source, (folder / file).read_bytes())]
    xml, bib = (folder / f"acl-2098.inv.{ending}" for ending in ("xml", "bib"))
    return [collection_records(xml.read_bytes()), parsed("acl", bib.read_bytes())]


def test_every_record_of_the_goldens_is_read_as_expected(shared_golden: Path):
    folder = shared_golden / "literature-apis" / "made-up"
    lines = (folder / "expected.jsonl").read_text("utf-8").splitlines()
    checked = 0
    for expected in map(json.loads, lines):
        for records in golden_records(folder, expected["source"], expected["file"]):
            record = next(one for one in records if one.id == expected["id"])
            for key in expected.keys() & {"title", "year", "doi", "arxiv_id", "abstract", "citations", "version"}:
                assert (getattr(record, key) or None) == (expected[key] or None), (expected["id"], key)
            assert record.authors == tuple(expected["authors"])
            checked += 1
    assert checked > len(lines) > 10


def test_recorded_answers_of_the_services_are_read(shared_golden: Path):
    folder = shared_golden / "literature-apis" / "real"
    for path in folder.iterdir():
        service = path.name.partition("-")[0]
        if "id_abc" in path.name or "not_found" in path.name:
            with pytest.raises(AnswerError, match="error"):
                parsed(service, path.read_bytes())
        elif service == "acl":
            assert len(collection_records(path.read_bytes())) == 5
        elif "work-" not in path.name:  # a single work is no answer to a search
            assert all(record.source == service for record in parsed(service, path.read_bytes()))


def test_a_feed_that_repeats_a_quoted_query_as_it_is_can_be_read():
    feed = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://arxiv.org/api/query?q="x"&a" type="t"/>
<entry><id>http://arxiv.org/abs/9901.00001v3</id><title>A\n  B</title></entry></feed>"""
    (record,) = parsed("arxiv", feed)
    assert (record.title, record.arxiv_id, record.version, record.version_name) == ("A B", "9901.00001", 3, "v3")


def test_arxiv_is_asked_for_the_versions_before_those_that_it_lists():
    found = [
        WorkRecord(source="arxiv", id=f"{name}v{v}", title="T", arxiv_id=name, version=v)
        for name, v in (("9901.1", 3), ("9901.2", 1))
    ]
    arxiv = SERVICES["arxiv"]
    assert arxiv.earlier is not None and arxiv.earlier(arxiv.base, found[1:]) == []
    (request,) = arxiv.earlier(arxiv.base, found)
    assert request.parameters["id_list"] == "9901.1v1,9901.1v2" and request.pause == 3.0
    many = [WorkRecord(source="arxiv", id="x", title="T", arxiv_id="9901.3", version=250)]
    asked = arxiv.earlier(arxiv.base, many)
    assert sum(len(one.parameters["id_list"].split(",")) for one in asked) == 249 and len(asked) > 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("body", [b"", b"<html>Down</html", b'{"results": [', b"null", b"[1]", b"\x1f\x8b\x08cut"])
def test_what_is_no_answer_is_an_error_or_nothing(service: str, body: bytes):
    try:
        assert parsed(service, body) == ()
    except AnswerError as error:
        assert str(error)


def test_fields_of_other_types_are_left_out():
    work = {"id": 5, "title": "T", "authorships": [None, {"author": 3}], "publication_year": "x", "doi": ["a"]}
    (record,) = parsed("openalex", json.dumps({"results": [work, "text"], "meta": None}).encode())
    assert (record.title, record.authors, record.year, record.doi) == ("T", (), None, "")


def test_xml_that_declares_entities_is_not_read():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>'
    with pytest.raises(AnswerError, match="declarations"):
        parsed("arxiv", bomb)


def test_retractions_are_seen():
    work = {"id": "W1", "title": "T", "is_retracted": True}
    (record,) = parsed("openalex", json.dumps({"results": [work], "meta": {}}).encode())
    assert record.withdrawn == "retracted"
    item = {"DOI": "10.5555/X", "title": ["T"], "updated-by": [{"type": "retraction", "DOI": "10.5555/Y"}]}
    (record,) = parsed("crossref", json.dumps({"status": "ok", "message": {"items": [item]}}).encode())
    assert record.withdrawn == "retraction, 10.5555/Y"


def test_bibtex_with_strings_nested_braces_and_comments():
    text = '@string{acl = "ACL"}\n@comment{no}\n@inproceedings{k, title = {A {B} \\& C}, booktitle = acl # " 2098"}'
    (entry,) = read_bibtex(text)
    assert entry.fields == {"title": "A {B} \\& C", "booktitle": "ACL 2098"} and (entry.key, entry.line) == ("k", 3)


@pytest.mark.parametrize(("text", "line"), [("\n@article{k, title = {A", 2), ("@article{k,\n title }", 1)])
def test_broken_bibtex_names_its_line(text: str, line: int):
    with pytest.raises(BibtexError) as caught:
        list(read_bibtex(text))
    assert caught.value.line == line


def test_written_bibtex_runs_nothing_and_reads_back():
    title = r"50% of \input{x} & {y} $z$"
    entry = write_bibtex("misc", "k", {"title": title})
    assert r"\input{x}" not in entry
    (again,) = read_bibtex(entry)
    assert again.key == "k" and r"\textbackslash{}input\{x\}" in again.fields["title"]


def test_a_folder_of_files(tmp_path: Path):
    (tmp_path / "a.bib").write_text("@article{x, title={From {B}ib}, author={Doe, Jo and Li Wei}, year=2098}", "utf-8")
    first = '{"title": "From lines", "arxiv_id": "9901.00002v4", "pdf": "p.pdf"}'
    lines = [first, "", '{"title": "Out", "pdf": "../q"}']
    (tmp_path / "b.jsonl").write_text("\n".join(lines), "utf-8")
    for name in ("p.pdf", "9901.00003v1-alone.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-")
    records = {record.title: record for record in folder_records(tmp_path)}
    assert records["From Bib"].authors == ("Jo Doe", "Li Wei")
    assert records["From lines"].version_name == "v4" and records["From lines"].pdf == str(tmp_path / "p.pdf")
    assert records["Out"].pdf == ""
    assert records["9901.00003v1 alone"].arxiv_id == "9901.00003" and len(records) == 4


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"title": "x"}\n{"tittle": "y"}', "a.jsonl:2: there is no field 'tittle'"),
        ("a.jsonl", "{", "a.jsonl:1: the line is no JSON"),
        ("a.jsonl", '{"title": " "}', "the work has no title"),
        ("a.bib", "\n@misc{k, title = {x", "a.bib:2: this is no BibTeX"),
        ("a.xml", "<x/>", "no collection of the ACL Anthology"),
    ],
)
def test_a_mistake_in_a_folder_is_named(tmp_path: Path, name: str, text: str, said: str):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(DataError, match=said):
        folder_records(tmp_path)


def test_a_line_separator_inside_an_abstract_ends_no_line(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"title": "x", "abstract": "one\u2028two\x85three"}\n', "utf-8")
    (record,) = folder_records(tmp_path)
    assert record.abstract == "one two three"
