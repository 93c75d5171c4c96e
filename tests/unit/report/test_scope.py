"""The scope of an answer: encoder, seeds, languages and trainings, as they are in the study."""

from __future__ import annotations

from pathlib import Path

import fake_study as fake
from xstilts.report.build import compose
from xstilts.report.formats.markdown import markdown
from xstilts.report.topics.scope import SCOPE


def test_what_limits_an_answer_is_said_with_its_numbers(tmp_path: Path) -> None:
    made = compose(fake.results(tmp_path))
    encoder, seeds, languages, trainings = made.value(SCOPE) or ()
    assert encoder.startswith("Measured with one encoder, xlm-roberta-base, at scale smoke")
    assert seeds.startswith("2 seeds: ") and "with so few" in seeds
    assert languages == "8 languages in 4 targets; without scores: tatoeba (sw)."
    assert trainings == "2 of 22 trainings ended at chance or diverged."
    assert "## What this answer rests on" in markdown(made.document)


def test_one_seed_is_called_that(tmp_path: Path) -> None:
    one = fake.only(fake.results(tmp_path), seeds=(1,))
    assert any(sentence.startswith("One seed: ") for sentence in compose(one).value(SCOPE) or ())
