"""Forms as tokens, rows of questions, guesses from what a head says, and what is counted or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from toy_parses import LABELS, parses
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import ParseExample
from xstilts.data.source import WHERE
from xstilts.heads.registry import head_key
from xstilts.kinds.parse_generation import ParseGeneration, labels_of
from xstilts.metrics.form_tokens import LANGUAGES
from xstilts.metrics.tallies import headline

KIND = ParseGeneration(LABELS, "tree")
ANN = ParseExample(
    id="1", group="1", where="a.jsonl:3", words=("tell", "ann", "about", "ann"),
    form="[IN:TELL [SL:WHO ann ] [SL:WHAT ann ] ]",
)  # fmt: skip
FORMS = {
    "tree": "[IN:GET_EVENT [SL:CATEGORY_EVENT music festivals ] [SL:DATE_TIME in 2018 ] ]",
    "funql": "answer(largest(city(loc_2(stateid('new york')))))",
    "prolog": "answer(A,largest(A,(city(A),loc(A,B),const(B,stateid('new york')))))",
    "lambda": "(argmax:<<e,t>,<<e,i>,e>> (lambda $0:e (loc:<lo,<lo,t>> $0 new_york:s)) (size:<lo,i> $0))",
    "lambda-dcs": "( call SW.filter ( string !type ) ( number 2 ) )",
    "sql": 'SELECT T1.NAME FROM CITY AS T1 WHERE POPULATION >= 1.5 AND STATE_NAME = "new york"',
    "thingtalk": 'now => ( @org.schema.Hotel.Hotel ) filter param:geo:Location == location: " calle duarte " => notify',
    "sparql": "ASK WHERE { ?x0 wdt:P749 M0 . FILTER ( ?x0 != M1 ) }",
    "python": "for k, v in d.items():\n    print(k, 'a b')",
}


@pytest.mark.parametrize("language", FORMS)
def test_a_form_comes_back_from_its_tokens_up_to_blanks(language: str):
    tokens = LANGUAGES[language].tokens(FORMS[language], "f:1")
    assert LANGUAGES[language].fault([token.text for token in tokens]) == ""
    again = LANGUAGES[language].written([token.text for token in tokens])
    assert again.replace(" ", "") == FORMS[language].replace(" ", "") and "\n    print" in again + "\n    print"


def test_what_is_written_can_be_run():
    for language in ("sql", "python", "lambda", "prolog"):
        form = FORMS[language]
        assert LANGUAGES[language].written([t.text for t in LANGUAGES[language].tokens(form, "")]).count(
            "new york"
        ) == (form.count("new york"))
    python = LANGUAGES["python"]
    compile(python.written([t.text for t in python.tokens(FORMS["python"], "")]), "form", "exec")


@pytest.mark.parametrize(
    ("language", "values"),
    [
        ("tree", ["music", "festivals", "in", "2018"]),
        ("funql", ["new", "york"]),
        ("prolog", ["new", "york"]),
        ("lambda", ["new", "york"]),
        ("lambda-dcs", ["2"]),
        ("sql", ["T1", "NAME", "CITY", "T1", "POPULATION", "1.5", "STATE_NAME", "new", "york"]),
        ("thingtalk", ["calle", "duarte"]),
        ("sparql", ["M0", "M1"]),
        ("python", ["k", "v", "d", "items", "print", "k", "a", "b"]),
    ],
)
def test_values_are_what_a_question_may_hold(language: str, values: list[str]):
    assert [text for text, is_value in LANGUAGES[language].tokens(FORMS[language], "") if is_value] == values


@given(st.text(alphabet="ab ()[]{}'\"\\.,:\n_", max_size=30), st.sampled_from(sorted(FORMS)))
def test_any_text_is_cut_or_refused(text: str, language: str):
    try:
        tokens = LANGUAGES[language].tokens(text, "f:1")
    except DataError as error:
        assert error.where == "f:1" and "never closed" in error.what
        return
    written = LANGUAGES[language].written([token.text for token in tokens])
    if language in ("funql", "prolog", "sql"):
        blanks = str.maketrans("", "", " \n")
        assert written.translate(blanks) == text.translate(blanks)


def test_gold_of_a_row_is_labels_and_first_places_of_words(xlmr: Tokenizer):
    encoded = KIND.encode([ANN, replace(ANN, form=None)], xlmr, 32)
    word = 1 + len(LABELS)
    assert encoded.columns["copies"] == [[0, 1, 2, 1]] * 2
    assert encoded.columns["gold"] == [[3, 5, word + 1, 1, 6, word + 1, 1, 1, 0], []]
    assert encoded.unusable == 0 and [len(first) for first in encoded.columns["first"]] == [4, 4]
    guesses = KIND.postprocess([ANN], {"example": [0]}, [np.array(encoded.columns["gold"][0][:-1])])
    assert guesses == [KIND.gold(ANN)] == [{"form": ANN.form}]
    for metric in KIND.metrics:
        assert headline(metric, KIND.count(metric, [ANN], guesses, "en").sum(axis=0)) == 100


def test_words_with_brackets_or_marks_are_not_copied():
    assert KIND.copied(["a]", "(b", "c", "c"]) == [-1, 1, 2, 2]
    funql = ParseGeneration(("f(", ")"), "funql")
    assert funql.copied(["a]", "(b", "it's", "c", "c"]) == [-1, -1, -1, 3, 3]


BAD = {
    "[IN:TELL [SL:WHO ann ]": "never closed",
    "[IN:TELL ann ]": "'ann' stands outside of a slot",
    "[IN:TELL [SL:WHO ann ] ] ]": "goes on after its last bracket",
    "[SL:WHO ann ]": "stands where an intent is expected",
    "": "it is empty",
}


@pytest.mark.parametrize(("form", "message"), BAD.items())
def test_brackets_that_do_not_fit_are_refused_or_counted(form: str, message: str, xlmr: Tokenizer):
    bad = replace(ANN, form=form)
    with pytest.raises(DataError, match=f"brackets of the form do not fit: .*{message}") as caught:
        KIND.check(bad)
    assert caught.value.where == "a.jsonl:3"
    loose = replace(KIND, open_labels=True)
    loose.check(bad)
    encoded = loose.encode([ANN, bad], xlmr, 32)
    assert encoded.columns["gold"][1] == [] and encoded.unusable == encoded.notes["malformed_forms"] == 1
    assert encoded.first == {"malformed_forms": "a.jsonl:3", "unusable": "a.jsonl:3"}


def test_a_form_longer_than_the_decoder_is_refused_or_counted(xlmr: Tokenizer):
    short = replace(KIND, longest=8)
    with pytest.raises(DataError, match="8 tokens, and the decoder writes 7 at most") as caught:
        short.check(ANN)
    assert caught.value.where == "a.jsonl:3" and "longest" in str(caught.value.hint)
    encoded = replace(short, open_labels=True).encode([ANN], xlmr, 32)
    assert encoded.notes["long_forms"] == 1 and encoded.columns["gold"] == [[]]
    assert replace(KIND, longest=9).encode([ANN], xlmr, 32).unusable == 0


def test_tokens_unknown_to_training_are_refused_or_counted(xlmr: Tokenizer):
    strange = replace(ANN, form="[IN:TEL [SL:WHO ann ] ]")
    with pytest.raises(DataError, match=r"'\[IN:TEL', which is not one of this task's labels") as caught:
        KIND.check(strange)
    assert caught.value.value == "[IN:TEL" and "[IN:TELL" in str(caught.value)
    encoded = replace(KIND, open_labels=True).encode([strange], xlmr, 32)
    assert encoded.notes["unknown_tokens"] == 1 and encoded.columns["gold"] == [[]]
    elsewhere = replace(ANN, form="[IN:TELL [SL:WHO zoe ] ]")
    KIND.check(elsewhere)  # translations often spell a name in another way: no error, and never right
    assert KIND.encode([elsewhere], xlmr, 32).notes["unknown_tokens"] == 1


def test_a_question_without_words_is_refused():
    with pytest.raises(DataError, match="a question without words"):
        KIND.check(replace(ANN, words=()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ("[IN:A", "[SL:B")}, "'\\]' is none of the labels"),
        ({"form_language": "cobol"}, "no forms in 'cobol'"),
        ({"width": 30, "heads": 4}, "no multiple of twice its heads"),
    ],
)
def test_decoders_that_cannot_be_built_are_refused(changes: dict[str, Any], message: str):
    with pytest.raises(StudyError, match=message):
        replace(KIND, **changes)


def test_labels_are_the_tokens_that_training_questions_do_not_hold():
    found = labels_of(parses(60), "tree")
    assert set(found) == set(LABELS) and found[0] == "]"
    usa = replace(ANN, words=("how", "big", "is", "america"), form="size(countryid('usa'))")
    assert set(labels_of([usa], "funql")) == {"size(", "countryid(", "'", "usa", ")"}
    assert "usa" not in labels_of([replace(usa, words=("the", "usa"))], "funql")
    assert labels_of([replace(usa, form="f('")], "funql") == ()


def test_heads_stand_for_each_other_where_their_weights_do():
    assert head_key(KIND) == head_key(replace(KIND, beams=4, longest=64, dropout=0.2))
    assert head_key(KIND) != head_key(replace(KIND, width=64)) != head_key(replace(KIND, layers=3))
    assert KIND.as_encoded == replace(KIND, beams=4, width=64).as_encoded


def test_chance_is_the_commonest_form():
    golds = [{"form": "x"}, {"form": "y"}, {"form": "x"}]
    assert KIND.chance_guesses(golds) == [{"form": "x"}] * 3 and KIND.chance_guesses([]) == []


def test_a_row_to_predict_on_is_a_text_between_blanks():
    made = KIND.from_user_row({"words": "call ann", WHERE: "f:1"}, "0")
    assert made.words == ("call", "ann") and made.form is None
