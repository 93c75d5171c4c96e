"""What a report says of the time that was not training."""

from __future__ import annotations

import json

import pytest

from xstilts.report.build import Report
from xstilts.report.scores.inputs import Results, StepInfo
from xstilts.report.topics.overhead import TimeSpent
from xstilts.report.write import ReportFiles


def step(name: str, seconds: float | None) -> StepInfo:
    return StepInfo(
        key=f"{name}-{seconds}", name=name, label=name, status="done", seconds=seconds, is_training=name == "train"
    )


def test_steps_of_a_kind_add_up_and_one_without_a_time_counts_nothing() -> None:
    steps = [step("train", 30.0), step("train", 45.0), step("predict", 20.0), step("score", None)]
    spent = TimeSpent.of_steps(steps)
    assert spent.seconds == {"train": 75.0, "predict": 20.0, "score": 0.0}
    assert spent.plus("report", 5.0).beyond_training == pytest.approx(0.25)


def test_without_a_training_or_a_time_nothing_is_said() -> None:
    assert TimeSpent.of_steps([]).beyond_training is None and TimeSpent.of_steps([]).sentence == ""
    assert TimeSpent.of_steps([step("predict", 3.0)]).sentence == ""
    assert TimeSpent.of_steps([step("train", 3.0)]).sentence == "0.0% of the time was not training."


def test_every_form_of_the_report_says_it(results: Results, pages: ReportFiles, made: Report) -> None:
    spent = TimeSpent.of_steps(results.steps).seconds
    share = 1 - spent["train"] / sum(spent.values())
    said = f"{100 * share:.1f}% of the time was not training: predict "
    assert 0 < share < 1
    assert said in pages.html.read_text("utf-8") and said in pages.markdown.read_text("utf-8")


def test_the_end_of_a_run_counts_the_report_as_well(
    made: Report, pages: ReportFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    from types import SimpleNamespace

    from xstilts.cli.answer import answer_json, print_answer
    from xstilts.engine.runner import Outcome

    given = SimpleNamespace(
        report=made,
        pages=pages,
        outcome=Outcome(),
        results=made.scoreboard.results,
        report_seconds=7200.0,
        session=SimpleNamespace(goals=()),
        warned=(),
    )
    print_answer(given)  # type: ignore[arg-type]
    said = " ".join(capsys.readouterr().out.split())
    assert "of the time was not training: report 2 h 0 min, predict" in said
    written = json.loads(json.dumps(answer_json(given), default=str))  # type: ignore[arg-type]
    assert written["seconds"]["report"] == 7200.0 and written["seconds"]["train"] > 0
    assert written["beyond_training"] == pytest.approx(
        1 - written["seconds"]["train"] / sum(written["seconds"].values())
    )
