"""A study beside published rows: the same measure over the same languages, and what differs said in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from fake_study import ARMS, LANGUAGES, SEEDS, only
from xstilts.report.build import Report, compose
from xstilts.report.elements.formatting import MISSING
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import inline, markdown
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.published_files import rows_named
from xstilts.report.scores.published_rows import (
    Benchmark,
    BenchmarkTask,
    Citation,
    PublishedAverage,
    PublishedRow,
    PublishedScore,
)
from xstilts.report.scores.score_files import read_scores
from xstilts.report.topics.published.caveats import row_remarks, target_caveats, training_sizes
from xstilts.report.topics.published.comparison import MeasureComparison, PublishedComparison, comparisons
from xstilts.report.topics.published.tables import comparison_table, not_compared
from xstilts.report.topics.published.topic import PUBLISHED
from xstilts.report.write import save

SOURCE = Citation(cite="Nobody 2020, a <table>", address="https://example.org", place="Table 1")


def row(name: str, benchmark: Benchmark, values: dict[str, dict[str, float]], **more: str) -> PublishedRow:
    figures = [
        PublishedScore(task=task, name=key, value=value, quote=str(value), source=SOURCE)
        for task, one in values.items()
        for key, value in one.items()
    ]
    return PublishedRow(
        name=name, benchmark=benchmark, model=name.upper(), setting="English", figures=tuple(figures), **more
    )


TASKS = (
    BenchmarkTask(
        name="xnli", metric="accuracy", metric_title="accuracy", languages=("en", "de", "fr", "sw"), train=500
    ),
    BenchmarkTask(name="udpos", metric="chunk_f1", metric_title="F1 of chunks", languages=("en", "de")),
    BenchmarkTask(name="xquad", metric="squad", metric_title="EM and F1", languages=LANGUAGES, note="read twice"),
    BenchmarkTask(
        name="tatoeba", metric="retrieval_accuracy", metric_title="accuracy", languages=("de", "sw"), retrieval=True
    ),
    BenchmarkTask(name="pawsx", metric="accuracy", metric_title="accuracy", languages=("en",)),
)
TOY = Benchmark(
    name="toy",
    title="TOY",
    about="five tasks",
    tasks={task.name: task for task in TASKS},
    averages={
        "all": PublishedAverage(name="all", title="mean of five tasks", tasks=tuple(task.name for task in TASKS)),
        "two": PublishedAverage(name="two", title="mean of XNLI and XQuAD", tasks=("xnli", "xquad")),
        "odd": PublishedAverage(name="odd", title="mean of means", tasks=()),
    },
)
BASE = row(
    "base",
    TOY,
    {
        "xnli": {"accuracy": 70.0},
        "udpos": {"f1": 60.0},
        "xquad": {"exact_match": 40.0, "f1": 60.0},
        "tatoeba": {"accuracy": 30.0},
        "pawsx": {"accuracy": 80.0},
        "all": {"mean": 58.0},
        "two": {"mean": 60.0},
        "odd": {"mean": 1.0},
    },
    encoder="Base",
    hub="nobody/xlm-roberta-base",
    parameters="1M",
)
BIG = row(
    "big",
    TOY,
    {
        "xnli": {"accuracy": 74.0},
        "xquad": {"exact_match": 50.0, "f1": 70.0},
        "udpos": {"f1": 61.0},
        "all": {"gain": 6.0},
    },
    encoder="Big",
    over="base",
)
F1 = row("f1", TOY, {"xquad": {"f1": 66.0}}, encoder="T")


def beside(made: Report) -> PublishedComparison:
    (found,) = made.value(PUBLISHED) or ()
    return found


def line(found: PublishedComparison, target: str, measure: str = "") -> MeasureComparison:
    (one,) = [one for one in found.measures if one.target == target and measure in ("", one.measure)]
    return one


def scored(results: Results, arm: str, target: str, languages: Sequence[str], value: str = "") -> float:
    """The mean over languages, then seeds, straight from the score artefacts; of all values where none is named."""
    cells = [c for c in results.cells if (c.arm, c.target) == (arm, target)]
    means = []
    for cell in cells:
        assert cell.scores is not None
        (metric,) = read_scores(cell.scores).metrics.values()
        found = [metric[language].values for language in languages]
        means.append(fmean(values[value] if value else fmean(values.values()) for values in found))
    return fmean(means)


@pytest.fixture(scope="module")
def together(results: Results) -> Report:
    return compose(results, (BASE, BIG, F1))


def test_ours_is_the_mean_over_the_languages_that_both_have(results: Results, together: Report) -> None:
    one = line(beside(together), "xnli")
    assert (one.languages, one.of, one.measure) == (("en", "de", "sw"), 4, "accuracy")
    for arm in ARMS:
        assert one.ours[arm].value == pytest.approx(scored(results, arm, "xnli", ("en", "de", "sw")))
    assert one.published == {"base": 70.0, "big": 74.0, "f1": None}


def test_qa_is_the_mean_of_both_values_and_f1_alone_has_a_line_of_its_own(results: Results, together: Report) -> None:
    both = line(beside(together), "xquad", "mean of exact match and F1")
    single = line(beside(together), "xquad", "F1")
    assert both.published == {"base": 50.0, "big": 60.0, "f1": None}
    assert single.published == {"base": 60.0, "big": 70.0, "f1": 66.0}
    assert both.ours["nli"].value == pytest.approx(scored(results, "nli", "xquad", LANGUAGES))
    assert single.ours["nli"].value == pytest.approx(scored(results, "nli", "xquad", LANGUAGES, "f1"))
    alone = comparisons(together.scoreboard, [F1])[0]
    assert [one.measure for one in alone.measures if one.target == "xquad"] == ["F1"]


def test_another_metric_is_listed_with_its_name_and_never_set_beside_ours(together: Report) -> None:
    found = beside(together)
    assert [one for one in found.measures if one.target == "udpos"] == [] and "udpos" not in found.target_caveats
    assert "base on udpos: F1 60.0 (F1 of chunks; ours is token_accuracy)" in found.not_compared
    assert "big on udpos: F1 61.0 (F1 of chunks; ours is token_accuracy)" in found.not_compared


def test_a_language_that_is_lacking_is_missing_from_ours(results: Results, together: Report) -> None:
    one = line(beside(together), "tatoeba")
    assert one.languages == ("de",)  # no arm has Swahili
    assert one.ours["none"].value == pytest.approx(scored(results, "none", "tatoeba", ("de",)))
    assert one.published == {"base": 30.0, "big": None, "f1": None}


def test_an_arm_that_lacks_a_language_says_so(results: Results, tmp_path: Path) -> None:
    cells = []
    for cell in results.cells:
        if (cell.arm, cell.target) == ("nli", "xnli") and cell.scores is not None:
            record = json.loads((cell.scores / "scores.json").read_text("utf-8"))
            del record["metrics"]["accuracy"]["languages"]["sw"]
            place = tmp_path / str(cell.seed)
            place.mkdir()
            (place / "scores.json").write_text(json.dumps(record), "utf-8")
            (place / "counts.parquet").write_bytes((cell.scores / "counts.parquet").read_bytes())
            cell = replace(cell, scores=place)
        cells.append(cell)
    made = compose(replace(results, cells=tuple(cells)), (BASE,))
    ours = line(beside(made), "xnli").ours
    assert (ours["nli"].lacking, ours["none"].lacking) == (("sw",), ())
    assert ours["nli"].value == pytest.approx(scored(results, "nli", "xnli", ("en", "de")))
    assert "without sw" in comparison_table(beside(made)).rows[0][2].marks


def test_a_cell_without_scores_is_missing_with_its_reason(results: Results) -> None:
    cells = tuple(replace(c, scores=None, status="failed", reason="disk full") for c in results.cells)
    found = beside(compose(replace(results, cells=cells), (BASE,)))
    ours = line(found, "xnli").ours["none"]
    assert (ours.value, ours.reason) == (None, "failed: disk full")
    entry = comparison_table(found).rows[0][1]
    assert (entry.text, entry.tip) == (MISSING, "failed: disk full")


def test_warnings_about_a_run_stand_beside_its_number(together: Report) -> None:
    assert "diverged (mnli): 1 of 2 seeds" in line(beside(together), "xnli").ours["qa"].marks


def test_an_average_needs_every_task_of_it(together: Report) -> None:
    found = beside(together)
    two = line(found, "")
    assert two.measure == "mean of XNLI and XQuAD" and two.published == {"base": 60.0, "big": None, "f1": None}
    ours = [line(found, "xnli").ours["qa"].value, line(found, "xquad", "mean of exact match and F1").ours["qa"].value]
    assert two.ours["qa"].value == pytest.approx(sum(x or 0.0 for x in ours) / 2)
    assert "base: mean of five tasks 58.0; mean of means 1.0 (ours is missing)" in found.not_compared
    assert sum("(ours is missing)" in other for other in found.not_compared) == 1  # the gain of `big` is no average


def test_what_only_one_side_has_is_named(together: Report) -> None:
    found = beside(together)
    assert (found.missing_tasks, found.other_targets) == (("pawsx",), ())
    other = compose(
        only(together.scoreboard.results, targets=("xnli",)),
        (replace(BASE, benchmark=replace(TOY, tasks={}, averages={})),),
    )
    assert beside(other).other_targets == ("xnli",) and beside(other).measures == ()
    assert "TOY does not have xnli." in not_compared(beside(other)) and "TOY" in html(other.document)


def test_languages_notes_and_what_the_task_itself_says(together: Report) -> None:
    said = beside(together).target_caveats
    assert said["xnli"] == ("ours: 3 of 4 languages", "es, ru, ar, zh and th not in TOY, left out")
    assert said["xquad"] == ("read twice",)
    assert said["tatoeba"][0] == "ours: 1 of 2 languages"
    assert "no training data: encoder states of layer 7" in said["tatoeba"]


def test_a_part_of_the_candidates_stands_beside_no_published_number(results: Results) -> None:
    targets = tuple(replace(t, cuts_candidates=t.name == "tatoeba") for t in results.targets)
    report = compose(replace(results, targets=targets), (BASE, BIG))
    assert beside(report).target_caveats.keys() == {"xnli", "xquad"}
    assert any("on tatoeba" in text and "another task" in text for text in beside(report).not_compared)


def test_samples_are_named(results: Results) -> None:
    targets = tuple(replace(t, samples="a sample of 7 rows") for t in results.targets)
    board = compose(replace(results, targets=targets)).scoreboard
    assert target_caveats(board, board.results.targets[0], TOY)[-1] == "a sample of 7 rows"


def write_sizes(results: Results, root: Path, sizes: dict[str, list[dict[str, object]]]) -> Results:
    """The study with another summary for the last training of some cells of XNLI, by arm."""
    cells = []
    for cell in results.cells:
        if cell.target == "xnli" and cell.arm in sizes:
            place = root / f"{cell.arm}-{cell.seed}"
            place.mkdir()
            (place / "summary.json").write_text(json.dumps({"state": "ok", "parts": sizes[cell.arm]}), "utf-8")
            cell = replace(cell, trainings=(*cell.trainings[:-1], place))
        cells.append(cell)
    return replace(results, cells=tuple(cells))


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ({"none": [{"name": "xnli", "examples": 300}]}, "trained on 300 examples, published on 500"),
        ({"none": [{"name": "mnli", "examples": 300}]}, "trained on 300 examples, published on 500"),  # shared
        (
            {"none": [{"name": "xnli", "examples": 300}], "nli": [{"name": "xnli", "examples": 400}]},
            "trained on 300 and 400 examples, published on 500",
        ),
        (
            {"none": [{"name": "other", "examples": 9}, {"name": "xnli", "examples": 1200}]},
            "trained on 1,200 examples, published on 500",
        ),
        ({"none": [{"name": "xnli", "examples": 500}]}, ""),
        ({}, ""),
    ],
)
def test_what_was_trained_on_comes_from_the_trainings(
    results: Results, tmp_path: Path, sizes: dict[str, list[dict[str, object]]], said: str
) -> None:
    found = beside(compose(write_sizes(results, tmp_path, sizes), (BASE,))).target_caveats["xnli"]
    assert [text for text in found if text.startswith("trained on")] == ([said] if said else [])


def test_a_target_that_is_not_trained_has_no_training_examples(results: Results, tmp_path: Path) -> None:
    changed = write_sizes(results, tmp_path, {"none": [{"name": "xnli", "examples": 300}]})
    untrained = tuple(replace(t, trained=False) for t in changed.targets)
    assert training_sizes(compose(changed).scoreboard, changed.targets[0]) == {300}
    assert training_sizes(compose(replace(changed, targets=untrained)).scoreboard, untrained[0]) == set()


def test_a_cell_that_was_not_scored_says_nothing_of_what_was_trained_on(results: Results, tmp_path: Path) -> None:
    """Its last training that is done may be an intermediate one."""
    changed = write_sizes(results, tmp_path, {"none": [{"name": "mnli", "examples": 300}]})
    cells = tuple(replace(c, scores=None, status="not run") if c.arm == "none" else c for c in changed.cells)
    assert training_sizes(compose(replace(changed, cells=cells)).scoreboard, changed.targets[0]) == set()


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        ("tiny", "base (BASE): encoder differs: tiny, not Base (1M parameters); English."),
        ("xlm-roberta-base", "base (BASE): the same encoder; English."),
        ("FacebookAI/XLM-RoBERTa-base@main", "base (BASE): the same encoder; English."),
        ("models/my-encoder/", "base (BASE): encoder differs: my-encoder, not Base (1M parameters); English."),
    ],
)
def test_the_encoder_is_compared_by_its_name(encoder: str, said: str) -> None:
    assert row_remarks(encoder, [BASE]) == (said,)


def test_an_encoder_that_no_source_names_is_not_the_same() -> None:
    assert row_remarks("tiny", [replace(BASE, encoder="", hub="")]) == (
        "base (BASE): its encoder is not known, ours is tiny; English.",
    )


def test_a_published_gain_is_taken_apart_with_what_is_missing(together: Report) -> None:
    (gain,) = beside(together).gains
    assert gain.name == "BIG over BASE"
    assert [(s.target, s.gain) for s in gain.parts.shares] == [("xquad", 10.0), ("xnli", 4.0), ("udpos", 1.0)]
    assert (gain.parts.missing, gain.parts.average) == (("tatoeba", "pawsx"), 6.0)
    assert gain.parts.rest == pytest.approx(6.0 - 15.0 / 5)
    assert beside(compose(together.scoreboard.results, (BIG,))).gains == ()  # the other row was not asked for


def test_the_published_gain_of_intermediate_training_comes_from_retrieval_and_tydiqa(results: Results) -> None:
    (gain,) = beside(compose(results, rows_named(["xlmr-large", "x-stilts"]))).gains
    parts = gain.parts
    assert (parts.targets, parts.average, parts.missing) == (9, 5.4, ("bucc2018", "tatoeba"))
    assert parts.shares[0].target == "tydiqa" and parts.shares[0].share == pytest.approx(1.41, abs=0.005)
    assert parts.rest == pytest.approx(3.4, abs=0.05)
    assert parts.without_retrieval == pytest.approx(2.5, abs=0.05)


def test_rows_of_two_benchmarks_stand_in_two_tables(results: Results) -> None:
    found = compose(results, rows_named(["mbert-xtreme-r", "x-stilts", "xlmr-base-xtreme-r"])).value(PUBLISHED)
    assert found is not None
    assert [(one.benchmark.title, [row.name for row in one.rows]) for one in found] == [
        ("XTREME-R", ["mbert-xtreme-r", "xlmr-base-xtreme-r"]),
        ("XTREME", ["x-stilts"]),
    ]


def test_every_form_of_the_report_has_the_rows(together: Report, tmp_path: Path) -> None:
    page, said = html(together.document), markdown(together.document)
    for text in (*beside(together).remarks, *not_compared(beside(together))):
        assert inline(text) in said and text.replace("'", "&#39;") in page
    table = comparison_table(beside(together))
    assert [column.label for column in table.columns] == ["Target", *ARMS, "base", "big", "f1", "What differs"]
    assert [row[0].flat for row in (*table.rows, *table.foot)] == [
        "xnli, accuracy",
        "xquad, mean of exact match and F1",
        "xquad, F1",
        "tatoeba, accuracy",
        "mean of XNLI and XQuAD",
    ]
    assert [bool(row[-1].text) for row in table.rows] == [True, True, False, True]  # said once a target
    assert "Nobody 2020, a &lt;table&gt;" in page and "Nobody 2020, a \\<table\\>" in said
    (written,) = json.loads(save(together, tmp_path).json.read_text("utf-8"))["against"]
    assert written["rows"]["base"]["figures"][0]["source"]["cite"] == SOURCE.cite
    assert written["lines"][0]["published"]["base"] == 70.0 and written["not_in_study"] == ["pawsx"]


def test_without_rows_nothing_is_said_about_published_numbers(made: Report) -> None:
    assert made.value(PUBLISHED) is None and "published" not in [section.id for section in made.document.sections]
    assert not [section for section in made.document.sections if section.id.startswith("against")]


def test_seeds_that_lack_scores_are_left_out_of_ours(results: Results) -> None:
    cells = tuple(replace(c, scores=None, status="failed") if c.seed == SEEDS[1] else c for c in results.cells)
    made = compose(replace(results, cells=cells), (BASE,))
    ours = line(beside(made), "xnli").ours["none"]
    first = only(results, seeds=SEEDS[:1])
    assert ours.value == pytest.approx(scored(first, "none", "xnli", ("en", "de", "sw")))
    assert "1 of 2 seeds" in ours.marks
