"""Natural noise minus its clean counterpart, by arm, and differences between arms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import fake_stress
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.natural_noise import NaturalDifference
from xstilts.report.topics.robustness import ROBUSTNESS
from xstilts.report.write import save
from xstilts.tasks.catalog import TASKS

LOSS = {"none": 30.0, "nli": 30.0, "tough": 10.0}
COUNTERPARTS = {"de": ("de",), "ru": ("de", "ru"), "en": ("en",)}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = tmp_path_factory.mktemp("natural")
    return compose(fake_stress.natural(root, loss=LOSS, counterparts=COUNTERPARTS))


def test_the_difference_is_that_of_the_scores_in_each_language_and_on_the_mean(report: Report):
    found = {(one.language, one.arm): one for one in report.value(ROBUSTNESS).natural.differences}
    assert {language for language, _ in found} == {"", "en", "de", "ru"}, "sw has no counterpart"
    for (_, arm), one in found.items():
        assert one.difference is not None and one.natural is not None and one.clean is not None
        assert one.difference.value == pytest.approx(-LOSS[arm], abs=0.6)
        assert one.difference.value == pytest.approx(one.natural - one.clean, abs=1e-6)
        assert one.difference.low < one.difference.value < one.difference.high
    assert found["ru", "nli"].clean_languages == ("de", "ru")
    zero_shot = [found[language, "tough"].natural for language in ("de", "ru")]
    assert found["", "tough"].natural == pytest.approx(sum(zero_shot) / 2), "en is trained in"


def test_the_interval_holds_what_either_test_set_may_do(report: Report):
    """Two sets of 100 groups of two items: the difference varies as both do."""
    one = next(
        o for o in report.value(ROBUSTNESS).natural.differences if o.language == "de" and o.arm == "none"
    )  # fmt: skip
    assert one.difference is not None and one.difference.high is not None and one.difference.low is not None
    alone = 2 * 1.96 * 100 * (0.8 * 0.2 / 200) ** 0.5
    assert one.difference.high - one.difference.low > 1.2 * alone


def test_arms_are_compared_on_the_same_sentences(report: Report):
    contrasts = {one.contrast: one for one in report.value(ROBUSTNESS).natural.contrasts}
    tough, equal = contrasts["tough over none"], contrasts["nli over none"]
    assert tough.estimate.value == pytest.approx(20.0, abs=0.6) and tough.languages == ("de", "ru")
    assert tough.estimate.low > 0
    assert equal.estimate.value == pytest.approx(0.0, abs=1e-9)
    assert equal.estimate.high - equal.estimate.low < 3.0


def test_the_page_shows_it_without_perturbed_inputs_and_says_what_has_no_counterpart(report: Report, tmp_path: Path):
    text = markdown(report.document)
    assert "Natural noise minus its clean counterpart" in text and "words de and ru" in text
    assert "tweets, sw: not compared: it has no clean counterpart" in text
    assert "A drop is the score" not in text, "nothing is perturbed"
    assert "Natural noise" in html(report.document)
    save(report, tmp_path)
    record = json.loads((tmp_path / "report.json").read_text("utf-8"))["robustness"]
    assert len(record["natural"]["differences"]) == 4 * 3 and record["interactions"] == []


def test_a_counterpart_that_is_no_target_or_lacks_a_language(tmp_path: Path):
    whole = fake_stress.natural(tmp_path, loss=LOSS, counterparts={"de": ("fr",), "ru": ("ru",)})
    natural = compose(whole).value(ROBUSTNESS).natural
    assert {one.language for one in natural.differences} == {"", "ru"}
    assert "tweets, de: not compared: no score of fr in words" in natural.missing
    alone = replace(whole, targets=whole.targets[1:], cells=tuple(c for c in whole.cells if c.target == "tweets"))
    assert compose(alone).value(ROBUSTNESS) is None


def test_an_arm_without_a_score_is_missing_and_others_are_not(tmp_path: Path):
    whole = fake_stress.natural(tmp_path, loss=LOSS, counterparts=COUNTERPARTS)
    cells = tuple(
        replace(cell, status="failed", reason="disk full", scores=None)
        if (cell.arm, cell.target) == ("nli", "words")
        else cell
        for cell in whole.cells
    )
    natural = compose(replace(whole, cells=cells)).value(ROBUSTNESS).natural
    known = {one.arm: one.difference is not None for one in natural.differences}
    assert known == {"none": True, "nli": False, "tough": True}
    assert {one.contrast for one in natural.contrasts} == {"tough over none"}


def corrected(root: Path, as_written: dict[str, str]) -> list[NaturalDifference]:
    """The differences of two targets with the same items, of which the first has them corrected."""
    whole = fake_stress.natural(root, loss=LOSS, counterparts={}, names=("fixed", "words"))
    first = replace(whole.targets[0], as_written=as_written)
    found = compose(replace(whole, targets=(first, whole.targets[1]))).value(ROBUSTNESS)
    return list(found.natural.differences) if found else []


def test_the_same_sentences_as_written_and_corrected_are_paired_by_item(tmp_path: Path):
    differences = corrected(tmp_path, {"de": "words", "sw": "words"})
    assert {(one.target, one.counterpart) for one in differences} == {("words", "fixed")}
    assert {one.language for one in differences} == {"", "de", "sw"} and all(one.same_sentences for one in differences)
    for one in differences:
        assert one.difference is not None
        assert one.difference.value == pytest.approx(-LOSS[one.arm], abs=0.6)
    small = next(one for one in differences if one.arm == "tough" and one.language == "de")
    # 10 % of the items change from right to wrong, and none back: the interval is of this share alone.
    share = 2 * 1.96 * 100 * (0.1 * 0.9 / 200) ** 0.5
    assert small.difference is not None and small.difference.high is not None and small.difference.low is not None
    assert small.difference.high - small.difference.low < 1.35 * share


def test_corrected_sentences_without_those_as_written_are_compared_with_nothing(tmp_path: Path):
    assert corrected(tmp_path, {"de": "tweets"}) == []


def test_the_task_of_corrected_sentences_has_the_same_ones_as_the_tasks_it_names():
    task = TASKS["udpos-corrected"]
    assert set(task.as_written) == set(task.test)
    for language, name in task.as_written.items():
        (fixed,), (written,) = (of.test[language].places for of in (task, TASKS[name]))
        assert fixed.files == written.files and fixed.row == written.row
    assert task.fit == TASKS["udpos-words"].fit, "one checkpoint scores all"


@pytest.mark.parametrize(
    "name", ["udpos-switched", "udpos-nonstandard", "dependency-switched", "dependency-nonstandard"]
)
def test_every_treebank_of_natural_noise_names_test_sets_that_its_counterpart_has(name: str):
    task = TASKS[name]
    clean = TASKS[task.counterpart]
    assert {each for of in task.counterparts.values() for each in of} <= set(clean.test)
    assert set(task.counterparts) <= set(task.test)
    assert set(task.test) - set(task.counterparts) <= {"ga"}, "Irish has none"
    assert task.fit == clean.fit, "one checkpoint scores both"
