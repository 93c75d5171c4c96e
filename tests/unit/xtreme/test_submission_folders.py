"""Readers of submissions: what fits together, and every way in which it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xstilts.core.errors import DataError
from xstilts.data.examples import SentenceExample
from xstilts.data.read import ResolvedSource, load_examples
from xstilts.kinds.retrieval import Retrieval
from xstilts.metrics.spans import SquadScore
from xstilts.tasks.retrieval import TATOEBA
from xstilts.xtreme.layout import SUBMISSION_TASKS
from xstilts.xtreme.read import (
    ReadPairs,
    read_answers,
    read_json_labels,
    read_labels,
    read_pairs,
    read_rankings,
    read_tags,
)
from xstilts.xtreme.write import write_candidate_numbers

Write = Callable[[str, str], tuple[Path, Path]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def both(gold: str, guess: str) -> tuple[Path, Path]:
        for name, text in (("gold", gold), ("guess", guess)):
            (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / "gold", tmp_path / "guess"

    return both


def squad(answer: str) -> str:
    asked = [{"id": f"q{i}", "question": "?", "answers": [{"text": answer, "answer_start": 0}]} for i in range(2)]
    return json.dumps({"data": [{"paragraphs": [{"context": "yes no", "qas": asked}]}]})


@pytest.mark.parametrize(
    ("read", "gold", "guess", "found"),
    [
        (read_labels, "a\nb\n\n", "b\nb", [("a", "b"), ("b", "b")]),
        (read_json_labels, '{"label": 0}\n', '{"label": 1}\n', [("0", "1")]),
        (read_tags, "\nX\nY\n\n\nX\n", "X\nX\n\nY", [(["X", "Y"], ["X", "X"]), (["X"], ["Y"])]),
        (read_pairs, "a\tb\nc\td\n", "a\tb\nc\te", [(["b"], {"id": "b"}), (["d"], None), ([], {"id": "e"})]),
        (read_answers, squad("yes"), '{"q1": "no", "q0": "yes"}', [(["yes"], "yes"), (["yes"], "no")]),
        (read_rankings, '{"m": ["Q1"]}', '{"m": ["Q2", "Q1"]}', [(["Q1"], ["Q2", "Q1"])]),
    ],
)  # fmt: skip
def test_gold_beside_guess(write: Write, read: ReadPairs, gold: str, guess: str, found: list) -> None:
    assert list(read(*write(gold, guess))) == found


@pytest.mark.parametrize(
    ("read", "gold", "guess", "said"),
    [
        (read_labels, "a\nb\n", "a\n", "guess:1: 1 lines, but .*gold has 2"),
        (read_labels, "a\n", "a\nb\nc\n", "guess:2: 3 lines, but .*gold has 1"),
        (read_labels, "a\nb\n", "\nb\n", "guess:1: a blank prediction"),
        (read_labels, "\n\n", "a\n", "gold: no label: the file is empty or blank"),
        (read_json_labels, '{"label": 0}', '{"guess": 0}', "guess:1: a JSON object with a 'label'"),
        (read_json_labels, '{"label": 0}', "0}", "guess:1: "),
        (read_tags, "X\nY\n\nX\n", "X\nY\n", "guess:1: 1 sentences, but .*gold has 2"),
        (read_tags, "X\n\nX\nY\n", "X\n\nX\n", r"guess:3: a sentence of 1 tags, where .*gold \(from line 3\) has 2"),
        (read_tags, "_\n_\n", "X\nX\n", "gold:1: the labels are blank"),
        (read_pairs, "a\tb\n", "a b\n", "guess:1: not two ids"),
        (read_pairs, "a\tb\n", "a\tb\nc\td\na\tb\n", "guess:3: the pair stands in line 1 already"),
        (read_answers, squad("yes"), '{"q0": "x",\n "q7": "y"}', "guess:2: unknown id 'q7'. Did you mean"),
        (read_answers, squad("yes"), '{"q0": "x"}', "guess: no prediction for 'q1', nor for 0 more"),
        (read_answers, squad("yes"), '{"q0": "x",\n "q1": "y",\n "q1": "z"}', "guess:3: the id 'q1' is given twice"),
        (read_answers, squad("yes"), '{"q0": "x",\n "q1": 3}', "guess:2: 'q1' must have a text"),
        (read_answers, squad("yes"), "[1]", "guess: one JSON object"),
        (read_answers, squad("yes"), '{"q0":\n\n}', "guess:3: not valid JSON"),
        (read_answers, squad("yes"), '{"q0": "x",\n "q1": "\\ud83d"}', "guess:2: the text holds half a character"),
        (read_answers, squad(""), '{"q0": "x", "q1": "y"}', "gold.*the answers to 'q0' are blank"),
        (read_rankings, '{"m": []}', '{"m": ["Q2"]}', "gold:1: nothing is relevant to 'm'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_file_and_line(
    write: Write, read: ReadPairs, gold: str, guess: str, said: str
) -> None:
    with pytest.raises(DataError) as raised:
        read(*write(gold, guess))
    assert re.search(said, str(raised.value)), str(raised.value)


def test_an_unreadable_file_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_labels(tmp_path / "gold", tmp_path / "guess")


def test_lines_of_tatoeba_are_those_of_the_sorted_english_sentences() -> None:
    """As `tatoeba_preprocess` of XTREME sorts them; a line is the number of the foreign sentence in its file."""
    english, foreign = ["We ran.", "A cat.", "I see."], ["Wir liefen.", "Eine Katze.", "Ich sehe."]
    examples = [
        SentenceExample(id=f"{side[0]}{i}", group=str(i), text=text, side=side, matches=matches)
        for side, texts in (("query", english), ("candidate", foreign))
        for i, text in enumerate(texts)
        for matches in [(f"c{i}",) if side == "query" else None]
    ]
    golds = [Retrieval().gold(example) for example in examples]
    assert write_candidate_numbers(examples, golds) == "1\n2\n0\n"


@pytest.mark.parametrize(("code", "language"), [("afr", "af"), ("deu", "de"), ("cmn", "zh"), ("tha", "th")])
def test_the_gold_of_tatoeba_is_that_of_xtreme(
    shared_data: Path, shared_golden: Path, code: str, language: str
) -> None:
    """The mock submission of XTREME holds the first ten lines of its labels."""
    place = TATOEBA.test[language].places[0]
    paths = tuple(shared_data / f"tatoeba/tatoeba.{code}-eng.{side}.gz" for side in (code, "eng"))
    examples = load_examples(ResolvedSource(files=("", ""), read=place.read, row=place.row, paths=paths)).examples
    lines = write_candidate_numbers(examples, [TATOEBA.kind.gold(example) for example in examples]).split()
    labels = (shared_golden / f"xtreme/labels/tatoeba/test-{language}.tsv").read_text().split()
    assert lines[: len(labels)] == labels


def test_questions_with_one_id_count_each(write: Write) -> None:
    """One prediction answers all three, and is right for one: a third, as evaluate.py of XTREME says."""
    asked = [
        {"id": "q", "question": "?", "answers": [{"text": text, "answer_start": 0}]} for text in ("yes", "no", "maybe")
    ]
    gold = json.dumps({"data": [{"paragraphs": [{"context": "yes no maybe", "qas": asked}]}]})
    pairs = read_answers(*write(gold, '{"q": "no"}'))
    counts = sum(np.array(SquadScore().tally(gold, guess, "en")) for gold, guess in pairs)
    assert SquadScore().values(counts)["exact_match"] == pytest.approx(100 / 3)


@pytest.mark.parametrize(
    ("task", "gold", "guess", "said"),
    [
        ("pawsx", "1\n0\n", "1\n0.0\n", r"guess:2: '0\.0' is no label"),
        ("xnli", "neutral\ncontradiction\n", "neutral\ncontradictory\n", "guess:2: .*Did you mean 'contradiction'"),
        ("xnli", "neutral\n", "Neutral\n", "guess:1: 'Neutral' is no label.*Did you mean 'neutral'"),
        ("xnli", "neutral\n", "1\n", "guess:1: '1' is no label"),
        ("xnli", "0\n", "entailment\n", "guess:1: 'entailment' is no label"),
        ("udpos", "NOUN\n", "dog\tNOUN\n", "guess:1: several columns"),
        ("udpos", "dog\tNOUN\n", "NOUN\n", "gold:1: several columns"),
        ("udpos", "NOUN\n\nVERB\n", "NOUN\n\nVRB\n", "guess:3: 'VRB' is no label"),
        ("panx", "B-PER\n", "B_PER\n", "guess:1: 'B_PER' is no label"),
        ("xcopa", '{"label": 1}\n', '{"label": true}\n', "guess:1: 'true' is no label"),
        ("xcopa", '{"label": 1}\n', '{"label": NaN}\n', "guess:1: the field 'label' is not a label: NaN"),
        ("xcopa", '{"label": 1}\n', '{"label": ["1"]}\n', "guess:1: the field 'label' is not a label"),
        ("udpos", "X\n", "\u0425\n", r"guess:1: .*it has U\+0425 where the allowed one has U\+0058"),
        ("tatoeba", "1\n0\n", "1\n2\n", "guess:2: '2' is no number of a sentence: they are 0 to 1"),
        ("tatoeba", "308\n", "1000\n", "guess:1: '1000' is no number of a sentence: they are 0 to 999"),
        ("tatoeba", "308\n", "-1\n", "guess:1: '-1' is no number"),
        ("tatoeba", "308\n", "308.0\n", r"guess:1: '308\.0' is no number"),
        ("bucc2018", "de-1\ten-1\n", "en-1\tde-1\n", "guess:1: 'en-1' is no sentence of column 1"),
        ("bucc2018", "de-1\ten-1\n", "de-1 \ten-1\n", "guess:1: not two ids"),
        ("mewslix", '{"m": ["Q1"]}', '{"m": ["Q1 "]}', "guess:1: 'Q1 ' is no id"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_not_counted_as_wrong(
    write: Write, task: str, gold: str, guess: str, said: str
) -> None:
    with pytest.raises(DataError) as refused:
        SUBMISSION_TASKS[task].read(*write(gold, guess))
    assert re.search(said, str(refused.value).replace("\n", " "))


def test_labels_that_the_gold_happens_not_to_hold_are_labels(write: Write) -> None:
    assert SUBMISSION_TASKS["xnli"].read(*write("neutral\n", "entailment\n")) == [("neutral", "entailment")]
    assert SUBMISSION_TASKS["udpos"].read(*write("NOUN\n", "X\n")) == [(["NOUN"], ["X"])]


def test_labels_of_another_spelling_on_both_sides_are_scored(write: Write) -> None:
    assert SUBMISSION_TASKS["xnli"].read(*write("0\n2\n", "2\n2\n")) == [("0", "2"), ("2", "2")]
