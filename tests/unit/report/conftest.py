from __future__ import annotations

from pathlib import Path

import pytest

import fake_study
from xstilts.report.build import Report, compose
from xstilts.report.scores.inputs import Results
from xstilts.report.write import ReportFiles, save


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return fake_study.results(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def made(results: Results) -> Report:
    return compose(results)


@pytest.fixture(scope="session")
def pages(made: Report, tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return save(made, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def page(pages: ReportFiles) -> str:
    return Path(pages.html).read_text(encoding="utf-8")
