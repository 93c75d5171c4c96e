"""The page docs/add-a-report-topic.md, walked through: its topic is on the page, in report.json and on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_walk import PageWalk

TEST = "tests/unit/report/test_hardest_language.py"
FORMS = """
import io
from pathlib import Path

from rich.console import Console

import fake_study
from xstilts.report.build import compose
from xstilts.report.formats.html import html
from xstilts.report.formats.terminal import render

report = compose(fake_study.results(Path("scores")))
console = Console(width=200, file=io.StringIO())
for part in render(report):
    console.print(part)
print('id="hardest"' in html(report.document), "Hardest: " in console.file.getvalue())
"""


@pytest.fixture
def walk(tmp_path: Path) -> PageWalk:
    return PageWalk("add-a-report-topic.md", tmp_path)


def test_the_page_names_what_it_touches(walk: PageWalk):
    topics = "src/xstilts/report/topics"
    assert walk.named == walk.files == [f"{topics}/hardest_language.py", f"{topics}/index.py", TEST]


def test_the_topic_of_the_page_passes_its_test(walk: PageWalk):
    walk.test(TEST)


def test_every_form_of_the_report_shows_it(walk: PageWalk):
    assert walk.python("-c", FORMS) == "True True\n"
