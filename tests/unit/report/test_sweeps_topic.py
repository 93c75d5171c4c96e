"""A swept target in a report: one target everywhere, and beside it a table and curves over the values."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import fake_study
from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Figure, Table
from xstilts.report.formats.html import html
from xstilts.report.scores.inputs import Results, SweepScores
from xstilts.report.scores.published_files import rows_named
from xstilts.report.topics.sweeps import SWEEPS, TargetSweep, figure, sections, table, terminal
from xstilts.report.write import save


def swept(results: Results, *others: object, setting: str = "layer", own: object = 7) -> Results:
    """`tatoeba` with the reported value `own`; with each other value it scores as `xnli` does."""
    cells = {(cell.arm, cell.target, cell.seed): cell for cell in results.cells}
    scores = []
    for arm, target, seed in cells:
        if target == "tatoeba":
            for value in (*others, own):
                cell = cells[arm, target if value == own else "xnli", seed]
                state = {"status": cell.status, "reason": cell.reason, "scores": cell.scores}
                known = {"target": target, "arm": arm, "seed": seed, "values": {setting: value}}
                scores.append(SweepScores(**known, is_reported=value == own, **state))
    return replace(results, sweeps=tuple(scores))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """`xnli` in the metric of `tatoeba` as well, so that its cells can stand for another value of a sweep."""
    made = fake_study.results(tmp_path_factory.mktemp("store"))
    for cell in made.cells:
        if cell.scores and cell.target == "xnli":
            path = cell.scores / "scores.json"
            record = json.loads(path.read_text())
            record["metrics"]["retrieval_accuracy"] = record["metrics"]["accuracy"]
            path.write_text(json.dumps(record))
    return made


@pytest.fixture(scope="module")
def report(results: Results) -> Report:
    return compose(swept(results, 0), rows_named(["xlmr-large"]))


def one(report: Report) -> TargetSweep:
    (sweep,) = report.value(SWEEPS) or ()
    return sweep


def test_the_reported_line_is_the_score_of_the_target(report: Report) -> None:
    board, sweep = report.scoreboard, one(report)
    (target,) = (t for t in board.results.targets if t.name == sweep.target)
    other, reported = sweep.lines
    assert (other.values, reported.values, reported.is_reported) == ({"layer": 0}, {"layer": 7}, True)
    for arm in board.results.arms:
        mean = board.mean(arm, target, board.headline(target))
        assert reported.arms[arm].value == pytest.approx(mean.value)
        assert dict(reported.arms[arm].by_seed) == pytest.approx(dict(mean.by_seed or {}))
        assert other.arms[arm].value != reported.arms[arm].value


def test_a_sweep_changes_no_number_of_the_study(results: Results, report: Report, tmp_path: Path) -> None:
    with_sweep, without = (save(one, tmp_path / name) for one, name in ((report, "a"), (compose(results), "b")))
    assert with_sweep.scores_csv.read_bytes() == without.scores_csv.read_bytes()
    assert with_sweep.contrasts_csv.read_bytes() == without.contrasts_csv.read_bytes()
    here, there = (json.loads(files.json.read_text()) for files in (with_sweep, without))
    assert there["sweeps"] == [] and here["sweeps"][0]["lines"][1]["values"] == {"layer": 7}
    assert all(here[key] == there[key] for key in there if key not in ("sweeps", "published", "against"))
    (against,) = report.command_json()["against"]
    assert "tatoeba" in {line["target"] for line in against["lines"]} and against["not_in_benchmark"] == []


def test_a_curve_for_each_arm_and_the_same_numbers_in_a_table(report: Report) -> None:
    sweep = one(report)
    drawn, laid = sections([sweep])[0].blocks
    assert isinstance(drawn, Figure) and isinstance(laid, Table)
    assert drawn.legend == report.scoreboard.results.arms and drawn.svg[0].count("<polyline") == len(drawn.legend)
    assert drawn.caption.endswith("against layer; its score is that of layer 7.")
    assert [row[0].flat for row in laid.rows] == ["0", "7 [reported]"]
    assert all(cell.role != "best" for row in laid.rows for cell in row), "nobody is led to choose on test data"
    assert "chosen on test data" in laid.notes[0]
    assert 'href="#sweeps"' in html(report.document)
    assert terminal([sweep])[0].table == laid


def test_words_make_a_table_alone(results: Results) -> None:
    sweep = one(compose(swept(results, "cls", setting="pooling", own="mean")))
    assert figure(sweep) is None and [row[0].text for row in table(sweep).rows] == ["cls", "mean"]


def test_what_is_missing_is_shown_as_missing(results: Results) -> None:
    scores = swept(results, 0).sweeps
    lost = [
        replace(one, scores=None, status="failed", reason="no memory")
        if one.values["layer"] == 0 and (one.arm, one.seed) != ("nli", 1)
        else one
        for one in scores
    ]
    sweep = one(compose(replace(results, sweeps=tuple(lost))))
    cells = dict(zip(sweep.lines[0].arms, table(sweep).rows[0][1:], strict=True))
    assert cells["none"].role == "missing" and cells["none"].tip == "failed: no memory"
    assert cells["nli"].marks == ("1 of 2 seeds",)
    empty = one(compose(replace(results, sweeps=tuple(replace(one, scores=None) for one in scores))))
    assert figure(empty) is None
