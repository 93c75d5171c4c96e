"""Equivalence needs a margin: what is neither found nor within it is inconclusive, in tables and in sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import fake_study
from xstilts.report.build import compose
from xstilts.report.scores.contrasts import headline_contrasts, with_equivalence
from xstilts.report.scores.inputs import Results
from xstilts.report.topics.answer import ANSWER


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return fake_study.only(
        fake_study.results(tmp_path_factory.mktemp("store")), targets=("xnli",), arms=("none", "nli")
    )


def verdicts(results: Results) -> set[str]:
    return {c.verdict for c in headline_contrasts(compose(results, topics=()).contrasts)}


def test_without_a_margin_what_is_not_found_is_inconclusive(results: Results) -> None:
    assert verdicts(results) == {"inconclusive"}
    (sentence,) = [s for s in compose(results).value(ANSWER) or () if "nli over none" in s]
    assert sentence.startswith("Inconclusive: no arm differs significantly from none")


def test_within_a_wide_margin_it_is_equivalent_and_the_answer_says_which(results: Results) -> None:
    wide = replace(results, margin=90.0)
    assert verdicts(wide) == {"equivalent"}
    text = " ".join(compose(wide).value(ANSWER) or ())
    assert "Equivalent, within 90 points either way: nli over none" in text and "nconclusive" not in text


def test_a_margin_smaller_than_the_interval_shows_nothing(results: Results) -> None:
    assert verdicts(replace(results, margin=0.1)) == {"inconclusive"}
    assert verdicts(replace(results, margin=0.0)) == {"inconclusive"}


def test_what_was_found_stays_significant(tmp_path: Path) -> None:
    found = fake_study.only(fake_study.results(tmp_path), targets=("tatoeba",), arms=("none", "nli"))
    assert verdicts(found) == verdicts(replace(found, margin=99.0)) == {"significant"}


def test_nothing_else_of_a_contrast_changes(results: Results) -> None:
    contrasts = compose(results, topics=()).contrasts
    for before, after in zip(contrasts, with_equivalence(contrasts, 90.0), strict=True):
        assert replace(after, verdict=before.verdict) == before
