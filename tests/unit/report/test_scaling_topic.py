"""Curves over the size of the training data in a report: fits of what was scored, exchange rates, in every form."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import fake_study
from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Figure, Fold, Table
from xstilts.report.elements.size_chart import FittedLine, size_panel
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import Results, SizedArms, StudyCell
from xstilts.report.topics.scaling.blocks import scaling_sections
from xstilts.report.topics.scaling.topic import SCALING
from xstilts.report.write import save

SIZES = (100, 400, 1600, 6400, 25600)


def lift(size: int) -> float:
    return 20 - 16 * (size / 100) ** -0.5


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two targets, one curve over intermediate sizes and two over those of the target; the phase is worth 1,000."""
    place = tmp_path_factory.mktemp("store")
    lifts = {f"nli at {n}": lift(n) for n in SIZES}
    lifts |= {f"none, target at {n}": lift(n) for n in SIZES}
    lifts |= {f"nli, target at {n}": lift(n + 1000) for n in SIZES}
    cells = [
        StudyCell(arm="none", target=target, seed=seed, status="done",
                  scores=fake_study.scores(place / f"none-{target}-{seed}", "none", target, seed))
        for target in ("xnli", "udpos")
        for seed in fake_study.SEEDS
    ]  # fmt: skip
    for arm, points in lifts.items():
        for target in ("xnli", "udpos"):
            fake_study.LIFT[arm] = {"xnli": points, "udpos": 0.0}
            cells += [
                StudyCell(arm=arm, target=target, seed=seed, status="done",
                          scores=fake_study.scores(place / f"{arm}-{target}-{seed}", arm, target, seed))
                for seed in fake_study.SEEDS
            ]  # fmt: skip
    for arm in set(fake_study.LIFT) - set(fake_study.ARMS):
        del fake_study.LIFT[arm]
    whole = fake_study.results(place / "whole")
    direct = tuple(f"none, target at {n}" for n in SIZES)
    sized = (
        SizedArms(name="nli", axis="intermediate", sizes={f"nli at {n}": n for n in SIZES}, budget="updates",
                  without=("none",)),
        SizedArms(name="none", axis="target", sizes=dict(zip(direct, SIZES, strict=True)), budget="updates"),
        SizedArms(name="nli <b>", axis="target", sizes={f"nli, target at {n}": n for n in SIZES}, budget="updates",
                  without=direct, phase_examples=4000),
    )  # fmt: skip
    return replace(
        fake_study.only(whole, targets=("xnli", "udpos")),
        arms=("none", *lifts),
        cells=tuple(cells),
        contrasts=(),
        steps=(),
        sized_arms=sized,
    )


@pytest.fixture(scope="module")
def report(results: Results) -> Report:
    return compose(results)


def test_each_curve_is_fitted_on_each_target_and_language(report: Report):
    curves = report.value(SCALING).curves
    assert [(one.arms.name, one.target) for one in curves] == [
        (name, target) for name in ("nli", "none", "nli <b>") for target in ("xnli", "udpos")
    ]
    for one in curves:
        assert one.languages == ("de", "es", "ru", "ar", "zh", "th", "sw"), "English is trained in"
        assert [fit.curve.name for fit in one.by_language] == list(one.languages)
        assert one.fit.curve.sizes.tolist() == list(SIZES)


def test_means_are_those_of_the_scoreboard(report: Report):
    board = report.scoreboard
    for one in report.value(SCALING).curves:
        (target,) = [target for target in board.results.targets if target.name == one.target]
        for (arm, _), mean in zip(one.arms.sizes.items(), one.fit.curve.means, strict=True):
            assert mean == pytest.approx(board.mean(arm, target, one.languages).value)


def test_a_rise_is_a_law_and_nothing_is_flat(report: Report):
    by_name = {(one.arms.name, one.target): one for one in report.value(SCALING).curves}
    assert by_name["nli", "xnli"].fit.verdict == "law" and by_name["nli", "udpos"].fit.verdict == "flat"
    assert by_name["nli", "xnli"].level is not None and by_name["none", "xnli"].level is None


def test_resampled_examples_move_all_sizes_together(report: Report):
    curve = report.value(SCALING).curves[0].fit.curve
    assert curve.deviations is not None and curve.deviations.shape[1] == len(SIZES)
    spread, differences = curve.deviations.std(axis=0), (curve.deviations[:, 0] - curve.deviations[:, -1]).std()
    assert spread.min() > 0.3 and differences < 1.42 * spread.max()


def test_the_exchange_rate_is_that_of_the_curves(report: Report):
    first, second = report.value(SCALING).exchange
    assert (first.target, first.curve, first.without, first.phase_examples) == ("xnli", "nli <b>", "none", 4000)
    assert first.rates[0].size == 100
    assert first.rates[0].rate.low < 0.25 < first.rates[0].rate.high or abs(first.rates[0].rate.value - 0.25) < 0.1
    assert second.target == "udpos" and not second.rates and "not shown to rise" in second.reason


def test_every_form_has_it_and_names_are_escaped(report: Report, tmp_path: Path):
    page, text = html(report.document), markdown(report.document)
    assert 'href="#scaling"' in page and "nli <b>" not in page and "nli &lt;b&gt;" in page
    assert "## Size of the training data" in text and "Exchange rate on xnli" in text
    written = json.loads(save(report, tmp_path / "report").json.read_text("utf-8"))
    assert len(written["scaling"]) == 6 and len(written["exchange"]) == 2
    first = written["scaling"][0]
    assert first["mean"]["verdict"] == "law" and len(first["by_language"]) == 7
    assert first["mean"]["sentence"] in text.replace("\\", "")


def test_one_panel_a_target_and_small_ones_by_language(report: Report):
    (section,) = scaling_sections(report.value(SCALING))
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    folds = [block for block in section.blocks if isinstance(block, Fold)]
    assert [len(figure.svg) for figure in figures] == [2, 2] and len(folds) == 2
    assert [len(fold.blocks[0].svg) for fold in folds] == [14, 14]
    assert figures[0].svg[0].count("band") == 1 and "floor" in figures[0].svg[0]
    fits = next(block for block in section.blocks if isinstance(block, Table))
    assert len(fits.rows) == 6 * 8


def test_a_size_without_a_score_or_a_number_is_no_point_and_says_why(results: Results):
    first = results.sized_arms[0]
    sizes = dict(first.sizes) | {"nli at 400": None, "nli at 1600": 100, "nli at 6400": 700}
    changed = replace(results, sized_arms=(replace(first, sizes=sizes),),
                      cells=tuple(cell for cell in results.cells if cell.arm != "nli at 6400"))  # fmt: skip
    one = compose(changed).value(SCALING).curves[0]
    assert set(one.missing) == {"nli at 400", "nli at 1600", "nli at 6400"}
    assert one.fit.verdict == "too few sizes" and one.fit.curve.sizes.tolist() == [100, 25600]
    assert "not known" in one.missing["nli at 400"] and "same 100 examples" in one.missing["nli at 1600"]


def test_a_study_without_sizes_says_nothing(tmp_path: Path):
    report = compose(fake_study.results(tmp_path))
    assert report.value(SCALING) is None and report.record()["scaling"] == []


def test_a_panel_of_no_points_is_none_and_of_one_is_drawn():
    assert size_panel("nothing", []) == ""
    one = FittedLine(label="a", colour=9, points=[(100, 50.0)])
    assert "circle" in size_panel("one", [one]) and "again" in size_panel("one", [one])
