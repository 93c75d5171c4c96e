"""Leaks in the report: what was found, and scores recomputed without the leaked test examples."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fake_audit import audit
from fake_study import EXAMPLES
from xstilts.metrics.catalog import METRICS
from xstilts.metrics.tallies import headline
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.latex import latex
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import LeakAudit, Results
from xstilts.report.scores.score_files import read_item_counts
from xstilts.report.scores.unleaked import NOTHING_LEFT, Rescored, rescored
from xstilts.report.topics.leakage import LEAKAGE
from xstilts.report.write import save

LEAKED = {
    ("xquad", "de"): {"exact": [0, 1, 2, 3], "normalised": [4], "run": list(range(100, 150))},
    ("xnli", "sw"): {"exact": list(range(EXAMPLES))},
    ("tatoeba", "de"): {"near": [7]},
}


@pytest.fixture(scope="module")
def leaky(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("audit")
    return replace(
        results,
        leaks=LeakAudit(
            folder=audit(folder / "rows", LEAKED),
            missing={"squad1[de]": "a model translates it when the study is run"},
            pretraining=audit(folder / "text", {("xnli", "de"): {"near": [5]}}, "tatoeba-text"),
            pretraining_note="e5-small: its pretraining text is not here",
            whole={"tatoeba": "pairs are mined together"},
        ),
    )


@pytest.fixture(scope="module")
def report(leaky: Results) -> Report:
    return compose(leaky, topics=(LEAKAGE,))


def score(results: Results, arm: str, target: str, language: str, seed: int) -> Rescored:
    (one,) = (
        one
        for one in rescored(results)
        if (one.arm, one.target, one.language, one.seed) == (arm, target, language, seed)
    )
    return one


def test_a_score_is_the_metrics_own_formula_over_what_is_left(leaky: Results) -> None:
    one = score(leaky, "qa", "xquad", "de", 1)
    (cell,) = (c for c in leaky.cells if (c.arm, c.target, c.seed) == ("qa", "xquad", 1))
    assert cell.scores is not None
    counts = read_item_counts(cell.scores, "squad")["de"].counts
    left, unseen = np.delete(counts, range(5), axis=0), np.delete(counts, [*range(5), *range(100, 150)], axis=0)
    assert one.whole == pytest.approx(float(headline(METRICS["squad"], counts.sum(axis=0))))
    assert one.unlike == pytest.approx(float(headline(METRICS["squad"], left.sum(axis=0))))
    assert one.unseen == pytest.approx(float(headline(METRICS["squad"], unseen.sum(axis=0))))
    assert (one.n, one.n_unlike, one.n_unseen, one.reason) == (EXAMPLES, EXAMPLES - 5, EXAMPLES - 55, "")


def test_what_cannot_be_recomputed_is_missing_with_its_reason(leaky: Results) -> None:
    nothing_left = score(leaky, "nli", "xnli", "sw", 1)
    assert nothing_left.whole is not None and nothing_left.unlike is None and nothing_left.reason == NOTHING_LEFT
    together = score(leaky, "nli", "tatoeba", "de", 1)
    assert together.whole is not None and together.unlike == together.whole
    assert together.unseen is None and together.reason == "pairs are mined together"
    assert score(leaky, "nli", "tatoeba", "es", 1).unseen == score(leaky, "nli", "tatoeba", "es", 1).whole
    assert score(leaky, "nli", "tatoeba", "sw", 1).reason == "no file tatoeba/swh-eng.swh"


def test_means_are_over_languages_that_have_all_three_numbers(report: Report) -> None:
    leakage = report.value(LEAKAGE)
    assert leakage is not None
    means = {(mean.target, mean.arm): mean for mean in leakage.means}
    assert {target for target, _ in means} == {"xnli", "xquad", "tatoeba"}, "udpos has no leaked example"
    assert "sw" not in means["xnli", "nli"].languages and dict(means["xnli", "nli"].lacking) == {"sw": NOTHING_LEFT}
    assert means["xnli", "nli"].whole == means["xnli", "nli"].unseen
    assert means["xquad", "qa"].whole != means["xquad", "qa"].unseen


def test_the_page_shows_both_scores_and_what_was_not_compared(report: Report) -> None:
    text, page = markdown(report.document), html(report.document)
    assert "1,234 rows of 1 training set (mnli) were compared with 720 rows of 3 test sets." in text
    assert "the largest share is of xnli sw, 240 of 240 rows in mnli" in text
    assert "xnli without sw: every example is trained on." in text
    assert "tatoeba-text" in text and "its pretraining text is not here" in text
    assert "squad1\\[de\\]: a model translates it" in text
    assert "<b>Somebody" not in page and "&lt;b&gt;Somebody" in page
    assert latex(report.document).count(r"\toprule") == 4


def test_data_files_hold_every_leak_and_score(report: Report, leaky: Results, tmp_path: Path) -> None:
    save(report, tmp_path)
    leaks = pq.read_table(tmp_path / "leaks.parquet").to_pylist()
    assert [(leak["rows_of"], leak["target"], leak["leaked"]) for leak in leaks] == [
        ("training", "xnli", 240),
        ("training", "xquad", 55),
        ("training", "tatoeba", 1),
        ("pretraining", "xnli", 1),
    ]
    assert pq.read_table(tmp_path / "scores_without_leaks.parquet").num_rows == len(rescored(leaky))


def test_no_leak_and_no_audit_are_said(results: Results, tmp_path: Path) -> None:
    clean = replace(results, leaks=LeakAudit(folder=audit(tmp_path / "clean", {("xnli", "de"): {}})))
    (tmp_path / "clean" / "leaks.json").write_text(
        json.dumps({"leaks": [], "tests": [{"target": "xnli", "language": "de", "rows": 9}], "trainings": {"mnli": 3}})
    )
    assert "No test row is trained on, exactly or nearly." in markdown(compose(clean, topics=(LEAKAGE,)).document)
    failed = replace(results, leaks=LeakAudit(folder=None, reason="mnli.tsv:3: too few columns"))
    assert "not compared: mnli.tsv:3: too few columns." in markdown(compose(failed, topics=(LEAKAGE,)).document)
    assert compose(results, topics=(LEAKAGE,)).record() == {"leakage": None}
