"""The multiverse: what a contrast says under each other choice, and what was not measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import fake_study
from fake_audit import audit
from xstilts.report.build import Report, compose
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import LeakAudit, Results
from xstilts.report.scores.multiverse import REPORTED, Conclusion
from xstilts.report.topics.multiverse import MULTIVERSE


@pytest.fixture(scope="module")
def report(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two targets that have every score; of tatoeba half the German queries are trained on."""
    part = fake_study.only(results, targets=("xnli", "tatoeba"))
    folder = audit(tmp_path_factory.mktemp("audit") / "a", {("tatoeba", "de"): {"near": list(range(120))}})
    return compose(replace(part, leaks=LeakAudit(folder=folder)), topics=(MULTIVERSE,))


def conclusions(report: Report, title: str = "nli over none") -> dict[str, Conclusion]:
    found = report.value(MULTIVERSE)
    assert found is not None
    return {f"{one.choice}: {one.option}".removeprefix(": "): one for one in found if one.contrast == title}


def test_what_is_reported_is_the_contrast_itself(report: Report) -> None:
    own = conclusions(report)[REPORTED]
    (contrast,) = (c for c in report.contrasts if c.title == "nli over none" and c.target is None and c.zero_shot)
    assert (own.value, own.low, own.high, own.verdict) == (
        contrast.value, contrast.low, contrast.high, contrast.verdict
    )  # fmt: skip


def test_every_choice_has_its_own_number_or_a_reason(report: Report) -> None:
    found = conclusions(report)
    assert set(found) == {
        REPORTED,
        "metric: another",
        "languages: with the one trained in",
        "seeds: without seed 1",
        "seeds: without seed 2",
        "test examples: without those that are trained on",
        "runs: with those that did not learn",
        "weights: the last ones",
    }
    own = found[REPORTED]
    for option in ("languages: with the one trained in", "test examples: without those that are trained on"):
        assert found[option].value not in (None, own.value)
    assert found["languages: with the one trained in"].languages == own.languages + 1
    for option in ("metric: another", "weights: the last ones"):
        assert found[option].value is None and found[option].reason and not found[option].verdict


def test_a_dropped_seed_leaves_the_numbers_of_the_others(report: Report) -> None:
    found = conclusions(report)
    singles = [found[f"seeds: without seed {seed}"] for seed in (1, 2)]
    assert sum(one.value or 0.0 for one in singles) / 2 == pytest.approx(found[REPORTED].value)
    assert all(one.seeds == 1 and one.verdict == "not tested" for one in singles)


def test_a_second_metric_is_used_where_it_measures_the_same(results: Results, tmp_path: Path) -> None:
    part = fake_study.only(fake_study.results(tmp_path, variants=True), arms=("none", "qa"), targets=("xquad", "xnli"))
    found = conclusions(compose(part, topics=(MULTIVERSE,)), "qa over none")
    other = found["metric: xquad by mlqa"]
    assert other.value is not None and other.value != found[REPORTED].value and other.targets == 2


def test_the_table_says_under_which_choices_a_verdict_changes(report: Report) -> None:
    text = markdown(report.document)
    assert "## Under other choices" in text and "no target is scored by a second metric" in text
    assert "2 not measured" in text and "2 not tested" in text, "one seed alone is no other verdict"
    assert "not tested without seed 1" not in text


def test_nothing_to_compare_is_no_multiverse(results: Results) -> None:
    assert compose(replace(results, contrasts=()), topics=(MULTIVERSE,)).record() == {"multiverse": []}
