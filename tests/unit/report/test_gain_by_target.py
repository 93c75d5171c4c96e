"""Average gains of a study, target by target, where the report states them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fake_study import only
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import ContrastSpec, Results
from xstilts.report.topics.gain_by_target import GAIN_BY_TARGET, AverageGain, decompose, sentence, shares, terminal
from xstilts.report.write import save

TARGETS = ("xnli", "xquad", "tatoeba")


def gains(report: Report) -> tuple[AverageGain, ...]:
    return report.value(GAIN_BY_TARGET) or ()


def test_the_shares_of_every_arm_add_up_to_the_average_that_the_report_states(results: Results) -> None:
    made = compose(only(results, targets=TARGETS))
    stated = {c.name: c.value for c in made.scoreboard.comparison.contrasts if c.target is None and c.zero_shot}
    assert [gain.name for gain in gains(made)] == ["nli over none", "qa over none"]
    for gain, average in zip(gains(made), stated.values(), strict=True):
        assert gain.parts.average == pytest.approx(average)
        assert sum(share.share for share in gain.parts.shares) == pytest.approx(average)
        assert {share.target for share in gain.parts.shares} == set(TARGETS)


def test_a_share_is_the_difference_on_that_target_over_the_number_of_targets(results: Results) -> None:
    made = compose(only(results, targets=TARGETS))
    (single,) = [
        c for c in made.scoreboard.comparison.contrasts if c.target == "xnli" and c.zero_shot and "nli" in c.weights
    ]
    share = next(share for share in gains(made)[0].parts.shares if share.target == "xnli")
    assert share.gain == single.value and share.share == pytest.approx((single.value or 0.0) / 3)


def test_retrieval_is_what_the_targets_say(results: Results) -> None:
    parts = gains(compose(only(results, targets=TARGETS)))[0].parts
    others = [share.gain for share in parts.shares if share.target != "tatoeba"]
    assert parts.retrieval == ("tatoeba",) and parts.without_retrieval == pytest.approx(sum(others) / 2)
    assert gains(compose(only(results, targets=("xnli", "xquad"))))[0].parts.retrieval == ()


def test_no_average_no_shares(results: Results) -> None:
    assert gains(compose(results)) == ()  # udpos lacks cells, so no average is stated
    assert gains(compose(only(results, targets=("xnli",)))) == ()  # one target is its own average
    assert gains(compose(replace(only(results, targets=TARGETS), contrasts=()))) == ()


def test_a_contrast_that_the_study_names_is_taken_apart_too(results: Results) -> None:
    named = ContrastSpec(name="both", weights={"nli": 0.5, "qa": 0.5, "none": -1.0})
    made = compose(replace(only(results, targets=TARGETS), contrasts=(named,)))
    assert [gain.name for gain in gains(made)] == ["both (the mean of nli and qa, over none)"]


GAINS = {"xnli": 1.0, "panx": -2.0, "tatoeba": 10.0}


def test_a_gain_in_one_sentence() -> None:
    gain = AverageGain(name="nli over none", parts=decompose(GAINS, retrieval=("tatoeba",)))
    assert sentence(gain) == (
        "nli over none, +3.00 on average over 3 targets: tatoeba +3.33, panx −0.67, xnli +0.33; "
        "−0.50 without retrieval (tatoeba)."
    )
    gain = AverageGain(name="nli over none", parts=decompose(GAINS))
    assert sentence(gain).endswith("xnli +0.33; −0.50 without tatoeba.")


def test_targets_without_a_figure_give_what_remains_of_a_stated_average() -> None:
    parts = decompose({"xnli": 1.5, "bucc2018": None, "tatoeba": None}, ("bucc2018", "tatoeba"), stated=2.0)
    assert shares(parts) == "xnli +0.50, bucc2018 and tatoeba together +1.50 (what remains: figures are missing)"
    assert sentence(AverageGain(name="a", parts=parts)).endswith("; +1.50 without retrieval (bucc2018 and tatoeba).")
    assert shares(decompose({"xnli": 1.0, "tatoeba": None})) == "xnli +0.50, tatoeba missing"


def test_the_terminal_shows_a_few() -> None:
    found = [AverageGain(name=f"a{i}", parts=decompose(GAINS)) for i in range(5)]
    shown = [line.text for line in terminal(found)]
    assert len(shown) == 4 and shown[-1] == "2 more in the report." and len(terminal(found[:3])) == 3


def test_the_shares_stand_in_every_form_of_the_report(results: Results, tmp_path: Path) -> None:
    made = compose(only(results, targets=TARGETS))
    said = shares(gains(made)[0].parts)
    assert said.startswith("tatoeba +") and said in html(made.document) and said in markdown(made.document)
    written = json.loads(save(made, tmp_path).json.read_text("utf-8"))
    assert [gain["name"] for gain in written["gains"]] == ["nli over none", "qa over none"]
    assert written["gains"][0]["parts"]["shares"][0]["target"] == "tatoeba"
