"""Predicates and arguments as tags and back, in both forms, and what cannot be said in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Predicate, RolesExample
from xstilts.kinds.roles import SemanticRoles
from xstilts.metrics.roles import HeadRoles, PredicateF1, SpanRoles
from xstilts.metrics.tallies import headline

SPANS = SemanticRoles(labels=("ARG0", "ARG1", "C-ARG1"))
HEADS = replace(SPANS, form="heads")


def sentence(*predicates: Predicate, size: int = 5, none: bool = False) -> RolesExample:
    found = None if none else predicates
    return RolesExample(id="1", group="1", where="up.conllup:9", words=tuple("abcdefgh"[:size]), predicates=found)


def outputs(kind: SemanticRoles, encoded, row: int):
    """The gold column as what a perfect head would say."""
    gold, size = np.array(encoded.columns["gold"][row]), len(encoded.columns["first"][row])
    return np.flatnonzero(gold[:size]), gold[size:].reshape(-1, size)


def test_flags_of_predicates_then_tags_for_each(xlmr: Tokenizer) -> None:
    ate = Predicate(index=1, sense="eat.01", spans=((0, 1, "ARG0"), (2, 4, "ARG1"), (4, 5, "C-ARG1")))
    slept = Predicate(index=4, spans=())
    encoded = SPANS.encode([sentence(ate, slept), sentence(), sentence(none=True)], xlmr, 32)
    assert encoded.columns["gold"] == [[0, 1, 0, 0, 1, *(1, 0, 3, 4, 5), *(0, 0, 0, 0, 0)], [0] * 5, []]
    assert encoded.notes == {"windows": 0, "overlapping": 0}
    assert "predicates" not in encoded.columns


def test_heads_are_tags_of_single_words(xlmr: Tokenizer) -> None:
    one = Predicate(index=1, heads=((0, "ARG0"), (3, "ARG1")))
    encoded = HEADS.encode([sentence(one)], xlmr, 32)
    assert encoded.columns["gold"] == [[0, 1, 0, 0, 0, *(1, 0, 0, 2, 0)]]
    (guess,) = HEADS.postprocess([sentence()], encoded.columns, [outputs(HEADS, encoded, 0)])
    assert guess == HEADS.gold(sentence(one)) == [{"predicate": 1, "sense": None, "heads": [[0, "ARG0"], [3, "ARG1"]]}]


@st.composite
def sentences(draw: st.DrawFn) -> RolesExample:
    size = draw(st.integers(1, 8))
    predicates = []
    for index in sorted(draw(st.sets(st.integers(0, size - 1), max_size=3))):
        cuts = sorted(draw(st.sets(st.integers(0, size), max_size=6)))
        labels = draw(st.lists(st.sampled_from(SPANS.labels), min_size=len(cuts) // 2, max_size=len(cuts) // 2))
        spans = zip(cuts[::2], cuts[1::2], labels, strict=False)
        predicates.append(Predicate(index=index, spans=tuple(spans)))
    return sentence(*predicates, size=size)


@settings(deadline=None, max_examples=60)
@given(example=sentences())
def test_what_is_encoded_comes_back(xlmr: Tokenizer, example: RolesExample) -> None:
    SPANS.check(example)
    encoded = SPANS.encode([example], xlmr, 32)
    assert SPANS.postprocess([example], encoded.columns, [outputs(SPANS, encoded, 0)]) == [SPANS.gold(example)]


def test_of_two_that_overlap_the_longer_has_tags(xlmr: Tokenizer) -> None:
    one = Predicate(index=4, spans=((0, 2, "ARG0"), (1, 4, "ARG1"), (2, 3, "ARG0")))
    SPANS.check(sentence(one))
    encoded = SPANS.encode([sentence(one)], xlmr, 32)
    assert encoded.columns["gold"][0][5:] == [0, 3, 4, 4, 0]
    assert encoded.notes["overlapping"] == 2
    gold = SPANS.gold(sentence(one))
    assert gold is not None and len(gold[0]["spans"]) == 3, "what has no tags still counts in the score"


def test_labels_outside_an_open_set_are_left_out_of_the_loss(xlmr: Tokenizer) -> None:
    one = Predicate(index=0, spans=((1, 3, "ARG9"), (3, 5, "ARG0")))
    with pytest.raises(DataError, match=r"up\.conllup:9: 'ARG9' is not one of this task's roles"):
        SPANS.check(sentence(one))
    opened = replace(SPANS, open_labels=True)
    opened.check(sentence(one))
    assert opened.encode([sentence(one)], xlmr, 32).columns["gold"][0][5:] == [0, -1, -1, 1, 2]


@pytest.mark.parametrize(
    ("example", "what"),
    [
        (sentence(size=0), "a sentence without words"),
        (sentence(Predicate(index=5, spans=())), "the predicate 5 is no word"),
        (sentence(Predicate(index=3, spans=()), Predicate(index=3, spans=())), "the predicate 3 is no word after 3"),
        (sentence(Predicate(index=0, spans=((2, 6, "ARG0"),))), "words 2 to 5 is none of 5"),
        (sentence(Predicate(index=0, spans=((2, 2, "ARG0"),))), "words 2 to 1"),
        (sentence(Predicate(index=0, heads=((1, "ARG0"),))), "of the predicate 0 are not spans"),
    ],
)
def test_bad_sentences_are_named(example: RolesExample, what: str) -> None:
    with pytest.raises(DataError, match=rf"up\.conllup:9: .*{what}"):
        SPANS.check(example)


def test_predicates_may_be_given(xlmr: Tokenizer) -> None:
    told = replace(SPANS, given=True)
    example = sentence(Predicate(index=1, spans=()), Predicate(index=4, spans=()))
    assert told.encode([example, sentence()], xlmr, 32).columns["predicates"] == [[1, 4], []]
    with pytest.raises(DataError, match="predicates are to be given"):
        told.check(sentence(none=True))
    SPANS.check(sentence(none=True))
    assert replace(told, units=3).as_encoded == told.as_encoded != SPANS.as_encoded


def test_settings_that_mean_nothing() -> None:
    with pytest.raises(StudyError, match=r"cannot be 'span'.*Did you mean 'spans'"):
        SemanticRoles(labels=("A",), form="span")  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="at least one unit"):
        SemanticRoles(labels=("A",), units=0)


def test_a_language_without_predicates_has_a_score() -> None:
    golds = [SPANS.gold(sentence()), SPANS.gold(sentence(size=2))]
    assert golds == [[], []] and SPANS.chance_guesses(golds) == [[], []]
    examples = [sentence(), sentence(size=2)]
    for kind, metrics in ((SPANS, (SpanRoles(), PredicateF1())), (HEADS, (HeadRoles(), PredicateF1()))):
        assert kind.metrics == metrics
        for metric in metrics:
            counts = kind.count(metric, examples, [[], [{"predicate": 0, "sense": None, kind.form: []}]], "vi")
            assert counts.shape == (2, len(metric.counts)) and headline(metric, counts.sum(axis=0)) == 0.0


def test_predicates_are_scored_whatever_their_arguments() -> None:
    gold = [{"predicate": 1, "sense": "a.01", "spans": []}, {"predicate": 4, "sense": "b.01", "spans": []}]
    guess = [{"predicate": 1, "sense": None, "spans": [[0, 1, "ARG0"]]}, *({"predicate": k} for k in (2, 3))]
    counts = np.array(PredicateF1().tally(gold, guess, "en"))
    values = PredicateF1().values(counts)
    assert (values["predicate_precision"], values["predicate_recall"]) == (pytest.approx(100 / 3), 50.0)
    assert headline(PredicateF1(), counts) == pytest.approx(40.0)
