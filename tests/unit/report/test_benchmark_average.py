"""XTREME's average over the targets present: what is in it, what is not, and when it is the total."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

import fake_study as fake
from xstilts.report.build import compose
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.published_files import benchmarks
from xstilts.report.scores.published_rows import Benchmark
from xstilts.report.topics import benchmark_average as module
from xstilts.report.topics.benchmark_average import (
    BENCHMARK_AVERAGE,
    BenchmarkAverage,
    arms_table,
    first_sentence,
    record,
    terminal,
)

XTREME = next(one for one in benchmarks() if one.name == "xtreme")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return fake.results(tmp_path)


def found(results: Results) -> BenchmarkAverage:
    made = compose(results).value(BENCHMARK_AVERAGE)
    assert made is not None
    return made


def called(results: Results, old: str, new: str) -> Results:
    """The study with a target under another name."""
    targets = tuple(replace(t, name=new) if t.name == old else t for t in results.targets)
    cells = tuple(replace(c, target=new) if c.target == old else c for c in results.cells)
    return replace(results, targets=targets, cells=cells)


def whole(results: Results) -> Benchmark:
    """A benchmark of which this study has everything."""
    have = found(results).tasks
    tasks = {name: replace(XTREME.tasks[name], languages=languages) for name, languages in have.items()}
    every = replace(XTREME.averages["all"], tasks=tuple(tasks))
    return replace(XTREME, tasks=tasks, averages={"all": every})


def test_it_averages_the_benchmark_s_tasks_and_languages_alone(results: Results):
    made = found(results)
    assert list(made.tasks) == ["xnli", "xquad", "tatoeba"]
    assert "en" not in made.tasks["tatoeba"] and "sw" not in made.tasks["xquad"] and "sw" in made.tasks["xnli"]
    assert made.missing["udpos"] == "scored in token_accuracy, not in chunk_f1"
    assert made.missing["pawsx"] == "no target of this study"
    board = compose(results).scoreboard
    lines = (
        board.language_scores["nli", "xnli"],
        board.language_scores["nli", "xquad"],
        board.language_scores["nli", "tatoeba"],
    )
    means = [fmean(own[x].value or 0.0 for x in made.tasks[n]) for own, n in zip(lines, made.tasks, strict=True)]
    assert made.arms["nli"].value == pytest.approx(fmean(means))
    gain = made.differences[0]
    assert gain.name == "nli over none" and gain.low is not None and gain.high is not None
    assert gain.value == pytest.approx((made.arms["nli"].value or 0) - (made.arms["none"].value or 0))
    assert gain.low < (gain.value or 0) < gain.high


def test_other_targets_are_named_and_change_nothing(results: Results):
    without = fake.only(results, targets=("xnli", "xquad", "tatoeba"))
    made = found(called(results, "udpos", "dependency"))
    assert made.outside == ("dependency",) and made.arms == found(without).arms
    assert made.differences == found(without).differences
    (said,) = first_sentence(made)
    assert said.startswith(
        "On XTREME's average over 3 of its 9 tasks (xnli, xquad and tatoeba), in points and not tested: "
    )
    assert not first_sentence(found(without))
    assert "Not of XTREME, and not in it: dependency." in arms_table(made).notes


def test_a_part_is_no_total_and_says_what_it_lacks(results: Results):
    made = found(results)
    assert made.lacking[0] == "no score for pawsx, udpos, panx, mlqa, tydiqa and bucc2018"
    assert "xnli in 8 of 15 languages" in made.lacking
    assert [row[2].text for row in arms_table(made).rows] == ["–", "–", "–"]
    (said,) = (line.text for line in terminal(made))
    assert "Without pawsx, udpos," in said and "No total of XTREME: no score for pawsx" in said


def test_the_total_stands_where_nothing_is_missing(results: Results, monkeypatch: pytest.MonkeyPatch):
    every = whole(results)
    monkeypatch.setattr(module, "benchmarks", lambda: (every,))
    made = found(results)
    assert made.lacking == () and made.name.startswith("XTREME's average over all 3 tasks")
    shown = record(made)["headline"]
    assert shown is not None and shown["arms"]["nli"]["total"] == made.arms["nli"].value
    cut = replace(results, targets=tuple(replace(t, test_limit=60) if t.name == "xnli" else t for t in results.targets))
    assert found(cut).lacking == ("xnli on at most 60 examples a language",)
    shown = record(found(cut))["headline"]
    assert shown is not None and shown["arms"]["nli"]["total"] is None and shown["arms"]["nli"]["value"] is not None


def test_an_arm_that_lacks_a_score_has_no_average(results: Results):
    cells = tuple(
        replace(c, status="failed", reason="no memory", scores=None)
        if (c.arm, c.target, c.seed) == ("nli", "xquad", 2)
        else c
        for c in results.cells
    )
    made = found(replace(results, cells=cells))
    assert made.arms["nli"].value is None and "xquad, seed 2" in made.arms["nli"].reason
    assert "failed: no memory" in made.arms["nli"].reason
    assert made.differences[0].value is None and made.differences[0].reason == "nli missing"
    assert made.arms["qa"].value is not None and made.differences[1].low is not None


def test_two_tasks_make_no_average(results: Results):
    assert compose(fake.only(results, targets=("xnli", "xquad"))).value(BENCHMARK_AVERAGE) is None
    assert compose(fake.only(results, targets=("xnli", "xquad"))).record()["headline"] is None


def test_a_study_of_another_benchmark_is_not_averaged_as_this_one(results: Results):
    study = results
    for old, new in (("udpos", "xcopa"), ("tatoeba", "tatoeba-after-squad1")):
        study = called(study, old, new)
    assert compose(study).value(BENCHMARK_AVERAGE) is None  # four tasks of XTREME-R, two of XTREME
