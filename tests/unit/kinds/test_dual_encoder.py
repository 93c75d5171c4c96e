"""Queries and passages as rows, and the ranking of a pool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer

from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import PassageExample
from xstilts.heads.registry import head_key
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.metrics.ranking import MeanAveragePrecision


def asked(id: str, *relevant: str) -> PassageExample:
    return PassageExample(id=id, group=id, where="p.jsonl:3", query=f"where is {id}?", relevant=relevant)


def passage(id: str, context: str | None = None) -> PassageExample:
    return PassageExample(id=id, group=id, where="p.jsonl:4", passage=f"{id} was born in Ulm", context=context)


def pair(id: str, name: str, text: str = "born in Ulm") -> PassageExample:
    return PassageExample(id=id, group=id, query=f"who {id}?", passage=text, context="The painter", relevant=(name,))


def test_a_row_holds_what_its_example_has(tokenizer: Tokenizer) -> None:
    examples = [pair("a", "x"), asked("b", "x"), passage("c"), pair("d", "x"), pair("e", "y", "in Ulm")]
    columns = DualEncoder().encode(examples, tokenizer, 64).columns
    assert columns["example"] == [0, 1, 2, 3, 4]
    assert [len(lengths) for lengths in columns["lengths"]] == [2, 1, 1, 2, 2]
    assert [sum(lengths) for lengths in columns["lengths"]] == [len(ids) for ids in columns["ids"]]
    assert [len(segments) for segments in columns["segments"]] == [len(ids) for ids in columns["ids"]]
    golds = columns["gold"]
    assert golds[1] == golds[2] == [] and golds[0] == golds[3] != golds[4], "equal passages have equal numbers"
    alone = DualEncoder().encode([asked("a")], tokenizer, 64).columns["ids"][0]
    assert alone == tokenizer.encode("where is a?").ids


def test_the_passage_stands_before_its_context(bert: Tokenizer) -> None:
    columns = DualEncoder().encode([passage("c", "The painter")], bert, 64).columns
    whole = bert.encode("c was born in Ulm", "The painter")
    assert columns["ids"] == [whole.ids] and columns["segments"] == [whole.type_ids]


def test_each_side_has_its_own_length(xlmr: Tokenizer) -> None:
    kind = DualEncoder(max_query=5, max_passage=9)
    examples = [pair("a", "x", "The German painter was born in Ulm"), asked("b", "x")]
    encoded = kind.encode(examples, xlmr, 64)
    assert encoded.columns["lengths"] == [[5, 9], [5]] and encoded.truncated == 2
    assert kind.encode(examples, xlmr, 7).columns["lengths"] == [[5, 7], [5]]


def test_queries_rank_all_passages_and_a_shared_one_once() -> None:
    """Of two pairs with one passage the passage is searched once; others may stand alone."""
    examples = [pair("a", "x"), passage("z"), pair("b", "x"), asked("c", "z")]
    far, near = np.array([[1, 0], [0, 1]], np.float32), np.array([[0.8, 0.6], [0, 1]], np.float32)
    outputs = [far, np.array([[1, 0]], np.float32), near, np.array([[0, 1]], np.float32)]
    kind, rows = DualEncoder(), {"example": [0, 1, 2, 3]}
    guesses = kind.postprocess(examples, rows, outputs)
    assert guesses == [["z", "x"], None, ["z", "x"], ["x", "z"]]
    counts = kind.count(MeanAveragePrecision(), examples, guesses, "de")
    assert counts.tolist() == [[0.5, 1], [0, 0], [0.5, 1], [0.5, 1]]
    assert kind.gold(examples[0]) == ["x"] and kind.gold(examples[1]) is None
    assert DualEncoder(k=1).postprocess(examples, rows, outputs)[3] == ["x"]
    assert kind.postprocess([passage("z")], {"example": [0]}, [near[:1]]) == [None]
    with pytest.raises(DataError, match=r"p\.jsonl:3: nothing to retrieve: there are no passages"):
        kind.postprocess([asked("c", "z")], {"example": [0]}, [near[:1]])


def test_only_queries_are_scored() -> None:
    assert [example.scored for example in (asked("a", "x"), passage("x"), pair("b", "x"))] == [True, False, True]


def test_the_floor_is_the_ranking_that_most_queries_like() -> None:
    golds = [["a", "b"], ["b"], None, ["c", "b"]]
    assert DualEncoder(k=2).chance_guesses(golds) == [["b", "a"], ["b", "a"], None, ["b", "a"]]


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (asked(" ", "x"), None),
        (replace(asked("a"), query=" "), "the query is empty"),
        (replace(passage("x"), passage=""), "the passage is empty"),
        (replace(asked("a"), query=None), "neither a query nor a passage"),
        (replace(passage("x"), relevant=("y",)), "the passage 'x' names relevant ones"),
        (replace(pair("a", "x"), relevant=None), "the passage of the query 'a' has no name"),
    ],
)
def test_examples_are_checked(example: PassageExample, said: str | None) -> None:
    if said is None:
        DualEncoder().check(example)
    else:
        with pytest.raises(DataError, match=said):
            DualEncoder().check(example)


def test_settings() -> None:
    with pytest.raises(StudyError, match=r"no pooling 'clss'\. Did you mean 'cls'\?"):
        DualEncoder(pooling="clss")  # type: ignore[arg-type]
    assert DualEncoder(pooling="mean", scale=20.0, max_query=64, k=5).as_encoded == DualEncoder(max_query=64)
    assert head_key(DualEncoder(max_query=64, k=5)) == head_key(DualEncoder())
    assert len({head_key(kind) for kind in (DualEncoder(), DualEncoder(scale=20.0), DualEncoder(pooling="cls"))}) == 3
