"""Masked copies: what is masked with a token, which copies are one, and where the scores go."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from toy_tokenizers import SPECIALS, of_characters
from xstilts.core.errors import DataError, EncoderError
from xstilts.data.examples import PairExample, RegionsExample, TextExample
from xstilts.data.syntax.region_formulas import read_formula
from xstilts.kinds.minimal_pairs import PAIR, MinimalPairs, RegionPredictions, chance
from xstilts.kinds.pseudo_likelihood import ROW_TOKENS, Sentence, masked_together
from xstilts.kinds.pseudo_perplexity import TextPerplexity
from xstilts.kinds.tokenizers import load_tokenizer

WORDS = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """A piece for each letter, a word for each run of letters; 4 is the mask."""
    folder = tmp_path_factory.mktemp("letters")
    of_characters(folder, 31)
    tokenizer = load_tokenizer(folder)
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def pair(good: str, bad: str) -> PairExample:
    return PairExample(id="1", group="1", good=good, bad=bad)


def copies(columns: dict, row: int = 0) -> list[list[int]]:
    ends = np.cumsum(columns["lengths"][row])[:-1]
    return [part.tolist() for part in np.split(np.array(columns["ids"][row]), ends)]


@given(WORDS)
def test_within_a_word_the_later_tokens_are_masked(sizes: list[int]):
    words = [word for word, size in enumerate(sizes) for _ in range(size)]
    masked = masked_together(words, "within-word")
    assert [span[0] for span in masked] == list(range(len(words)))
    for token, span in enumerate(masked):
        assert {words[place] for place in span} == {words[token]}
        assert span.stop == len(words) or words[span.stop] != words[token]
    assert all(len(span) == 1 for span in masked_together(words, "original"))


def test_tokens_without_a_word_stand_alone():
    assert masked_together([None, None, 0], "within-word") == [range(1), range(1, 2), range(2, 3)]


def test_every_token_is_masked_once_and_scored_there(tokenizer: Tokenizer):
    columns = MinimalPairs(masking="original").encode([pair("ab", "ac")], tokenizer, 16).columns
    a, b, c = (tokenizer.token_to_id(letter) for letter in "abc")
    assert copies(columns) == [[0, 4, b, 2], [0, a, 4, 2], [0, 4, c, 2]]
    # Where b or c is masked both sentences are the same: one copy, asked about both.
    assert list(zip(columns["target"][0], columns["true"][0], columns["part"][0], strict=True)) == [
        (0, a, 0), (1, b, 0), (1, c, 1), (2, a, 1),
    ]  # fmt: skip
    assert columns["places"][0] == [1, 6, 9]


def test_both_ways_share_the_copies_that_are_the_same(tokenizer: Tokenizer):
    columns = MinimalPairs().encode([pair("ab", "c")], tokenizer, 16).columns
    assert copies(columns)[:2] == [[0, 4, 4, 2], [0, tokenizer.token_to_id("a"), 4, 2]]
    kind, ways = MinimalPairs(), columns["ways"][0]
    assert kind.ways == ("within-word", "original") and sorted(ways) == [1, 2, 3, 3]
    assert len(copies(columns)) == 4


@given(st.lists(st.floats(-20, 0), min_size=8, max_size=8))
def test_scores_are_summed_by_sentence_and_way(tokenizer_scores: list[float]):
    kind = MinimalPairs()
    rows = {"example": [0], "part": [[0, 0, 0, 1]], "ways": [[1, 3, 2, 3]]}
    first, both, second, other = tokenizer_scores[:4]
    [guess] = kind.postprocess([pair("x", "y")], rows, [np.array([first, both, second, other])])
    assert guess["scores"]["within-word"] == {"good": first + both, "bad": other}
    assert guess["scores"]["original"] == {"good": both + second, "bad": other}
    assert guess["holds"]["original"] == [float(both + second > other)]


def test_a_tie_is_wrong_and_so_is_a_pair_with_a_sentence_without_tokens():
    kind = MinimalPairs(masking="original")
    rows = {"example": [0], "part": [[0, 1]], "ways": [[1, 1]]}
    assert kind.postprocess([pair("x", "y")], rows, [np.array([-1.0, -1.0])])[0]["holds"] == {"original": [0.0]}
    empty = {"example": [0], "part": [[1]], "ways": [[1]]}
    assert kind.postprocess([pair("x", "y")], empty, [np.array([-1.0])])[0]["holds"] == {"original": [0.0]}


def test_special_tokens_in_a_text_are_not_scored(tokenizer: Tokenizer):
    columns = MinimalPairs(masking="original").encode([pair("a<pad>b", "c")], tokenizer, 16).columns
    assert len(columns["true"][0]) == 3 and 1 not in columns["true"][0]


def test_long_examples_are_several_rows_and_cut_ones_are_counted(tokenizer: Tokenizer):
    encoded = MinimalPairs(masking="original").encode([pair("ab " * 60, "b " * 90)], tokenizer, 100)
    assert encoded.truncated == 1 and encoded.split == 1 and len(encoded) > 1
    assert all(len(ids) <= ROW_TOKENS for ids in encoded.columns["ids"])
    assert sum(len(true) for true in encoded.columns["true"]) == 98 + 90
    assert set(encoded.columns["example"]) == {0}


def test_a_tokenizer_without_a_mask_is_refused(tokenizer: Tokenizer, tmp_path: Path):
    value = json.loads(tokenizer.to_str())
    value["added_tokens"] = [token for token in value["added_tokens"] if token["content"] != "<mask>"]
    value["model"]["vocab"].pop("<mask>")
    with pytest.raises(EncoderError, match="no mask token"):
        MinimalPairs().encode([pair("a", "b")], Tokenizer.from_str(json.dumps(value)), 16)


@pytest.mark.parametrize(("good", "bad", "said"), [(" ", "b", "the good sentence is blank"), ("a", "a", "the same")])
def test_pairs_that_say_nothing_are_refused(good: str, bad: str, said: str):
    with pytest.raises(DataError, match=said):
        MinimalPairs().check(pair(good, bad))


def item(*predictions: str) -> RegionsExample:
    conditions = (("a", ("ab", "", "c")), ("b", ("ab", "d", "c")))
    return RegionsExample(id="1", group="1", conditions=conditions, predictions=predictions)


def test_regions_are_summed_apart_in_bits(tokenizer: Tokenizer):
    kind = RegionPredictions(masking="original")
    example = item("(1;%a%) > (3;%a%)", "(2;%a%) = 0", "(*;%b%) < 1")
    columns = kind.encode([example], tokenizer, 32).columns
    scores = np.full(len(columns["true"][0]), -math.log(2))  # one bit a token
    [guess] = kind.postprocess([example], columns, [scores])
    bits = guess["scores"]["original"]
    assert bits == {"a;1": 2.0, "a;2": 0.0, "a;3": 1.0, "b;1": 2.0, "b;2": 1.0, "b;3": 1.0}
    assert guess["holds"]["original"] == [1.0, 1.0, 0.0]


def test_a_piece_that_holds_the_blank_before_it_belongs_to_what_follows():
    sentence = Sentence("ab cd", (2, 5))
    assert [sentence.part(character) for character in range(5)] == [0, 0, 1, 1, 1]


def test_chance_is_what_random_surprisals_give():
    assert chance(PAIR) == 0.5
    assert chance("(1;%a%) > (1;%b%)") == pytest.approx(0.5, abs=0.04)
    assert chance("[(1;%a%) > (1;%b%)] & [(2;%a%) > (2;%b%)]") == pytest.approx(0.25, abs=0.04)


def test_perplexity_of_an_even_guess_is_the_vocabulary(tokenizer: Tokenizer):
    kind, example = TextPerplexity(), TextExample(id="1", group="1", text="ab c")
    columns = kind.encode([example], tokenizer, 16).columns
    size = tokenizer.get_vocab_size()
    [guess] = kind.postprocess([example], columns, [np.full(3, -math.log(size))])
    [metric] = kind.metrics
    values = metric.values(np.array(metric.tally("ab c", guess, "en")))
    assert values["pseudo_perplexity"] == pytest.approx(size) and values["certainty"] == pytest.approx(0.0)


numbers = st.floats(0, 50).map(lambda value: round(value, 2))


@given(numbers, numbers, numbers)
def test_formulas_are_what_they_say(x: float, y: float, z: float):
    surprisals = {("x", 1): x, ("y-1", 2): y, ("z_", 3): z}
    X, Y, Z = "(1;%x%)", "(2;%y-1%)", "( 3 ; %z_% )"

    def holds(text: str) -> bool:
        return read_formula(text).holds(surprisals)

    assert holds(f"{X} > {Y}") is (x > y)
    assert holds(f"[{X} - {Y}] - {Z} < 0.5") is (x - y - z < 0.5) == holds(f"{X} - {Y} - {Z} < 0.5")
    assert holds(f"[{X} < {Y}] & [{Y} < {Z}] & [{X} < {Z}]") is (x < y < z)
    assert holds(f"({X} > {Y}) | [{X} = {Y}]") is (x > y or math.isclose(x, y, rel_tol=1e-5, abs_tol=1e-3))


@pytest.mark.parametrize(
    "text", ["", "(1;%a%)", "(1;%a%) >", "[(1;%a%) > 2", "(1;%a%) > 2]", "(1;a) > 2", "(1;%a%) ? 2", "1 2 > 1"]
)
def test_what_is_no_formula_is_refused(text: str):
    with pytest.raises(DataError, match="cannot be read"):
        read_formula(text)
