from __future__ import annotations

import pytest

from xstilts.report.published import PublishedFigure, figures, published


def value(task: str, model: str, metric: str) -> float:
    (found,) = (f for f in figures(task) if (f.model, f.metric) == (model, metric) and f.place.startswith("Table 16"))
    return found.value


def test_every_figure_stands_in_its_quote_and_has_a_source() -> None:
    for figure in published():
        assert f"{figure.value:.1f}" in figure.quote or f"{figure.value:.2f}" in figure.quote, figure
        assert figure.address.startswith("https://")
        assert figure.cite
        assert figure.place


def test_no_figure_stands_twice() -> None:
    keys = [(f.benchmark, f.task, f.model, f.metric, f.place) for f in published()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("model", "mean"), [("X-STILTs", 72.7), ("XLM-R Large", 70.1), ("RemBERT", 74.4)])
def test_the_printed_mean_of_seven_tasks_follows_from_the_rows(model: str, mean: float) -> None:
    """Taken with the mean of exact match and F1 for each QA task, as XTREME does."""
    singles = [value("xnli", model, "accuracy"), value("pawsx", model, "accuracy")]
    singles += [value("udpos", model, "f1"), value("panx", model, "f1")]
    qa = [(value(t, model, "f1") + value(t, model, "exact_match")) / 2 for t in ("xquad", "mlqa", "tydiqa")]
    assert sum(singles + qa) / 7 == pytest.approx(mean, abs=0.06)


def test_benchmarks_are_kept_apart() -> None:
    assert all(isinstance(f, PublishedFigure) and f.benchmark == "xtreme-r" for f in figures("xcopa", "xtreme-r"))
    assert figures("xcopa") == ()
