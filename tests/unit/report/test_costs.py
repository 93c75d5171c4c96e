"""What arms cost before their targets: every training once, and F1 over the targets that have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

import fake_study as fake
from xstilts.report.build import Report, compose
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.score_files import read_scores
from xstilts.report.topics.costs import COSTS, ArmCost, cost_table


def costs(report: Report) -> dict[str, ArmCost]:
    value = report.value(COSTS)
    return {cost.arm: cost for cost in value.arms} if value else {}


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return fake.results(tmp_path)


def test_a_phase_of_several_targets_counts_once_a_seed(results: Results) -> None:
    found = costs(compose(results))
    assert (found["none"].trainings, found["none"].parameters, found["none"].seconds) == (0, 0, 0)
    assert (found["nli"].trainings, found["nli"].parameters, found["nli"].stored_bytes) == (1, 1000, 4000)
    assert found["nli"].seconds == 183


def test_f1_is_the_mean_over_targets_that_have_it(results: Results) -> None:
    made = compose(results)
    board = made.scoreboard
    values = []
    for cell in results.cells:
        if cell.arm == "none" and cell.scores is not None and cell.target in ("xquad", "udpos"):
            record = read_scores(cell.scores)
            lines = record.languages(record.main)
            target = next(t for t in results.targets if t.name == cell.target)
            if "f1" in lines[board.headline(target)[0]].values:
                values.append(fmean(lines[x].values["f1"] or 0.0 for x in board.headline(target)))
    found = costs(made)["none"]
    assert values and found.f1 == pytest.approx(fmean(values))


def test_the_report_has_the_table_and_its_values(results: Results) -> None:
    made = compose(results)
    value = made.value(COSTS)
    assert value is not None
    table = cost_table(value)
    assert [row[0].text for row in table.rows] == list(results.arms)
    assert made.record()["costs"][1]["parameters"] == 1000


def test_nothing_is_said_where_nothing_comes_before_a_target(results: Results) -> None:
    bare = replace(results, cells=tuple(replace(cell, training_roles=()) for cell in results.cells))
    assert compose(bare).value(COSTS) is None and compose(bare).record()["costs"] == []
    assert "What each arm costs" not in markdown(compose(bare).document)


def test_a_training_that_wrote_nothing_is_no_zero(results: Results) -> None:
    lost = next(cell for cell in results.cells if cell.arm == "nli").trainings[0]
    (lost / "summary.json").unlink()
    found = costs(compose(results))
    assert found["nli"].parameters is None and found["none"].parameters == 0


def test_without_f1_there_is_no_column_of_it(results: Results) -> None:
    alone = fake.only(results, targets=("tatoeba", "xnli"))
    value = compose(alone).value(COSTS)
    assert value is not None
    table = cost_table(value)
    assert "Mean F1" not in {column.label for column in table.columns}
    assert "Mean F1" not in table.caption
