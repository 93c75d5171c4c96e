"""Perturbed examples: gold, ids and groups stay; answers are found again; what cannot be is counted."""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path

import pytest

import xstilts
from toy_noise import NAMES, Make
from xstilts.core.errors import DataError
from xstilts.data.examples import (
    ChoiceExample,
    DependencyExample,
    DependencyRolesExample,
    Example,
    PassageExample,
    Predicate,
    RolesExample,
    SentenceExample,
    SpanExample,
    TagExample,
    TextExample,
    WordsExample,
)
from xstilts.perturb.base import OriginalText, Perturbation
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.examples import CROSSED, VANISHED, cannot_take, perturb_examples

SAMPLES = Path(xstilts.__file__).parent / "samples"
AT = {"id": "7", "group": "g", "where": "f:3"}
TEXT = TextExample(**AT, text="Das Haus ist neu.", pair="Der Hund schläft.", label="no")
CHOICE = ChoiceExample(**AT, prompts=("Wer bellt?",) * 2, options=("Der Hund", "Das Haus"), answer=0)
SPAN = SpanExample(
    **AT, question="Wer bellt?", context="Im Haus bellt ein Hund.", answers=(("Hund", 18), ("ein Hund", 14))
)
TAGS = TagExample(**AT, words=("Hund", "bellt", "."), tags=("N", "V", "P"), lines=(3, 4, 5))
PREDICATES = (Predicate(index=1, sense="bellen.01", spans=((0, 1, "A0"),)),)
ROLES = RolesExample(**AT, words=("Hund", "bellt", "."), predicates=PREDICATES)
TREE = DependencyExample(
    **AT, words=("wird", "s", "zu", "dem"), heads=(0, 1, 1, 3), relations=("root", "a", "b", "c"),
    tokens=((1, 2, "wirds"), (3, 4, "zum")),
)  # fmt: skip
BOTH = DependencyRolesExample(
    **AT, words=("Hund", "bellt"), heads=(2, 0), relations=("a", "root"), predicates=PREDICATES
)
QUERY = SentenceExample(**AT, text="Der Hund bellt.", side="query", matches=("c1",))
CANDIDATE = dataclasses.replace(QUERY, side="candidate", matches=None)
PASSAGE = PassageExample(**AT, query="Wer bellt?", passage="Der Hund bellt.", context="Im Haus.", relevant=("p",))
EXAMPLES = (TEXT, CHOICE, SPAN, TAGS, ROLES, TREE, BOTH, QUERY, CANDIDATE, PASSAGE)
# Fields that are texts: all others stay.
TEXT_FIELDS = {"text", "pair", "prompts", "options", "question", "context", "words", "tokens", "query", "answers"}


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("name", NAMES)
def test_at_rate_0_examples_are_the_same(make: Make, name: str, example: Example):
    perturbation = make(name, rate=0)
    language = "ru" if name == "romanise" else "en" if name == "misspellings" else "de"
    if cannot_take(type(example), perturbation):
        return
    result = perturb_examples([example], perturbation, language)
    assert result.examples[0] is example
    assert (result.changed, result.dropped, result.realised_rate) == (0, {}, None)


@pytest.mark.parametrize("example", EXAMPLES)
def test_texts_change_and_nothing_else(make: Make, example: Example):
    [changed] = perturb_examples([example], make("insert", rate=0.5), "de").examples
    for field in dataclasses.fields(example):
        if field.name not in TEXT_FIELDS or (isinstance(example, PassageExample) and field.name == "context"):
            assert getattr(changed, field.name) == getattr(example, field.name), field.name
    assert (changed.texts != example.texts) == (example is not CANDIDATE)
    assert type(changed) is type(example)


def test_both_texts_of_a_pair_and_all_options_change(make: Make):
    repeat = make("repeat", rate=1)
    [pair] = perturb_examples([TEXT], repeat, "de").examples
    assert pair.texts == ("DDaass HHaauuss iisstt nneeuu.", "DDeerr HHuunndd sscchhllääfftt.")
    [choice] = perturb_examples([CHOICE], repeat, "de").examples
    assert choice.texts == ("WWeerr bbeelllltt?",) * 2 + ("DDeerr HHuunndd", "DDaass HHaauuss")


def test_a_prompt_before_every_option_is_counted_and_rewritten_once(make: Make):
    result = perturb_examples([CHOICE], make("swap", rate=0.5), "de")
    prompts = set(result.examples[0].prompts)
    assert len(prompts) == 1
    assert result.units == len("Werbellt") + len("DerHund") + len("DasHaus")


def test_of_passages_only_the_query_changes(make: Make):
    [changed] = perturb_examples([PASSAGE], make("repeat", rate=1), "de").examples
    assert changed.query == "WWeerr bbeelllltt?"
    [alone] = perturb_examples([dataclasses.replace(PASSAGE, query=None)], make("repeat", rate=1), "de").examples
    assert alone.texts == ("Der Hund bellt.",)


def test_tokens_of_several_words_follow_where_they_are_these_words(make: Make):
    [changed] = perturb_examples([TREE], make("repeat", rate=1), "de").examples
    assert changed.words == ("wwiirrdd", "ss", "zzuu", "ddeemm")
    assert changed.tokens == ((1, 2, "wwiirrddss"), (3, 4, "zum"))


@pytest.mark.parametrize("name", ["spacing", "drop-words", "duplicate-words", "shuffle-words"])
@pytest.mark.parametrize("example", [TAGS, ROLES, TREE, BOTH])
def test_sentences_refuse_what_does_not_keep_their_words(make: Make, name: str, example: WordsExample):
    reason = cannot_take(type(example), make(name))
    assert reason == f"'{name}' changes which words there are, and the gold of a sentence is one a word"
    with pytest.raises(DataError, match=f"f:3: '{name}' changes which words there are"):
        perturb_examples([example], make(name), "de")


def test_a_language_without_a_table_is_refused_before_anything(make: Make):
    with pytest.raises(DataError, match="no keyboard layout for sw"):
        perturb_examples(iter([TEXT]), make("keyboard"), "sw")


class Fixed(Perturbation):
    """Edits that are given."""

    name, identity_name = "fixed", "Fixed"

    def __init__(self, *edits: Edit) -> None:
        super().__init__(rate=1.0)
        object.__setattr__(self, "edits", edits)

    def rewrite(self, original: OriginalText, stream: object) -> Rewriting:
        edits = self.edits if original.text == SPAN.context else ()
        return Rewriting(original.text, edits, 5, len(edits))


def test_an_answer_is_found_at_its_new_place(make: Make):
    result = perturb_examples([SPAN], Fixed(Edit(0, 2, "In dem"), Edit(18, 19, "hh"), Edit(22, 23, "!")), "de")
    assert result.examples[0].context == "In dem Haus bellt ein hhund!"
    assert result.examples[0].answers == (("hhund", 22), ("ein hhund", 18))


def test_answers_that_an_edit_crosses_or_removes_drop_their_example_and_count():
    for reason, edit in ((CROSSED, Edit(16, 19, "x")), (VANISHED, Edit(18, 22, ""))):
        result = perturb_examples([SPAN, dataclasses.replace(SPAN, id="8", answers=None)], Fixed(edit), "de")
        assert [example.id for example in result.examples] == ["8"]
        assert (result.dropped, result.first_dropped) == ({reason: 1}, {reason: "f:3"})
        assert (result.units, result.changed) == (10, 1)  # those of the example that is left


def test_a_blank_at_the_border_of_a_shorter_answer_is_none_of_it():
    result = perturb_examples([SPAN], Fixed(Edit(14, 17, "")), "de")
    assert result.examples[0].answers == (("Hund", 15), ("Hund", 15))


def test_an_answer_that_does_not_stand_where_it_says_is_dropped():
    wrong = dataclasses.replace(SPAN, answers=(("Hund", 3),))
    result = perturb_examples([wrong], Fixed(), "de")
    assert result.dropped == {"an answer does not stand where the data say": 1}


def xquad(language: str) -> list[SpanExample]:
    document = json.loads(gzip.decompress((SAMPLES / f"xquad/xquad.{language}.json.gz").read_bytes()))
    return [
        SpanExample(
            id=qa["id"], group=qa["id"], question=qa["question"], context=paragraph["context"],
            answers=tuple((answer["text"], answer["answer_start"]) for answer in qa["answers"]),
        )
        for article in document["data"] for paragraph in article["paragraphs"] for qa in paragraph["qas"]
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de", "ar", "hi", "th", "zh", "ru"])
@pytest.mark.parametrize("name", NAMES)
def test_real_answers_stand_where_they_say(make: Make, name: str, language: str):
    perturbation, examples = make(name, rate=0.2), xquad(language)[:60]
    if perturbation.unavailable(language):
        return
    result = perturb_examples(examples, perturbation, language)
    assert len(result.examples) + sum(result.dropped.values()) == len(examples)
    assert set(result.dropped) <= {CROSSED, VANISHED}
    assert len(result.examples) > len(examples) / 3
    for example in result.examples:
        for text, start in example.answers:
            assert text
            assert example.context[start : start + len(text)] == text


@pytest.mark.parametrize("name", ["keyboard", "dictionary"])
def test_examples_are_perturbed_alike_in_any_company_and_order(make: Make, name: str):
    examples = [dataclasses.replace(TEXT, id=str(i)) for i in range(6)]
    together = perturb_examples(examples, make(name), "de").examples
    alone = [perturb_examples([example], make(name), "de").examples[0] for example in reversed(examples)]
    assert together == alone[::-1]
    assert len({example.text for example in together}) > 1
