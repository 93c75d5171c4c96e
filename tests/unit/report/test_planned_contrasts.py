"""Planned contrasts: on every target and in every language; what too few runs learnt still has its number over all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import fake_study as fake
from xstilts.report.build import compose
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import ContrastSpec, Results
from xstilts.report.topics.planned_contrasts import PLANNED_CONTRASTS

PLANNED = ContrastSpec(name="questions - inference", weights={"qa": 1.0, "nli": -1.0})


@pytest.fixture
def results(tmp_path: Path) -> Results:
    part = fake.only(fake.results(tmp_path), targets=("xquad", "tatoeba"))
    return replace(part, contrasts=(*part.contrasts, PLANNED))


def collapse(results: Results, arm: str) -> None:
    for folder in {cell.trainings[0] for cell in results.cells if cell.arm == arm}:
        path = folder / "summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"state": "at chance"}))


def test_every_target_and_language_has_its_number(results: Results) -> None:
    made = compose(results)
    (one,) = made.value(PLANNED_CONTRASTS) or ()
    assert [c.target for c in one.reported] == [c.target for c in one.all_runs] == ["xquad", "tatoeba", None]
    reported = {c.target: c for c in made.contrasts if c.name == PLANNED.name and c.zero_shot}
    assert one.reported == tuple(reported.values())
    for target in ("xquad", "tatoeba"):
        gains = {x: of[target] for x, of in one.languages.items() if target in of and x != "en"}
        assert set(gains) == set(reported[target].languages)
        mean = sum(gain.value for gain in gains.values()) / len(gains)
        assert mean == pytest.approx(reported[target].value_of_all_runs)
        assert all(gain.low is not None and gain.low < gain.value < (gain.high or 0) for gain in gains.values())


def test_what_too_few_runs_learnt_is_answered_over_all_runs(results: Results) -> None:
    """The difference itself stays untested; beside it stands what the arms differ by as they were trained."""
    collapse(results, "qa")
    made = compose(results)
    (one,) = made.value(PLANNED_CONTRASTS) or ()
    mean, over_all = one.reported[-1], one.all_runs[-1]
    assert mean.verdict == "not tested" and mean.low is None and mean.collapsed == "2 of 8 runs"
    assert over_all.verdict in ("significant", "inconclusive") and over_all.low is not None
    (said,) = (text for text in made.document.answer if text.startswith("Planned:"))
    assert "not tested; with the runs that did not learn " in said and said.endswith(f", {over_all.verdict}.")
    page = markdown(made.document)
    assert "2 of 8 runs did not learn" in page and "Verdict over all runs" in page
    (record,) = made.record()["planned_contrasts"]
    assert record["all_runs"][-1]["low"] == over_all.low


def test_where_every_run_learnt_nothing_stands_twice(results: Results) -> None:
    made = compose(fake.only(results, targets=("tatoeba",)))
    (one,) = made.value(PLANNED_CONTRASTS) or ()
    assert not one.has_collapsed and one.reported == one.all_runs
    page = markdown(made.document)
    assert "| Target | What is averaged | Difference | Verdict |" in page and "erdict over all runs" not in page


def test_a_study_that_plans_nothing_has_no_such_section(tmp_path: Path) -> None:
    made = compose(fake.results(tmp_path))
    assert made.value(PLANNED_CONTRASTS) is None and made.record()["planned_contrasts"] == []
    assert "Planned contrast" not in markdown(made.document)
