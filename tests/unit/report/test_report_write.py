"""Files for other programs, and the terminal."""

from __future__ import annotations

import csv
import errno
import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from fake_study import ARMS, BASE, LANGUAGES, SEEDS, only
from xstilts.core.errors import StoreError
from xstilts.report.build import Report
from xstilts.report.elements.blocks import Table, TableCell, TableColumn, TerminalTable
from xstilts.report.formats.records import score_records
from xstilts.report.formats.terminal import compact, render, summary
from xstilts.report.scores.contrasts import Comparison
from xstilts.report.scores.inputs import Results, StudyCell
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.write import ReportFiles, _cell, report, save


def lines(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_arm_target_seed_and_language_has_a_headline_line(pages: ReportFiles) -> None:
    found = [line for line in lines(pages.scores_csv) if line["value_name"] == "headline"]
    keys = {(line["arm"], line["target"], int(line["seed"]), line["language"]) for line in found}
    assert len(found) == len(keys)
    assert keys == {(a, t, s, x) for a in ARMS for t in BASE for s in SEEDS for x in LANGUAGES}


def test_values_of_a_metric_stand_beside_its_headline(pages: ReportFiles) -> None:
    mine = [
        line
        for line in lines(pages.scores_csv)
        if (line["arm"], line["target"], line["seed"], line["language"]) == ("qa", "xquad", "1", "de")
    ]
    values = {line["value_name"]: float(line["value"]) for line in mine}
    assert values["headline"] == pytest.approx((values["exact_match"] + values["f1"]) / 2)


def test_missing_scores_have_a_line_with_status_and_reason_and_no_value(pages: ReportFiles) -> None:
    missing = [line for line in lines(pages.scores_csv) if line["status"] != "done"]
    assert {(line["status"], line["reason"]) for line in missing} == {
        ("failed", "train udpos: disk full"),
        ("missing", "no file udpos/train.conllu"),
        ("missing", "no file tatoeba/swh-eng.swh"),
    }
    assert len(missing) == 8 + 8 + 6 and not any(line["value"] for line in missing)


def test_parquet_holds_the_lines_of_the_csv(pages: ReportFiles) -> None:
    table = pq.read_table(pages.scores_parquet)
    flat = lines(pages.scores_csv)
    assert table.num_rows == len(flat) and table.column_names == list(flat[0])
    assert table["value"].null_count == sum(line["value"] == "" for line in flat) > 0
    assert table["value"].to_pylist()[0] == pytest.approx(float(flat[0]["value"]))


def test_contrasts_hold_the_numbers_of_the_page(pages: ReportFiles, made: Report) -> None:
    found = lines(pages.contrasts_csv)
    assert len(found) == len(made.scoreboard.comparison.contrasts) > 0
    known = [c for c in made.scoreboard.comparison.contrasts if c.value is not None]
    assert [float(line["value"]) for line in found if line["value"]] == pytest.approx([c.value for c in known])
    assert all(line["reason"] for line in found if not line["value"])


def test_json_is_plain_and_names_no_place_of_this_machine(pages: ReportFiles, results: Results) -> None:
    text = pages.json.read_text(encoding="utf-8")
    value = json.loads(text)
    assert value["answer"] and value["versions"]["torch"] == "2.13.0" and len(value["steps"]) == len(results.steps)
    place = next(c.scores for c in results.cells if c.scores)
    assert str(place.parent) not in text


def test_the_same_results_give_the_same_files(results: Results, pages: ReportFiles, tmp_path: Path) -> None:
    again = report(only(results), tmp_path)
    for name in ("html", "markdown", "scores_csv", "contrasts_csv", "json"):
        assert getattr(again, name).read_bytes() == getattr(pages, name).read_bytes()


def test_a_full_disk_is_a_users_error_and_leaves_the_old_report(
    made: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = save(made, tmp_path)
    before, files = old.html.read_bytes(), sorted(tmp_path.iterdir())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="disk is full"):
        save(made, tmp_path)
    assert old.html.read_bytes() == before and sorted(tmp_path.iterdir()) == files


def printed(parts: list[object]) -> str:
    console = Console(width=140, file=io.StringIO())
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_terminal_shows_numbers_marks_and_the_answer(made: Report) -> None:
    text = printed(list(render(made)))
    assert "61.4" in text and "diverged" in text and "floor" in text
    assert "No number over all targets" in text and "Next: 1 step failed" in text


def test_the_terminal_names_the_page_to_open(results: Results) -> None:
    fine = replace(only(results, targets=("tatoeba",)), steps=())
    assert "Next: open /somewhere/index.html" in printed(list(summary(fine, Path("/somewhere/index.html"))))


def test_markup_in_a_name_is_printed_as_it_is(results: Results) -> None:
    odd = only(results, arms=("none",), targets=("tatoeba",))
    cells = tuple(replace(c, arm="[bold]x[/bold]") for c in odd.cells)
    text = printed(list(summary(replace(odd, arms=("[bold]x[/bold]",), baseline="[bold]x[/bold]", cells=cells))))
    assert "[bold]x[/bold]" in text


def test_an_interrupted_study_is_told_to_go_on(results: Results) -> None:
    cells = tuple(replace(c, status="not run", scores=None) for c in results.cells)
    text = printed(list(summary(replace(results, cells=cells, steps=()), Path("/somewhere/index.html"))))
    assert "Next: run the study" in text and "nothing was scored" in text


def wide(arms: int, targets: int) -> Table:
    columns = (
        TableColumn(label="Arm"),
        *(TableColumn(label=f"t{i}", small_print=("accuracy",)) for i in range(targets)),
    )
    rows = tuple(
        (TableCell(text=f"arm{a}"), *(TableCell(text=f"{a}{i}.5", marks=("at chance (mnli)",)) for i in range(targets)))
        for a in range(arms)
    )
    return Table(caption="", columns=columns, rows=rows)


@pytest.mark.parametrize(("arms", "targets", "first"), [(12, 9, "arm11"), (3, 9, "t8")])
def test_of_many_arms_and_targets_the_longer_side_goes_down(arms: int, targets: int, first: str) -> None:
    console = Console(width=92, file=io.StringIO())
    for part in compact(TerminalTable(table=wide(arms, targets), caption="")):
        console.print(part)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert any(line.strip("│ ").startswith(first) for line in lines)
    assert not any("…" in line for line in lines)
    assert f"{arms - 1}{targets - 1}.5a" in " ".join(lines)
    assert lines[-1].strip() == "a: at chance"


def test_one_line_of_a_score_is_main_and_notes_of_its_test_set_stand_beside_it(
    results: Results, tmp_path: Path
) -> None:
    """Also where a target has two metrics and a language has neither score."""
    one = {"headline": 1.0, "values": {"f1": 1.0}, "n": 3}
    metrics = {name: {"headline": ["f1"], "languages": {"en": one}} for name in ("squad", "mlqa")}
    record = {"main": "squad", "metrics": metrics, "missing": {"sw": "no file"}}
    (tmp_path / "scores.json").write_text(json.dumps(record), "utf-8")
    target = replace(
        next(t for t in results.targets if t.name == "xquad"),
        languages=("en", "sw"),
        test_notes={"sw": "training rows"},
    )
    cell = StudyCell(arm="none", target="xquad", seed=1, status="done", scores=tmp_path)
    board = Scoreboard(
        results=replace(results, targets=(target,), cells=(cell,)), comparison=Comparison(standings=(), contrasts=())
    )
    found = [line for line in score_records(board) if line["value_name"] == "headline"]
    assert [(line["language"], line["metric"]) for line in found if line["main"]] == [("en", "squad"), ("sw", "squad")]
    assert [line["note"] for line in found] == ["", "training rows"] * 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\n=1", "\r=1", "＝1+1", "＠x", "\x1b[31m=1"])
def test_a_cell_is_no_formula_and_steers_nothing(text: str) -> None:
    assert _cell(text)[0] not in "=+-@＝＋－＠\t\n\r" and "\x1b" not in _cell(text)
    assert _cell(-1.5) == -1.5
