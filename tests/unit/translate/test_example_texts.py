"""Examples through a translator that only says what it is asked: which texts, which spans, what is left out and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, Example, SpanExample, TagExample, TextExample
from xstilts.translate.artefact import read_rows, write_rows
from xstilts.translate.example_texts import split_examples
from xstilts.translate.passages import SentenceTranslation, TranslatableText, split_passage
from xstilts.translate.sentence_boundaries import sentence_ends

NAMES = {"id": "7", "group": "g", "where": "f:1"}


def through(examples: list[Example], change: Callable[[str], str] = str) -> tuple[list[Example], dict[str, int]]:
    taken = split_examples(examples)
    made, dropped = taken.reassemble({text: SentenceTranslation(change(text)) for text in taken.sentences})
    return made, dict(dropped)


def question(context: str, *answers: str) -> SpanExample:
    return SpanExample(
        **NAMES, question="Who?", context=context, answers=tuple((one, context.index(one)) for one in answers)
    )


@st.composite
def questions(draw) -> SpanExample:
    """Contexts of several sentences with blanks, marks and line breaks in them; answers anywhere, at the ends too."""
    words = st.text(alphabet="abAB [{<>}]猫", min_size=1, max_size=6)
    ends = st.sampled_from([". ", "! ", "?\n", " ", "。", "\n\n", "  "])
    context = "".join(draw(st.lists(st.tuples(words, ends).map("".join), min_size=1, max_size=6)))
    answers = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(context) - 1))
        text = context[start : draw(st.integers(start + 1, len(context)))]
        if text.strip():
            answers.append((text.strip(), start + len(text) - len(text.lstrip())))
    return SpanExample(**NAMES, question="Who?", context=context, answers=tuple(dict.fromkeys(answers)))


@given(questions())
def test_an_identity_translation_changes_nothing(example: SpanExample):
    assert through([example]) == ([example], {})


@given(questions())
def test_without_the_marks_a_question_with_an_answer_is_dropped_and_counted(example: SpanExample):
    wordless = re.compile(r"[\[\]{}<>/]")
    made, dropped = through([example], lambda text: wordless.sub("", text) + "x")
    if example.answers:
        assert made == [] and sum(dropped.values()) == 1
    else:
        assert len(made) == 1 and not dropped


@given(st.text(alphabet="ab. !?\n猫。A", max_size=60))
def test_sentences_put_together_are_the_text(text: str):
    made = split_passage(TranslatableText(text))
    rendered = {one: SentenceTranslation(one) for one in made.sentences}
    assert made.reassemble(rendered).text == text
    assert all(one == one.strip() and one for one in made.sentences)


def test_where_sentences_end():
    text = 'Dr. J. Smith came in at 9.30 p.m. today. "Who?" he said... and left! Then:\nnothing。好'
    parts, done = [], 0
    for end in [*sentence_ends(text), len(text)]:
        parts.append(text[done:end].strip())
        done = end
    assert parts == [
        "Dr. J. Smith came in at 9.30 p.m. today.", '"Who?"', "he said... and left!", "Then:", "nothing。", "好",
    ]  # fmt: skip


def test_only_the_sentence_with_the_answer_is_translated_anew():
    context = "Ann lives in Rome. Bob came from Oslo."
    taken = split_examples([question(context, "Rome"), question(context, "Bob"), question(context, "Rome. Bob")])
    assert taken.sentences == [
        "Who?", "Ann lives in [Rome].", "Bob came from Oslo.", "Ann lives in Rome.", "[Bob] came from Oslo.",
        "Ann lives in [Rome. Bob] came from Oslo.",
    ]  # fmt: skip


def test_an_answer_moves_with_its_words():
    german = {"Who?": "Wer?", "Yes.": "Ja.", "{Ann lives in [Rome]}.": "{In [ Rom ] lebt Anna}."}
    made, dropped = through(
        [question("Yes. Ann lives in Rome.", "Rome", "Ann lives in Rome", "Rome")], german.__getitem__
    )
    assert not dropped
    (example,) = made
    assert isinstance(example, SpanExample) and example.context == "Ja. In Rom lebt Anna."
    assert example.answers == (("Rom", 7), ("In Rom lebt Anna", 4)) and (example.id, example.group) == ("7", "g")


def test_questions_without_answers_stay_so():
    bare = SpanExample(**NAMES, question="Who?", context="Nobody.", answers=(), impossible=True)
    blank = SpanExample(**NAMES, question="Who?", context="Nobody.", answers=None)
    assert through([bare, blank], str.upper)[0] == [
        SpanExample(**NAMES, question="WHO?", context="NOBODY.", answers=(), impossible=True),
        SpanExample(**NAMES, question="WHO?", context="NOBODY.", answers=None),
    ]


def test_texts_and_choices_keep_labels_and_order():
    pair = TextExample(**NAMES, text="a b", pair="", label="yes")
    alone = TextExample(**NAMES, text="a b", label=None)
    choice = ChoiceExample(**NAMES, prompts=("p", "p"), options=("x", "y"), answer=1)
    assert through([pair, alone, choice], str.upper)[0] == [
        TextExample(**NAMES, text="A B", pair="", label="yes"),
        TextExample(**NAMES, text="A B", label=None),
        ChoiceExample(**NAMES, prompts=("P", "P"), options=("X", "Y"), answer=1),
    ]


def test_rows_are_dropped_with_the_reason_of_the_translator():
    examples: list[Example] = [TextExample(**NAMES, text=text, label="yes") for text in ("a. B.", "c", "d")]
    taken = split_examples(examples)
    rendered = {
        "a.": SentenceTranslation("A."),
        "B.": SentenceTranslation(failure="too long"),
        "c": SentenceTranslation("  "),
        "d": SentenceTranslation("D"),
    }
    made, dropped = taken.reassemble(rendered)
    assert [one.text for one in made if isinstance(one, TextExample)] == ["D"]
    assert dropped == {"too long": 1, "a translation is empty": 1}
    every, kept = taken.reassemble(rendered, every=True)
    assert [one.text for one in every if isinstance(one, TextExample)] == ["a. B.", "c", "D"] and kept == dropped


def test_tagged_words_are_refused():
    with pytest.raises(DataError, match="f:1: a TagExample cannot be translated"):
        split_examples([TagExample(**NAMES, words=("a",), tags=("X",))])


def test_rows_on_disk_are_the_rows(tmp_path: Path):
    examples: list[Example] = [
        question("Ann lives\u2028in Rome.", "Rome", "Ann"),
        TextExample(**NAMES, text="a", pair=None, label="yes"),
        ChoiceExample(**NAMES, prompts=("p", "p"), options=("x", "y"), answer=1),
        SpanExample(**NAMES, question="q", context="c", answers=()),
    ]
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_rows(examples, {"dropped": {"a reason": 2}, "sentences": 9, "tokens": 30}, folder)
    read = read_rows(tmp_path / "a")
    assert read.examples == examples and read.dropped == {"a reason": 2}
    assert (tmp_path / "a/rows.jsonl.gz").read_bytes() == (tmp_path / "b/rows.jsonl.gz").read_bytes()
