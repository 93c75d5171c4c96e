"""`xstilts report STUDY --against ROWS` on a packaged study, before anything was run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main


def test_published_rows_stand_beside_a_study_that_was_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call = ["report", "quickstart", "--store", str(tmp_path), "--against", "xlmr-large, x-stilts"]
    assert main([*call, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["against"]
    assert list(found["rows"]) == ["xlmr-large", "x-stilts"]
    lines = {line["target"]: line for line in found["lines"]}
    assert lines["udpos"]["published"] == {"xlmr-large": 73.8, "x-stilts": 74.9}
    assert "tatoeba" not in lines, "300 of 1000 candidates are no published setting"
    assert {ours["value"] for line in lines.values() for ours in line["ours"].values()} == {None}
    assert any(
        text.startswith("packaged samples in the place of the full files") for text in found["differences"]["udpos"]
    )
    assert "xnli" in found["not_in_study"] and found["not_in_benchmark"] == []
    assert main(call) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "73.8" in said and "74.9" in said and "encoder differs: tiny-e5, first 3 layers, not XLM-R Large" in said
    assert "X-STILTs over XLM-R Large, +5.40 on average over 9 targets: tydiqa +1.41" in said
    page = tmp_path / "reports" / "quickstart" / "index.html"
    assert "Beside published numbers: XTREME" in page.read_text("utf-8")


def test_without_rows_the_report_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["report", "quickstart", "--store", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["against"] == []
    assert "Beside published numbers" not in (tmp_path / "reports" / "quickstart" / "index.html").read_text("utf-8")


def test_a_report_is_also_a_page_of_a_repository(tmp_path: Path):
    page = tmp_path / "pages" / "quickstart.md"
    call = ["report", "quickstart", "--store", str(tmp_path / "store"), "--markdown", str(page)]
    assert main([*call, "--json"]) == 0
    text = page.read_text("utf-8")
    assert text.startswith("# Does tagging English slots") and "## What this answer rests on" in text
    assert str(tmp_path) not in text
    (written,) = (tmp_path / "store").rglob("report.md")
    assert written.read_text("utf-8") == text
