"""Robustness in the report: differences of drops, paired by test item, through the machinery of all contrasts."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import fake_stress
import fake_study
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.formats.terminal import render
from xstilts.report.scores.inputs import Results
from xstilts.report.topics.robustness import ROBUSTNESS, Robustness
from xstilts.report.write import save

MEAN_RATE = np.mean(fake_stress.RATES)


def robustness(results: Results) -> Robustness:
    return compose(results).value(ROBUSTNESS)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return compose(fake_stress.results(tmp_path_factory.mktemp("stress")))


def test_the_difference_of_drops_is_the_baselines_drop_minus_the_arms(report: Report):
    found = {
        (one.contrast.name, one.contrast.target, one.noise): one.contrast
        for one in report.value(ROBUSTNESS).interactions
    }
    assert len(found) == 2 * (1 + 2 + 2), "two contrasts: over everything, two targets, two noises"
    expected = (fake_stress.LOSS["none"] - fake_stress.LOSS["tough"]) * MEAN_RATE
    for (name, *_), contrast in found.items():
        assert contrast.value == pytest.approx(expected if name == "tough − none" else 0.0, abs=0.6)


def test_the_tougher_arm_is_found_and_the_equal_one_is_not(report: Report):
    for one in report.value(ROBUSTNESS).interactions:
        c = one.contrast
        assert c.significant == (c.name == "tough − none")
        assert c.significant == (c.low > 0 or c.high < 0), "an interval leaves out zero where it is significant"
        assert c.interval == "simultaneous" and c.p_adjusted is not None


def test_clean_scores_that_are_equal_have_no_contrast(report: Report):
    overall = [c for c in report.scoreboard.comparison.contrasts if c.target is None]
    assert all(c.value == pytest.approx(0.0, abs=1e-9) and not c.significant for c in overall)


def test_a_drop_is_paired_by_test_item(tmp_path: Path):
    """All arms lose the same on the same items: their difference has no spread, whatever the drop itself has."""
    (one,) = [
        i.contrast for i in robustness(fake_stress.results(tmp_path, loss={"none": 50.0, "same": 50.0})).interactions
        if i.noise is None and i.contrast.target is None
    ]  # fmt: skip
    assert one.value == pytest.approx(0.0, abs=1e-9)
    assert one.high - one.low < 3.0


def test_measures_of_an_arm(report: Report):
    arms = {(one.target, one.arm): one for one in report.value(ROBUSTNESS).arms}
    none, tough = arms["xnli", "none"], arms["xnli", "tough"]
    assert none.clean == pytest.approx(80.0, abs=0.5)
    assert none.drop.value == pytest.approx(60 * MEAN_RATE, abs=0.6)
    assert none.drop.low < none.drop.value < none.drop.high
    assert none.relative_drop == pytest.approx(100 * 60 * MEAN_RATE / 50, abs=1.5), "above the floor of 30"
    assert none.corruption_error == pytest.approx(100.0)
    assert tough.relative_corruption_error == pytest.approx(100 / 3, abs=3)
    assert none.area == pytest.approx(80 - 60 * 0.15, abs=0.6), "the middle of a straight line"
    assert none.consistency is None, "no predictions are kept here"


def test_a_language_without_the_noise_is_named_and_left_out_of_that_noise_alone(report: Report):
    found = report.value(ROBUSTNESS)
    assert "xnli, keyboard: not applicable in sw: no keyboard layout for sw" in found.not_applicable
    languages = {(curve.target, curve.noise): curve.languages for curve in found.curves}
    assert languages["xnli", "keyboard"] == ("de", "ru")
    assert languages["xnli", "swap"] == ("de", "ru", "sw")
    curve = next(curve for curve in found.curves if curve.noise == "keyboard")
    assert set(curve.scores["none"]) == {0.0, *fake_stress.RATES}


def test_groups_are_scripts_and_families_of_the_languages_not_trained_in(report: Report):
    groups = {(one.by, one.group): one for one in report.value(ROBUSTNESS).groups if one.contrast.startswith("tough")}
    assert {group for by, group in groups if by == "script"} == {"Latin", "Cyrillic"}
    assert groups["script", "Latin"].languages == ("de", "sw")
    assert groups["script", "Latin"].estimate.interval == "alone"


def test_examples_that_vanish_are_left_out_of_the_clean_score_too(tmp_path: Path):
    found = robustness(fake_stress.results(tmp_path, lost_items=50, noises=("swap",), targets=("xnli",)))
    assert found.paired["xnli"] == {"en": (200, 200), "de": (150, 200), "ru": (200, 200), "sw": (200, 200)}
    assert any("150 of 200 examples" in sentence for sentence in found.dropped)
    assert any("answer lost: " in sentence for sentence in found.dropped)


def test_one_seed_tests_nothing(tmp_path: Path):
    found = robustness(fake_stress.results(tmp_path, seeds=(1,)))
    for one in found.interactions:
        c = one.contrast
        assert c.p_adjusted is None and c.verdict == "not tested" and c.low is not None
        assert c.interval == "over test items, this training"
    assert "not tested" in ROBUSTNESS.answer(found)[0]


def test_one_target_and_one_noise_are_one_question(tmp_path: Path):
    found = robustness(fake_stress.results(tmp_path, noises=("swap",), targets=("xnli",), loss={"none": 60, "t": 20}))
    assert len({(one.contrast.p_adjusted, one.contrast.low) for one in found.interactions}) == 1


def test_an_arm_whose_condition_failed_is_missing_and_says_why(tmp_path: Path):
    results = fake_stress.without(fake_stress.results(tmp_path), arm="tough", noise="swap", rate=0.3, target="xnli")
    found = robustness(results)
    overall = {one.contrast.name: one for one in found.interactions if one.noise is None and not one.contrast.target}
    assert overall["tough − none"].contrast.value is None
    assert "swap 0.3: disk full" in overall["tough − none"].contrast.reason
    assert overall["nli − none"].contrast.value is not None
    assert ("xnli", "tough") not in {(one.target, one.arm) for one in found.arms}
    text = markdown(compose(results).document)
    assert "missing" in text and "nan" not in text.lower().replace("finance", "")


def test_where_nothing_was_scored_the_page_says_why(tmp_path: Path):
    results = fake_stress.results(tmp_path, targets=("xnli",))
    results = replace(
        results,
        stress=tuple(replace(one, status="not run", reason="interrupted", scores=None) for one in results.stress),
    )
    found = robustness(results)
    assert found.missing == {"xnli": "not run: interrupted"}
    assert "interrupted" in markdown(compose(results).document)


def test_every_form_shows_the_same_numbers(report: Report, tmp_path: Path):
    written = json.loads(save(report, tmp_path / "report").json.read_text("utf-8"))["robustness"]
    overall = next(one for one in written["interactions"] if one["noise"] is None and one["target"] is None)
    assert overall["name"] == "nli − none"
    page, text = html(report.document), markdown(report.document)
    terminal = io.StringIO()
    Console(file=terminal, width=160).print(*render(report))
    for form in (page, text, terminal.getvalue()):
        assert "tough over none" in form and "keyboard" in form
    assert 'href="#robustness"' in page and page.count("<svg") >= 5
    assert ROBUSTNESS.answer(report.value(ROBUSTNESS))[0].split(":")[0] in " ".join(text.split())


def test_tables_for_other_programs_go_with_what_they_hold(report: Report, tmp_path: Path):
    save(report, tmp_path / "report")
    lines = list(csv.DictReader((tmp_path / "report" / "robustness.csv").open(encoding="utf-8")))
    assert len(lines) == 10 and {line["noise"] for line in lines} == {"all", "keyboard", "swap"}
    curves = list(csv.DictReader((tmp_path / "report" / "robustness_curves.csv").open(encoding="utf-8")))
    assert len(curves) == 2 * 2 * 3 * 3, "targets, noises, arms, rates with 0"
    save(compose(replace(report.scoreboard.results, stress=())), tmp_path / "report")
    assert not list((tmp_path / "report").glob("robustness*.csv"))


def test_names_from_data_are_escaped(tmp_path: Path):
    page = html(compose(fake_stress.results(tmp_path, noises=("<b>x</b>",), targets=("xnli",))).document)
    assert "<b>x</b>" not in page and "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_study_without_perturbed_inputs_has_none(tmp_path: Path):
    report = compose(fake_study.results(tmp_path))
    assert report.record()["robustness"] is None
    assert "Robustness" not in markdown(report.document)
