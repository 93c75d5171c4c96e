"""The packaged figures: what they say, and that a reader can look each up."""

from __future__ import annotations

import pytest

from xstilts.core.errors import StudyError
from xstilts.core.languages import XTREME, XTREME_R, canonical_code
from xstilts.report.scores.published_files import published, rows_named
from xstilts.tasks.catalog import TASKS
from xstilts.xtreme.layout import XTREME_VERSIONS, study_task_name

ROWS = published()


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_figure_stands_in_its_quotation_and_has_a_source(row) -> None:
    assert row.figures
    for figure in row.figures:
        assert f"{figure.value:.1f}" in figure.quote or f"{figure.value:.2f}" in figure.quote, figure
        assert figure.source.address.startswith("https://") and figure.source.cite and figure.source.place


@pytest.mark.parametrize(("name", "mean"), [("x-stilts", 72.7), ("xlmr-large", 70.1), ("rembert", 74.4)])
def test_the_printed_mean_of_seven_tasks_follows_from_the_scores(name: str, mean: float) -> None:
    """Taken with the mean of exact match and F1 for each QA task, as XTREME does."""
    row = ROWS[name]
    scores = [row.score(task) for task in row.benchmark.averages["seven-tasks"].tasks]
    assert row.values("seven-tasks") == {"mean": mean}
    assert sum(score for score in scores if score is not None) / 7 == pytest.approx(mean, abs=0.06)


@pytest.mark.parametrize("group", ["classification", "structured", "qa"])
@pytest.mark.parametrize("name", ["x-stilts", "xlmr-large", "rembert"])
def test_the_printed_means_of_groups_follow_from_the_scores(name: str, group: str) -> None:
    """The two tables of the source agree no better: XLM-R has 69.0 for structured tasks, of which the mean is 69.6."""
    row = ROWS[name]
    scores = [row.score(task) or 0.0 for task in row.benchmark.averages[group].tasks]
    assert sum(scores) / len(scores) == pytest.approx(row.values(group)["mean"], abs=0.65)


def test_the_figures_of_x_stilts_and_of_what_it_was_trained_on() -> None:
    row, over = ROWS["x-stilts"], ROWS["xlmr-large"]
    assert row.over == over.name and row.values("all") == {"gain": 5.4} and over.values("all") == {"mean": 68.1}
    assert (row.parameters, row.encoder, row.hub) == ("559M", "XLM-R Large", "xlm-roberta-large")
    assert row.values("tydiqa") == {"exact_match": 59.5, "f1": 76.0} and row.score("tydiqa") == 67.75
    assert row.score("tatoeba") is None and over.score("tatoeba") == 57.3


def test_f1_alone_is_not_the_score_of_a_qa_task() -> None:
    assert ROWS["mt5-base"].values("xquad") == {"f1": 67.0} and ROWS["mt5-base"].score("xquad") is None


@pytest.mark.parametrize("name", ["xtreme", "xtreme-r"])
def test_the_languages_are_those_of_the_program(name: str) -> None:
    version = XTREME_VERSIONS[name]
    tasks = next(row.benchmark.tasks for row in ROWS.values() if row.benchmark.name == name)
    ours = {study_task_name(version, task): languages for task, languages in version.languages.items()}
    assert set(tasks) - set(ours) == set(version.without)
    for task, languages in ours.items():
        assert tasks[task].languages == tuple(canonical_code(code) for code in languages)
    assert {code for task in tasks.values() for code in task.languages} == set(XTREME if name == "xtreme" else XTREME_R)


def test_a_study_can_be_scored_in_the_metric_of_every_task_of_xtreme() -> None:
    for name, task in ROWS["xlmr-large"].benchmark.tasks.items():
        assert task.metric in [metric.name for metric in TASKS[name].scored], name
        assert task.retrieval == (TASKS[name].kind.name == "retrieval"), name


def test_the_same_model_on_two_benchmarks_is_two_rows() -> None:
    assert ROWS["mbert"].model == ROWS["mbert-xtreme-r"].model
    assert (ROWS["mbert"].values("xnli"), ROWS["mbert-xtreme-r"].values("xnli")) == (
        {"accuracy": 65.4},
        {"accuracy": 66.63},
    )


def test_rows_are_found_by_name_each_once() -> None:
    assert [row.name for row in rows_named(["x-stilts", "mbert", "x-stilts"])] == ["x-stilts", "mbert"]
    assert rows_named([]) == ()


def test_an_unknown_row_names_the_nearest_and_all_there_are() -> None:
    with pytest.raises(StudyError, match="Did you mean 'xlmr-large'") as caught:
        rows_named(["mbert", "xlmr-larg"])
    assert caught.value.where == "--against" and caught.value.allowed == tuple(ROWS)
