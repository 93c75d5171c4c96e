"""The public Python: a plan and an answer, as a script and a notebook use them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from tiny_study import TinyStudy

import xstilts
from xstilts import Answer, Plan
from xstilts.app.run import report
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study


@pytest.fixture
def tiny(study: Callable[..., TinyStudy]) -> TinyStudy:
    return study(targets=["weather"], seeds=[1], question="Is a < b?")


@pytest.fixture
def options(tiny: TinyStudy) -> Options:
    return Options(store=tiny.store, data=(tiny.folder,), offline=True, threads=1)


@pytest.fixture
def planned(tiny: TinyStudy, options: Options) -> Plan:
    return xstilts.plan(load_study(str(tiny.file)), options=options)


@pytest.fixture
def unrun(tiny: TinyStudy, options: Options) -> Answer:
    """The answer of a study that nobody has run: every score is missing."""
    return report(load_study(str(tiny.file)), options=options)


def test_a_run_gives_its_numbers(tiny: TinyStudy, options: Options):
    answer = xstilts.run(str(tiny.file), options=options)
    assert answer.exit_code == 0 and answer.report_path.is_file()
    [contrast] = [c for c in answer.contrasts if c.target == "weather"]
    assert (contrast.name, contrast.scope) == ("tagged − none", "all")
    assert contrast.low <= contrast.value <= contrast.high and not contrast.significant
    assert (contrast.p, contrast.verdict) == (None, "not tested")  # one seed
    headlines = [row for row in answer.score_rows if row["main"] and row["value_name"] == "headline"]
    assert {(row["arm"], row["language"], row["status"]) for row in headlines} == {
        (arm, language, "done") for arm in ("none", "tagged") for language in ("de", "sw")
    }
    rows = list(csv.DictReader(io.StringIO(answer.pages.scores_csv.read_text("utf-8"))))
    written = [{name: "" if x is None else str(x) for name, x in row.items()} for row in answer.score_rows]
    assert written == rows and answer.to_arrow().to_pylist() == answer.score_rows
    leakage = answer.report.record()["leakage"]
    assert set(leakage["tests"]) == {"weather de", "weather sw"} and leakage["trainings"].keys() == {"words", "weather"}
    assert "its pretraining text is not here" in leakage["pretraining"]["note"]
    assert len(list(tiny.store.glob("steps/audit-*"))) == 1, "kept, so that the next report has it"
    assert repr(answer).startswith("<Answer to 'tiny': 2 of 2 cells scored, 2 contrasts\n")
    assert str(answer.report_path) in repr(answer) and str(answer.report_path) in answer._repr_html_()
    assert "<td>all targets</td>" in answer._repr_html_()


def test_a_plan_is_read_as_text_and_as_values(tiny: TinyStudy, planned: Plan, capsys: pytest.CaptureFixture[str]):
    assert repr(planned).startswith("<Plan of 'tiny': 3 trainings; one by one it would be 3\n")
    assert [kind.name for kind in planned.kinds] == ["prepare", "train", "predict", "score"]
    assert sum(kind.seconds for kind in planned.kinds) == pytest.approx(planned.seconds)
    assert "<th>train</th><td>3</td><td>0</td>" in planned._repr_html_()
    capsys.readouterr()
    assert tiny.call("plan", "--json") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(planned.to_dict()))


def test_a_plan_by_a_path_finds_the_files_beside_it(tiny: TinyStudy):
    planned = xstilts.plan(str(tiny.file), options=Options(store=tiny.store, offline=True))
    assert planned.to_dict()["missing_targets"] == {}


def test_an_answer_without_scores_says_why(unrun: Answer):
    assert "0 of 2 cells scored" in repr(unrun) and "There is no answer yet" in repr(unrun)
    assert {(row["status"], row["value"]) for row in unrun.score_rows} == {("not run", None)}


def test_what_a_notebook_shows_is_escaped(unrun: Answer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Answer, "_summary", lambda self: ("1 < 2", "<script>"))
    assert "&lt;script&gt;" in unrun._repr_html_() and "<script>" not in unrun._repr_html_()


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_data_frame_needs_its_package(package: str, unrun: Answer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        getattr(unrun, f"to_{package}")()


@pytest.mark.parametrize(("installed", "given"), [("pandas", "pandas"), ("polars", "polars"), ("", "Table")])
def test_scores_are_of_the_package_that_is_there(
    installed: str, given: str, unrun: Answer, monkeypatch: pytest.MonkeyPatch
):
    def frame(rows: list[dict[str, object]], **fields: object) -> tuple[str, int]:
        return installed, len(rows)

    for package in ("pandas", "polars"):
        stand_in = SimpleNamespace(DataFrame=frame) if package == installed else None
        monkeypatch.setitem(sys.modules, package, stand_in)
    found = unrun.scores()
    assert found == (given, len(unrun.score_rows)) if installed else type(found).__name__ == given
    assert installed or found.column_names == list(unrun.score_rows[0])


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_data_frame_is_given_the_rows_and_the_columns(package: str, unrun: Answer, monkeypatch: pytest.MonkeyPatch):
    frame = SimpleNamespace(DataFrame=lambda rows, **columns: (rows, *map(list, columns.values())))
    monkeypatch.setitem(sys.modules, package, frame)
    assert getattr(unrun, f"to_{package}")() == (unrun.score_rows, list(unrun.score_rows[0]))


@pytest.mark.versions
@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_real_data_frame_has_the_rows(package: str, unrun: Answer):
    pytest.importorskip(package)
    frame = getattr(unrun, f"to_{package}")()
    assert frame.shape == (len(unrun.score_rows), len(unrun.score_rows[0]))
    assert list(frame["arm"]) == [row["arm"] for row in unrun.score_rows]
