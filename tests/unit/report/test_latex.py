"""LaTeX: every table of the report, nothing that LaTeX would act on, stars explained, a paragraph of methods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

import fake_study
from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Block, Document, Fold, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.marks import BOLD, MEANINGS, STARRED
from xstilts.report.formats.html import html
from xstilts.report.formats.latex import escaped, latex, table
from xstilts.report.formats.markdown import inline, markdown
from xstilts.report.write import save


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return compose(fake_study.results(tmp_path_factory.mktemp("store")))


def small(*texts: str, role: str = "") -> Table:
    columns = (TableColumn(label="Arm", numeric=False), TableColumn(label="A & B", small_print=("points",)))
    return Table(caption="50 % of it.", columns=columns, rows=(tuple(TableCell(text=x, role=role) for x in texts),))


def test_a_table() -> None:
    assert table(small("a_b", "−3.1"), "x-1") == "\n".join(
        (
            r"\begin{table}",
            r"\centering",
            r"\caption{50 \% of it.}",
            r"\label{tab:x-1}",
            r"\begin{tabular}{lr}",
            r"\toprule",
            r"Arm & A \& B (points) \\",
            r"\midrule",
            r"a\_b & $-$3.1 \\",
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        )
    )


def test_stars_are_raised_and_explained() -> None:
    text = table(small("nli", "+3.1 *", role="best"), "x")
    assert r"\textbf{+3.1}$^{*}$" in text and escaped(STARRED) in text
    assert escaped(STARRED) not in table(small("nli", "+3.1"), "x")


def tables_of(blocks: Iterable[Block]) -> Iterator[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Fold):
            yield from tables_of(block.blocks)


def test_every_mark_of_the_report_is_explained_in_the_caption_of_its_table(report: Report) -> None:
    """In LaTeX, in Markdown and on the page alike."""
    texts = [form(report.document) for form in (latex, markdown, html)]
    marked = 0
    for block in tables_of(b for section in report.document.sections for b in section.blocks):
        cells = [cell for row in (*block.rows, *block.foot) for cell in row]
        explained = block.full_caption.removeprefix(block.caption)
        if any(mark for cell in cells for mark in cell.marks):
            assert any(meaning in explained for meaning in MEANINGS.values()), block.caption
            marked += 1
        if any(text.endswith(" *") for cell in cells for text in (cell.text, *cell.small_print)):
            assert STARRED in explained, block.caption
        elif any(cell.role == "best" for cell in cells):
            assert BOLD in explained, block.caption
        written = (escaped(block.full_caption), inline(block.full_caption), str(escape(block.full_caption)))
        assert all(caption in text for caption, text in zip(written, texts, strict=True)), block.caption
    assert marked > 1


@given(st.text())
def test_nothing_that_latex_acts_on_is_left(text: str) -> None:
    left = re.sub(r"\\text\w+\{\}|\\[&%$#_{}]|\\ldots\{\}|\$(-|\\\w+)\$", "", escaped(text))
    assert not re.search(r"[\\&%$#_{}~^]", left)


def test_every_table_of_the_report_is_there(report: Report) -> None:
    text = latex(report.document)

    def count(blocks: object) -> int:
        return sum(isinstance(b, Table) + (count(b.blocks) if isinstance(b, Fold) else 0) for b in blocks)  # type: ignore[attr-defined]

    tables = sum(count(section.blocks) for section in report.document.sections)
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == tables > 5
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert len(labels) == len(set(labels)) and "tab:differences-1" in labels
    for line in text.splitlines():
        if line.endswith(r" \\"):
            assert not line.startswith("&")


def test_rows_have_as_many_cells_as_columns(report: Report) -> None:
    for block in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", latex(report.document), re.DOTALL):
        rows = [line for line in block[1].splitlines() if line.endswith(r" \\")]
        assert all(len(re.findall(r"(?<!\\)&", row)) == len(block[0]) - 1 for row in rows)


def test_it_is_written_beside_the_other_forms(report: Report, tmp_path: Path) -> None:
    pages = save(report, tmp_path / "out")
    assert pages.latex.name == "tables.tex" and r"\toprule" in pages.latex.read_text("utf-8")


def test_the_paragraph_of_methods_has_the_numbers_of_the_study(report: Report) -> None:
    text = report.record()["methods"]
    assert "We compare 3 arms (none, nli and qa) with xstilts 0.1.0, all from xlm-roberta-base" in text
    assert "2 seeds" in text and "1,000 resamples" in text and "profile smoke" in text
    assert escaped(text) in latex(report.document) and "Methods, for a paper" in markdown(report.document)


def test_a_paragraph_elsewhere_is_not_written() -> None:
    section = Section(id="notes", title="Notes", blocks=(Prose(text="Nothing of this."),))
    assert "Nothing" not in latex(Document(title="t", question="", answer=(), facts=(), sections=(section,)))


def test_notes_are_sentences_of_the_caption() -> None:
    noted = replace(small("a", "1"), notes=("udpos: at most 20 examples", "Floor: a guess."))
    assert r"\caption{50 \% of it. udpos: at most 20 examples. Floor: a guess.}" in table(noted, "x")


def test_methods_come_before_every_table(report: Report) -> None:
    text = latex(report.document)
    assert 0 < text.index("We compare") < text.index(r"\begin{table}")


def test_stars_and_bold_numbers_are_both_explained() -> None:
    both = Table(
        caption="Scores.",
        columns=(TableColumn(label="A"), TableColumn(label="B")),
        rows=((TableCell(text="3.1", role="best"), TableCell(text="+1.0 *")),),
    )
    assert both.full_caption == f"Scores. {STARRED} {BOLD}"
