"""Words that are hit by their relevance: how many, which ones, and what stays as it was."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toy_noise import NAMES, Make
from xstilts.data.examples import ChoiceExample, SpanExample, TagExample, TextExample
from xstilts.perturb.catalog import NOISE, SWITCHING
from xstilts.perturb.examples import perturb_examples, perturbed_texts
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import word_spans
from xstilts.perturb.word_choice import TextRelevance, WordPreference, standardised

WORD_NOISE = [name for name in NAMES if {**NOISE, **SWITCHING}[name].unit == "word"]
WEIGHTS = st.lists(st.floats(-50, 50), max_size=40)
# All words that the toy lexicons know, so that each noise could hit every one.
TEXT = {
    "en": "the house new dog the house new dog",
    "de": "Hund der neu Haus Hund der neu Haus",
    "ru": "мир дом лес " * 3,
}


def longer_is_more(text: str) -> TextRelevance:
    """A word is as relevant as it stands late in its text."""
    starts, ends = np.array(word_spans(text)).reshape(-1, 2).T
    places = np.arange(1.0, len(starts) + 1)
    return TextRelevance(starts, ends, places / places.sum())


def hit(make: Make, name: str, strength: float, seed: int, rate: float = 0.5) -> list[int]:
    """Where a noise hits a text of eight words or more, in characters from its beginning."""
    language = "ru" if name == "romanise" else "en" if name == "misspellings" else "de"
    preference = WordPreference(longer_is_more, strength)
    rewriting = make(name, rate=rate).rewrite_text(TEXT[language], language, RandomStream(name, seed), preference)
    return [edit.start for edit in rewriting.edits]


@given(WEIGHTS, st.floats(0, 1), st.integers(0, 9))
def test_weights_leave_the_number_of_places_what_the_rate_says(weights: list[float], rate: float, seed: int):
    places = RandomStream(seed).places(len(weights), rate, log_weights=weights)
    assert abs(len(places) - rate * len(weights)) < 1
    assert places == sorted(set(places)) and all(0 <= place < len(weights) for place in places)
    assert places == RandomStream(seed).places(len(weights), rate, log_weights=weights)


@given(WEIGHTS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 9))
def test_what_a_lower_rate_hits_a_higher_one_hits_too(weights: list[float], rate: float, part: float, seed: int):
    fewer = RandomStream(seed).places(len(weights), rate * part, log_weights=weights)
    assert set(fewer) <= set(RandomStream(seed).places(len(weights), rate, log_weights=weights))


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=20), st.sets(st.integers(0, 19)), st.integers(0, 9))
def test_refused_places_are_made_up_for_by_others(weights: list[float], refused: set[int], seed: int):
    found = RandomStream(seed).places(len(weights), 0.5, lambda place: place not in refused, weights)
    free = len(weights) - len(refused & set(range(len(weights))))
    assert not set(found) & refused and abs(len(found) - min(0.5 * len(weights), free)) < 1


def test_the_first_draw_is_in_proportion_to_the_weights():
    weights = [1.0, 2.0, 5.0, 8.0]
    counts = Counter(RandomStream(i).places(4, 0.25, log_weights=list(map(math.log, weights)))[0] for i in range(8000))
    for place, weight in enumerate(weights):
        assert counts[place] == pytest.approx(8000 * weight / 16, abs=4 * (8000 * weight / 16) ** 0.5)


def test_equal_weights_are_the_even_draw():
    """At a temperature without end each place is as likely as without weights."""
    for log_weights in (None, [1e-9 * place for place in range(10)]):
        counts = Counter(p for seed in range(4000) for p in RandomStream(seed).places(10, 0.3, log_weights=log_weights))
        assert set(counts) == set(range(10))
        assert all(1080 < count < 1320 for count in counts.values())  # 4 deviations of 1200


def test_relevance_adds_up_over_words_and_their_parts():
    text = "the cats sat"
    tokens = TextRelevance(np.array([0, 4, 6, 9]), np.array([3, 6, 8, 12]), np.array([0.1, 0.3, 0.2, 0.4]))
    assert tokens.of(word_spans(text)).tolist() == pytest.approx([0.1, 0.5, 0.4])
    assert tokens.of([(0, len(text)), (5, 7), (3, 4)]).tolist() == pytest.approx([1.0, 0.25, 0.0])
    none = TextRelevance(*np.zeros((3, 0), dtype=np.int64))
    assert none.of([(0, 2)]).tolist() == [0.0] and none.of([]).tolist() == []


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.data())
def test_the_relevance_of_any_cut_of_a_text_sums_to_that_of_all(sizes: list[int], data: st.DataObject):
    ends = np.cumsum(sizes)
    shares = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=len(sizes), max_size=len(sizes))))
    tokens, end = TextRelevance(ends - sizes, ends, shares), int(ends[-1])
    cuts = sorted({0, end, *data.draw(st.lists(st.integers(0, end), max_size=5))})
    assert sum(tokens.of(list(pairwise(cuts)))) == pytest.approx(shares.sum(), abs=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20))
def test_standardised_values_have_mean_0_and_deviation_1(values: list[float]):
    found = standardised(np.array(values))
    assert found.mean() == pytest.approx(0, abs=1e-6)
    assert found.std() == pytest.approx(1) or not found.any()


@pytest.mark.parametrize("name", WORD_NOISE)
def test_all_noise_that_hits_words_prefers_those_it_is_told_to(make: Make, name: str):
    late, early, even = (
        sum(map(sum, (hit(make, name, strength, seed) for seed in range(40)))) for strength in (3.0, -3.0, 0.0)
    )
    assert early < even < late


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WORD_NOISE)))
def test_noise_that_hits_characters_takes_no_heed(make: Make, name: str):
    def rewritten(preference: WordPreference | None) -> str:
        return make(name).rewrite_text("Müller 1 O, größer; der Hund", "de", RandomStream(0), preference).text

    assert rewritten(WordPreference(longer_is_more, 9.0)) == rewritten(None)


@pytest.mark.parametrize("strength", [-2.0, 0.5, 4.0])
def test_the_realised_rate_over_ten_thousand_words_is_the_asked_one(make: Make, strength: float):
    rows = [TextExample(id=str(i), group="g", text=TEXT["de"]) for i in range(1300)]
    for name in ("dictionary", "casing", "drop-words"):
        for rate in (0.1, 0.5):
            found = perturb_examples(
                rows, make(name, rate=rate), "de", preference=WordPreference(longer_is_more, strength)
            )
            assert found.units > 10_000 and found.realised_rate == pytest.approx(rate, rel=0.05)


def test_a_gentle_preference_hits_nearly_what_an_even_one_does(make: Make):
    """The same numbers are drawn whatever the weights are, so that steps of another preference share most of it."""
    even = [set(hit(make, "casing", 0.0, seed)) for seed in range(50)]
    for strength, least in ((1e-6, 1.0), (0.3, 0.8), (-0.3, 0.8)):
        other = [set(hit(make, "casing", strength, seed)) for seed in range(50)]
        assert sum(len(a & b) for a, b in zip(even, other, strict=True)) >= least * sum(map(len, even))


def test_given_words_are_chosen_alike(make: Make):
    rows = [TagExample(id=str(i), group="g", words=tuple(TEXT["de"].split()), tags=("X",) * 8) for i in range(60)]
    found = perturb_examples(rows, make("casing", rate=0.25), "de", preference=WordPreference(longer_is_more, 5.0))
    places = Counter(i for row in found.examples for i, word in enumerate(row.words) if word.isupper())
    assert sum(places.values()) == 120 and places[6] + places[7] > 90 and not places[0]


def test_the_texts_that_are_asked_about_are_those_that_are_rewritten(make: Make):
    asked: list[str] = []

    def relevance(text: str) -> TextRelevance:
        asked.append(text)
        return longer_is_more(text)

    at = {"id": "7", "group": "g"}
    rows = (
        TextExample(**at, text="der Hund", pair="das Haus"),
        ChoiceExample(**at, prompts=("Wer?",) * 2, options=("Der Hund", "Das Haus")),
        SpanExample(**at, question="Wer bellt", context="der Hund", answers=(("Katze", 1),)),
        TagExample(**at, words=("Hund", "bellt")),
    )
    for row in rows:
        asked.clear()
        perturb_examples([row], make("casing", rate=0.5), "de", preference=WordPreference(relevance, 1.0))
        assert asked == perturbed_texts(row) and len(asked) >= 1
