"""A share of training rows with perturbed texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.data.examples import SpanExample, TextExample
from xstilts.perturb.casing import Casing
from xstilts.perturb.letters import Delete, Repeat, Swap
from xstilts.perturb.units import word_spans
from xstilts.perturb.word_choice import TextRelevance
from xstilts.tasks.augmentation import Augmentation, augment, is_perturbed

TEXT = "a sentence with several words that can be changed"
ROWS = [TextExample(id=str(i), group=str(i // 2), text=f"{TEXT} {i}", label="x") for i in range(400)]


def repeated(share: float, seed: int = 0) -> Augmentation:
    return Augmentation(perturbations=(Repeat(rate=0.5),), share=share, seed=seed)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_about_the_share_is_perturbed_and_the_rest_is_the_same_object(share: float):
    found = augment(ROWS, repeated(share), "en")
    assert found.perturbed / len(ROWS) == pytest.approx(share, abs=0.08)
    same = sum(new is old for new, old in zip(found.examples, ROWS, strict=True))
    assert same == len(ROWS) - found.perturbed
    assert [row.id for row in found.examples] == [row.id for row in ROWS]
    assert all(row.label == "x" for row in found.examples)


def test_all_rows_at_share_one():
    assert augment(ROWS, repeated(1.0), "en").perturbed == len(ROWS)


@settings(deadline=None, max_examples=20)  # slow where others compute
@given(st.integers(1, 399))
def test_a_row_is_perturbed_alike_in_every_subset(number: int):
    whole, part = augment(ROWS, repeated(0.5), "en").examples, augment(ROWS[:number], repeated(0.5), "en").examples
    assert part == whole[:number]


def test_several_perturbations_are_used_equally_often_and_another_seed_takes_other_rows():
    both = Augmentation(perturbations=(Repeat(rate=1.0), Delete(rate=0.5)), share=0.5)
    found = augment(ROWS, both, "en").examples
    longer = sum(len(new.text) > len(old.text) for new, old in zip(found, ROWS, strict=True))
    shorter = sum(len(new.text) < len(old.text) for new, old in zip(found, ROWS, strict=True))
    assert longer == pytest.approx(100, abs=30) and shorter == pytest.approx(100, abs=30)
    assert augment(ROWS, repeated(0.5, seed=1), "en").examples != augment(ROWS, repeated(0.5), "en").examples


def test_what_an_easier_step_changed_a_harder_one_changes_too():
    """Up to half of a text: of more, the places that stay are drawn."""
    steps = Augmentation(perturbations=(Casing(rate=0.4),), share=0.5, stages=4).views
    before = [set[int]() for _ in ROWS]
    for view in steps:
        changed = [
            {place for place, (a, b) in enumerate(zip(new.text.split(), old.text.split(), strict=True)) if a != b}
            for new, old in zip(augment(ROWS, view, "en").examples, ROWS, strict=True)
        ]
        assert all(fewer <= more for fewer, more in zip(before, changed, strict=True))
        assert sum(map(len, changed)) > sum(map(len, before))
        before = changed


def test_a_row_whose_answer_would_be_lost_stays_as_it_is():
    rows = [
        SpanExample(id=str(i), group="g", question="what", context="the old house stands", answers=(("ld", 5),))
        for i in range(50)
    ]
    found = augment(rows, Augmentation(perturbations=(Swap(rate=1.0),), share=1.0), "en")
    assert len(found.examples) == 50 and sum(found.kept.values()) > 0
    for row in found.examples:
        ((answer, start),) = row.answers or ()
        assert row.context[start : start + len(answer)] == answer


def late_is_more(text: str) -> TextRelevance:
    starts, ends = np.array(word_spans(text)).T
    return TextRelevance(starts, ends, np.arange(1.0, len(starts) + 1))


def test_by_relevance_the_words_that_are_hit_become_more_relevant_and_the_rows_stay_the_same():
    steps = Augmentation(perturbations=(Casing(rate=0.4),), share=0.5, stages=3, preference=2.0).views
    places, rows = [], []
    for view in steps:
        found = augment(ROWS, view, "en", late_is_more).examples
        changed = [
            (number, place)
            for number, (new, old) in enumerate(zip(found, ROWS, strict=True))
            for place, (a, b) in enumerate(zip(new.text.split(), old.text.split(), strict=True))
            if a != b
        ]
        places.append(np.mean([place for _, place in changed]))
        rows.append(len(changed))
        assert {number for number, _ in changed} <= {i for i, row in enumerate(ROWS) if is_perturbed(row, 0.5, 0)}
    assert places[0] + 1 < places[1] < places[2] - 1
    assert rows == pytest.approx([rows[2] / 3, rows[2] * 2 / 3, rows[2]], rel=0.1)
    even = augment(ROWS, Augmentation(perturbations=(Casing(rate=steps[1].perturbations[0].rate),), share=0.5), "en")
    assert augment(ROWS, steps[1], "en", late_is_more).examples == even.examples


def test_a_preference_without_relevance_is_no_even_draw():
    with pytest.raises(AssertionError, match="even draw"):
        augment(ROWS, Augmentation(perturbations=(Casing(rate=0.4),), share=0.5, preference=1.0), "en")


@given(st.floats(0.01, 1), st.integers(0, 5))
def test_the_rows_that_are_asked_about_are_those_that_are_perturbed(share: float, seed: int):
    augmentation = Augmentation(perturbations=(Repeat(rate=0.5), Delete(rate=0.5)), share=share, seed=seed)
    for row in ROWS[:60]:
        assert is_perturbed(row, share, seed) == (augmentation.chosen(row) is not None)
