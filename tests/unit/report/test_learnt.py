"""What was learnt first: each intermediate phase beside guessing; an arm that learnt nothing is called that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import fake_study as fake
from xstilts.report.build import compose
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import Results
from xstilts.report.topics.learnt import LEARNT


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return fake.results(tmp_path)


def change(results: Results, arm: str, seeds: tuple[int, ...], **entries: object) -> None:
    """Rewrites the summaries of an arm's intermediate phase."""
    for folder in {cell.trainings[0] for cell in results.cells if cell.arm == arm and cell.seed in seeds}:
        path = folder / "summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_every_intermediate_phase_stands_once_beside_guessing(results: Results) -> None:
    phases = compose(results).value(LEARNT)
    assert phases is not None
    assert [(phase.phase, phase.arms, phase.seeds, phase.verdict) for phase in phases] == [
        ("mnli", ("nli",), 2, "learnt"),
        ("squad1", ("qa",), 2, "learnt"),
    ]
    assert all(len(phase.scores) == 2 and phase.floor == pytest.approx(33.3) for phase in phases)


def test_an_arm_that_learnt_nothing_is_called_that_at_the_head_of_the_page(results: Results) -> None:
    change(results, "nli", (1, 2), state="at chance", best_score=34.0)
    change(results, "qa", (1,), state="diverged", best_score=None)
    made = compose(results)
    verdicts = {phase.phase: phase.verdict for phase in made.value(LEARNT) or ()}
    assert verdicts == {"mnli": "not learnt", "squad1": "not learnt with 1 of 2 seeds"}
    (sentence,) = (text for text in made.document.answer if "intermediate phase at chance" in text)
    assert sentence.startswith("nli ended its intermediate phase")
    assert "34.0 (34.0 to 34.0)" in markdown(made.document)


def test_a_study_of_direct_arms_says_nothing_of_it(results: Results) -> None:
    direct = fake.only(results, arms=("none",))
    made = compose(replace(direct, contrasts=()))
    assert made.value(LEARNT) is None
    assert made.record()["learnt"] == []
