"""Readers around readers, and utterances."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import Jsonl, Lines
from xstilts.data.readers.filters import HeldOutMarker, RowsByPrefix
from xstilts.data.readers.mining import MiningParts
from xstilts.data.readers.snips import SplitWords
from xstilts.data.readers.xquad_r import AnswerSentences
from xstilts.data.readers.xsid import XsidUtterances
from xstilts.data.row_makers.catalog import MinedPartsRow, MinedRow


@pytest.fixture
def write(tmp_path: Path):
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def test_only_keeps_one_language_of_a_file(write):
    path = write("a.jsonl", '{"id": "english-1", "n": 1}\n{"id": "thai-1", "n": 2}\n{"id": "english-2", "n": 3}\n')
    rows = list(RowsByPrefix(read=Jsonl(), field="id", start="english-")([path]))
    assert [row["n"] for row in rows] == [1, 3]


def test_screened_marks_lines_of_other_files(write):
    paths = [write("a", "one\n two \n"), write("b", "three\n"), write("test", "two\nthree\nfour\n")]
    rows = list(HeldOutMarker(read=Lines(), tests=len(paths) - 2)(paths))
    assert [(row["text"].strip(), row["held_out"]) for row in rows] == [("one", False), ("two", True), ("three", True)]


def test_split_keeps_lines_aligned(write):
    rows = list(SplitWords(field="tags")([write("a", "O  B-x \n\nO\n")]))
    assert [row["tags"] for row in rows] == [["O", "B-x"], [], ["O"]]


XSID = "# id = 7\n# text-en = hi you\n# text = hallo du\n# intent = greet\n1\thallo\twrong\tO\n2\t\tgreet\tB-who\n\n"


def test_utterances_take_the_intent_from_the_comment(write):
    [row] = XsidUtterances()([write("de.test.conll", XSID)])
    assert (row["intent"], row["text"], row["item"]) == ("greet", "hallo du", "hi you")
    assert (row["words"], row["slots"]) == (["hallo", ""], ["O", "B-who"])


def test_utterances_without_comments_use_their_words(write):
    [row] = XsidUtterances()([write("en.train.conll", "# slots: x\n1\thi\tgreet\tO\n2\tyou\tgreet\tO\n")])
    assert (row["intent"], row["text"], row["item"]) == ("greet", "hi you", "hi you")


@pytest.mark.parametrize(("text", "line"), [("1\thi\tgreet\n", 1), ("# intent = greet\n", 1)])
def test_a_malformed_utterance_names_its_line(write, text: str, line: int):
    path = write("bad.conll", text)
    with pytest.raises(DataError) as error:
        list(XsidUtterances()([path]))
    assert error.value.where == f"{path}:{line}"


def test_parts_of_a_mining_test_keep_their_ids_apart(write):
    files = [
        write(f"{part}.{side}", text)
        for part in ("tune", "test")
        for side, text in (("q", f"1\t{part} a\n"), ("c", f"1\t{part} b\n2\tx\n"), ("g", "1\t1\n"))
    ]
    # The shared task's ids carry the language, so query and candidate ids differ; here the sides differ by file alone.
    rows = list(MiningParts()(files))
    made = [MinedPartsRow()(row, i) for i, row in enumerate(rows)]
    assert [(e.part, e.side, e.text) for e in made[:2]] == [
        ("tune", "query", "tune a"),
        ("tune", "candidate", "tune b"),
    ]
    assert {e.part for e in made[3:]} == {"test"}
    assert made[3].matches == ("test 1",) and made[0].matches == ("tune 1",)


def test_a_mining_test_needs_three_files_a_part(write):
    with pytest.raises(DataError, match="5 fields, expected 6"):
        list(MiningParts()([write(str(i), "") for i in range(5)]))


SQUAD_R = """{"data": [{"title": "T", "paragraphs": [{"context": "Aa b. Cc d.", "sentence_breaks": [[0, 5], [6, 11]],
 "qas": [{"id": "q1", "question": "What?", "answers": [{"text": "d", "answer_start": 9}]}]}]}]}"""


def test_a_question_looks_for_the_sentence_of_its_answer(write):
    rows = list(AnswerSentences()([write("en.json", SQUAD_R)]))
    question, *sentences = [MinedRow(tune=0.0)(row, i) for i, row in enumerate(rows)]
    assert question.matches == (sentences[1].id,) and sentences[1].text == "Cc d."
    assert {e.group for e in (question, *sentences)} == {"T 0"} and question.part == "test"


def test_an_answer_outside_every_sentence_is_an_error(write):
    with pytest.raises(DataError, match="no sentence holds"):
        list(AnswerSentences()([write("en.json", SQUAD_R.replace("[6, 11]", "[6, 8]"))]))
