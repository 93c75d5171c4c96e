"""Rows become examples: ids, groups, labels, drops, and each shape's own rules."""

from __future__ import annotations

import pytest

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError
from xstilts.data.fields import field_value, fill_template, group_name
from xstilts.data.row_makers.choice import ChoiceRow
from xstilts.data.row_makers.pair import PairRow
from xstilts.data.row_makers.sentences import MinedRow, SentencesRow
from xstilts.data.row_makers.span import SpanRow
from xstilts.data.row_makers.tags import TagsRow
from xstilts.data.row_makers.text import TextRow
from xstilts.data.source import WHERE, Drop


def row(**fields):
    return {**fields, WHERE: "f:3"}


def test_fields_by_path_and_by_their_own_name():
    value = row(q={"stem": "s", "choices": [{"text": "a"}, {"text": "b"}]}, **{"a.b": 1})
    assert field_value(value, "q.stem") == "s"
    assert field_value(value, "q.choices.*.text") == ["a", "b"]
    assert field_value(value, "a.b") == 1
    with pytest.raises(DataError, match=r"f:3: the row has no field 'q.stam'. Did you mean 'stem'"):
        field_value(value, "q.stam")


def test_templates_are_filled_once_and_cut_at_the_ends():
    assert fill_template("{a} {b}", row(a="{b}", b="")) == "{b}"


def test_names_are_short_and_tell_values_apart():
    assert group_name(row(a="x", b=3), ("a", "b")) == "x / 3"
    assert group_name(row(a=["x", "y"]), ("a",)) == "x y"
    long = group_name(row(a="x" * 65), ("a",))
    assert len(long) == 16 and long != group_name(row(a="x" * 66), ("a",))


def test_a_pair_takes_id_and_group_from_the_row_number():
    made = PairRow(a="p", b="h", label="l", group_rows=3)(row(p="P", h="H", l="neutral"), 7)
    assert (made.id, made.group, made.where) == ("7", "2", "f:3")
    assert (made.text, made.pair, made.label) == ("P", "H", "neutral")


def test_a_pair_takes_id_and_group_from_fields():
    made = PairRow(a="p", b="h", id="n", group=("p",))(row(p="P", h="H", n=12), 7)
    assert (made.id, made.group, made.label) == ("12", "P", None)


def test_labels_are_mapped_and_unknown_ones_refused():
    maker = PairRow(a="p", b="h", label="l", labels=(("0", "different"), ("1", "paraphrase"), ("-1", None)))
    assert [maker(row(p="P", h="H", l=raw), 0).label for raw in (0, "1", -1)] == ["different", "paraphrase", None]
    with pytest.raises(DataError, match=r"f:3: '2' is not a label .* Allowed: 0, 1, -1"):
        maker(row(p="P", h="H", l="2"), 0)


def test_rows_are_dropped_by_value():
    maker = PairRow(a="p", b="h", drop=(("p", "NS"), ("h", "NS")))
    assert maker(row(p="P", h="NS"), 0) == Drop("h is 'NS'")
    assert maker(row(p="P", h="NS."), 0).pair == "NS."


def test_a_text_alone():
    made = TextRow(label="l")(row(text=" keep blanks ", l=1), 4)
    assert (made.text, made.pair, made.label, made.id) == (" keep blanks ", None, "1", "4")
    with pytest.raises(DataError, match="'text' is not a text: null"):
        TextRow()(row(text=None), 0)


@pytest.mark.parametrize(
    ("answer", "how", "labels", "index"),
    [
        (1, "index", None, 1),
        ("2", "number", None, 1),
        ("B", "letter", None, 1),
        ("two", "text", None, 1),
        ("y", "label", "keys", 1),
        ("", "index", None, None),
        (None, "letter", None, None),
    ],
)
def test_answers_as_files_give_them(answer, how, labels, index):
    maker = ChoiceRow(prompt="{q}", options="o", answer="a", answer_as=how, answer_labels=labels)
    made = maker(row(q="?", o=["one", "two"], a=answer, keys=["x", "y"]), 0)
    assert (made.options, made.answer) == (("one", "two"), index)


def test_an_answer_that_names_no_option():
    with pytest.raises(DataError, match=r"f:3: the answer 'C' names no option. .*Allowed: A, B"):
        ChoiceRow(prompt="{q}", options="o", answer="a", answer_as="letter")(row(q="?", o=["x", "y"], a="C"), 0)
    with pytest.raises(DataError, match="needs two options, the row has 1"):
        ChoiceRow(prompt="{q}", options="o")(row(q="?", o=["x"]), 0)


def test_hellaswag_continues_its_second_sentence():
    maker = ChoiceRow(prompt="{ctx_a}", options="endings", option="{ctx_b} {option}", answer="label")
    made = maker(row(ctx_a="A.", ctx_b="He", endings=["runs", "sits"], label=0), 0)
    assert made.prompts == ("A.", "A.")
    assert made.options == ("He runs", "He sits")
    assert maker(row(ctx_a="A.", ctx_b="", endings=["Runs", "Sits"], label=0), 0).options == ("Runs", "Sits")


def test_xcopa_asks_by_phrase():
    maker = ChoiceRow(
        prompt="{premise} {phrase}",
        options=("choice1", "choice2"),
        answer="label",
        phrase="question",
        phrases=(("cause", "Why?"), ("effect", "So?")),
    )
    made = maker(row(premise="It fell.", choice1="x", choice2="y", question="cause", label=1), 0)
    assert (made.prompts[0], made.answer) == ("It fell. Why?", 1)
    with pytest.raises(DataError, match="Allowed: cause, effect"):
        maker(row(premise="It fell.", choice1="x", choice2="y", question="reason", label=1), 0)


def test_arc_has_as_many_options_as_the_row():
    maker = ChoiceRow(
        prompt="{question.stem}",
        options="question.choices.*.text",
        answer="answerKey",
        answer_as="label",
        answer_labels="question.choices.*.label",
    )
    choices = [{"text": t, "label": key} for t, key in (("x", "1"), ("y", "2"), ("z", "3"))]
    made = maker(row(question={"stem": "s", "choices": choices}, answerKey="3"), 0)
    assert (len(made.options), made.answer) == (3, 2)


QUESTION = {"id": "7", "question": "q?", "context": " c ", "title": "T", "paragraph": 2}


@pytest.mark.parametrize(
    ("answers", "impossible", "made"),
    [
        ([("c", 1)], None, ((("c", 1),), False)),
        ([("c", 1)], False, ((("c", 1),), False)),
        ([], True, ((), True)),
        ([], None, (None, False)),  # squad2/test-v2.0 publishes no gold
        (None, None, (None, False)),
        ([("", 0)], None, (None, False)),  # the blanks of TyDiQA and MLQA
        ({"text": ["c"], "answer_start": [1]}, None, ((("c", 1),), False)),
    ],
)
def test_answers_impossible_and_blank(answers, impossible, made):
    example = SpanRow()(row(**QUESTION, answers=answers, is_impossible=impossible), 0)
    assert (example.answers, example.impossible) == made
    assert (example.id, example.group, example.context) == ("7", "T / 2", " c ")


def test_empty_answers_may_mean_impossible():
    gone = row(**QUESTION, answers={"text": [], "answer_start": []})
    assert SpanRow(empty="impossible")(gone, 0).impossible
    assert SpanRow(id=None, group=("context",))(gone, 5).id == "5"


def test_tags_are_cut_and_mapped():
    value = row(words=["a", "b"], tags=["nsubj:pass", "root"], numbers=[0, 1])
    assert TagsRow(cut=":")(value, 0).tags == ("nsubj", "root")
    assert TagsRow(tags=None)(value, 0).tags is None
    assert TagsRow(tags="numbers", labels=(("0", "O"), ("1", "B-X")))(value, 0).tags == ("O", "B-X")
    with pytest.raises(DataError, match="'root' is not a label"):
        TagsRow(labels=(("nsubj:pass", "x"),))(value, 0)
    with pytest.raises(DataError, match="not a list of texts"):
        TagsRow(words="text", tags=None)(row(text="a b"), 0)


def test_a_parallel_row_is_a_query_and_its_candidate():
    query, candidate = SentencesRow(group=("b",))(row(a="eins", b="one"), 4)
    assert (query.id, query.side, query.matches, query.text) == ("q4", "query", ("c4",), "eins")
    assert (candidate.id, candidate.side, candidate.matches, candidate.text) == ("c4", "candidate", None, "one")
    assert query.group == candidate.group == "one"


def test_mined_halves_never_part_a_pair():
    def made(name, side, matches, pair):
        return MinedRow(seed=3)(row(id=name, text="t", side=side, matches=matches, pair=pair), 0)

    parts = set()
    for i in range(60):
        query, candidate = (made(f"{s}{i}", s, m, f"q{i} c{i}") for s, m in (("query", [f"c{i}"]), ("candidate", None)))
        assert query.part == candidate.part
        assert query.group == candidate.group
        parts.add(query.part)
    assert parts == {"tune", "test"}
    alone = made("q", "query", [], "")
    assert (alone.group, alone.matches) == ("q", ())


def test_makers_have_an_identity():
    assert fingerprint(PairRow(a="x", b="y")) != fingerprint(PairRow(a="x", b="z"))
    assert fingerprint(MinedRow()) == fingerprint(MinedRow())
