"""Baselines that never see a question: they find a leak that is there, and stay at chance where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, TagExample, TextExample
from xstilts.evaluate.guessing_check import check_guessing
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.tagging import Tagging


def choices(count: int, seed: int, leak: str) -> list[ChoiceExample]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        answer = int(rng.integers(4))
        numbers = [str(n) for n in rng.choice(np.arange(100, 999), 4, replace=False)]
        prompt = "how many are there"
        if leak == "round":
            numbers[answer] = numbers[answer][:-1] + "0"
            numbers = [n if i == answer or n[-1] != "0" else n[:-1] + "7" for i, n in enumerate(numbers)]
        if leak == "overlap":
            prompt += f" of {numbers[answer]}"
        made.append(
            ChoiceExample(id=str(i), group=str(i), prompts=(prompt,) * 4, options=tuple(numbers), answer=answer)
        )
    return made


@pytest.mark.parametrize(("leak", "caught"), [("", []), ("round", [0]), ("overlap", [1])])
def test_a_leak_is_found_by_the_baseline_that_sees_it(leak: str, caught: list[int]):
    found = check_guessing("toy", Choice(), choices(300, 0, leak), choices(200, 1, leak))
    assert [i for i, one in enumerate(found.baselines) if one.is_above_chance] == caught
    assert found.passes is (not caught) and (found.trained, found.scored) == (300, 200)
    assert all(one.low <= one.accuracy <= one.high for one in found.baselines)
    assert all(25 <= one.floor < 35 for one in found.baselines)


def test_a_word_of_the_second_text_is_found():
    def pairs(count: int) -> list[TextExample]:
        return [
            TextExample(id=str(i), group=str(i), text="a", pair="never so" if i % 2 else "so", label="ny"[i % 2])
            for i in range(count)
        ]

    found = check_guessing("toy", Classification(labels=("n", "y")), pairs(60), pairs(40))
    assert found.baselines[0].accuracy == 100 and not found.passes


def test_tags_have_nothing_to_guess():
    one = TagExample(id="0", group="0", words=("a",), tags=("O",))
    with pytest.raises(DataError, match="'tagging' has nothing to guess"):
        check_guessing("toy", Tagging(labels=("O", "B-x")), [one], [one])


def test_without_labels_there_is_no_check():
    one = ChoiceExample(id="0", group="0", prompts=("a", "a"), options=("b", "c"))
    with pytest.raises(DataError, match="needs labelled examples"):
        check_guessing("toy", Choice(), [one], [one])
