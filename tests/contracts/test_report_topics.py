"""A report topic is one file and one line: a topic that is added to the index is on the page, in report.json and on the
terminal, and no form of the report names a topic itself."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

import fake_study
import xstilts.report
from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Prose, Section, TerminalText
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.formats.terminal import render
from xstilts.report.topics.index import TOPICS
from xstilts.report.topics.topic import Topic
from xstilts.report.write import save

ROOT = Path(xstilts.report.__file__).parent

# What the file of a new topic would hold.
CELL_COUNT = Topic(
    name="cell_count",
    compute=lambda board: len(board.results.cells) or None,
    sections=lambda n: (Section(id="cell-count", title="Cells", blocks=(Prose(text=f"{n} cells in all"),)),),
    record=lambda n: {"cell_count": n},
    empty_record={"cell_count": 0},
    terminal=lambda n: (TerminalText(text=f"This study has {n} cells."),),
    command_json={"cell_count": "cells"},
)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return compose(fake_study.results(tmp_path / "store"), topics=(*TOPICS, CELL_COUNT))


def test_a_new_topic_is_on_the_page_and_in_the_markdown(report: Report) -> None:
    page = html(report.document)
    assert "24 cells in all" in page and 'href="#cell-count"' in page
    assert "## Cells\n\n24 cells in all" in markdown(report.document)


def test_a_new_topic_is_in_report_json_and_in_what_the_command_prints(report: Report, tmp_path: Path) -> None:
    written = json.loads(save(report, tmp_path / "report").json.read_text("utf-8"))
    assert written["cell_count"] == 24
    assert report.command_json()["cells"] == 24
    assert set(compose(report.scoreboard.results).command_json()) == {
        "answer",
        "scores",
        "contrasts",
        "gains",
        "claims",
        "robustness",
        "sweeps",
        "choices",
        "against",
    }


def test_a_new_topic_is_on_the_terminal(report: Report) -> None:
    console = Console(width=120, file=io.StringIO())
    for part in render(report):
        console.print(part)
    assert "This study has 24 cells." in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_topic_that_has_nothing_to_say_is_left_out(tmp_path: Path) -> None:
    empty = fake_study.only(fake_study.results(tmp_path), arms=())
    report = compose(empty, topics=(CELL_COUNT,))
    assert report.record() == {"cell_count": 0} and report.document.sections == () and report.terminal() == ()


def test_every_topic_has_a_name_and_entries_of_its_own(report: Report) -> None:
    names = [part.topic.name for part in report.topics]
    keys = [key for part in report.topics for key in part.record()]
    assert len(names) == len(set(names)) and len(keys) == len(set(keys))
    for part in report.topics:
        if part.value is not None and part.topic.empty_record:
            assert set(part.topic.empty_record) == set(part.record()), part.topic.name


def test_no_form_of_the_report_names_a_topic() -> None:
    topics = re.compile(r"from xstilts\.report\.topics(\.\w+)* import|import xstilts\.report\.topics")
    for path in (ROOT / "build.py", ROOT / "document.py", ROOT / "write.py", *(ROOT / "formats").glob("*.py")):
        imports = {match[0] for match in topics.finditer(path.read_text("utf-8"))}
        assert imports <= {
            "from xstilts.report.topics.index import",
            "from xstilts.report.topics.topic import",
        }, path.name
