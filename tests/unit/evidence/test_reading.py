"""PDFs are read page by page, hostile ones are survived, and what cannot be read is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_pdfs import tiny_pdf
from xstilts.evidence.addresses import is_public
from xstilts.evidence.duplicates import merge_works
from xstilts.evidence.fetching import AnswerFolder
from xstilts.evidence.pdf_pages import PdfPages, can_read_pdfs, pdf_pages
from xstilts.evidence.reading import PdfReading, read_works
from xstilts.evidence.source_text import SourceText, pdf_text
from xstilts.evidence.works import Work, WorkRecord

PAGES = (
    "A Title\nAbstract\nParsing helps trans-\nfer by 1.2 LAS over the baseline.\n" + "Filler here. " * 20,
    "3 Results\nScores drop by 3.0 points in ten languages. See Fig. 2 for all.\nReferences\nDoe 2001. A work.\n",
    "Appendix\nNever read.",
)


def work(**values: object) -> Work:
    named = {"title": "T", "abstract": "An abstract.", "source": "folder", "id": "1", **values}
    (merged,) = merge_works([WorkRecord(**named)])  # type: ignore[arg-type]
    return merged


def read(pdf: str, pages: PdfPages, tmp_path: Path) -> list[SourceText]:
    reading = PdfReading(answers=AnswerFolder(tmp_path, offline=True), read=lambda path: pages)
    return list(read_works([work(pdf=pdf)], reading))


def test_sections_pages_and_the_end_at_the_references():
    one = work()
    source = pdf_text(one, one.versions[0], PdfPages(pages=PAGES, notes=()))
    assert [sentence.page for sentence in source.sentences if "points" in sentence.text] == [2]
    said = {sentence.text: sentence.section for sentence in source.sentences}
    assert said["Scores drop by 3.0 points in ten languages."] == "results"
    assert said["See Fig. 2 for all."] == "results"
    assert "transfer by 1.2 LAS" in source.text and "Never read" not in source.text and "Doe 2001" not in source.text


def test_abstract_and_pdf_are_read(tmp_path: Path):
    texts = read(str(tmp_path / "x.pdf"), PdfPages(pages=PAGES, notes=()), tmp_path)
    assert [text.origin for text in texts] == ["abstract", "pdf"]


@pytest.mark.parametrize(
    ("pdf", "pages", "said"),
    [
        ("x.pdf", PdfPages(pages=("",), notes=("the PDF is encrypted",)), "encrypted"),
        ("https://example.org/x.pdf", PdfPages(pages=PAGES, notes=()), "never asked before"),
        ("http://169.254.169.254/latest", PdfPages(pages=PAGES, notes=()), "not one of the public web"),
    ],
)
def test_what_cannot_be_read_is_a_note_of_the_abstract(tmp_path: Path, pdf: str, pages: PdfPages, said: str):
    (text,) = read(pdf, pages, tmp_path)
    assert said in text.notes[0] and text.origin == "abstract"


@pytest.mark.parametrize(
    "address", ["http://localhost/x", "http://10.0.0.1/x", "ftp://a.org/x", "http://[::1]/x", "http://a.internal/", "x",
                "http://2130706433/x", "http://0x7f.1/x"],
)  # fmt: skip
def test_addresses_of_a_private_network_are_never_asked(address: str):
    assert not is_public(address)


def test_a_pdf_is_read_in_a_process_of_its_own_and_a_damaged_one_survived(tmp_path: Path):
    if not can_read_pdfs():
        pytest.skip("pypdf is not installed (the extra `evidence`)")
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(tiny_pdf([(72, 700, "Parsing helps. " * 20)]))
    bad.write_bytes(b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 1 0 R >> endobj trailer << /Root 1 0 R >>")
    read, damaged = pdf_pages(good), pdf_pages(bad)
    assert read.pages[0].startswith("Parsing helps.") and read.is_readable
    assert not damaged.is_readable and damaged.notes
    assert "within 0 s" in pdf_pages(good, seconds=0).notes[0]


def test_encrypted_scanned_and_long_pdfs_say_so(tmp_path: Path):
    pypdf = pytest.importorskip("pypdf")
    made = {"encrypted": 1, "scanned": 1, "long": 400}
    for name, pages in made.items():
        writer = pypdf.PdfWriter()
        for _ in range(pages):
            writer.add_blank_page(200, 200)
        if name == "encrypted":
            writer.encrypt("secret", algorithm="RC4-128")
        writer.write(tmp_path / f"{name}.pdf")
    read = {name: pdf_pages(tmp_path / f"{name}.pdf") for name in made}
    assert not any(one.is_readable for one in read.values())
    assert read["encrypted"].notes == ("the PDF is encrypted",)
    assert "it was scanned, perhaps" in read["scanned"].notes[0]
    assert read["long"].notes == ("the first 60 of 400 pages were read",) and len(read["long"].pages) == 60
