"""Parallel files, files in step, comparable corpora and SQuAD-style JSON."""

from __future__ import annotations

import json

import pytest

from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import Jsonl, Lines, Mining, ParallelText, SquadReader, Tsv, ZippedFiles
from xstilts.data.source import WHERE


@pytest.mark.versions
def test_parallel_lines_stay_aligned_over_blank_lines(put):
    rows = list(ParallelText()([put("a", "eins\n\ndrei\n"), put("b", "one\ntwo\nthree\n")]))
    assert [(row["a"], row["b"]) for row in rows] == [("eins", "one"), ("", "two"), ("drei", "three")]


def test_files_in_step_must_have_one_length(put):
    with pytest.raises(DataError, match=r"after 1 rows nothing is left of .*b"):
        list(ParallelText()([put("a", "eins\nzwei\n"), put("b", "one\n")]))


def test_gold_from_a_second_file(put):
    test, gold = put("t.tsv", "p\th\nq\ti\n"), put("g.tsv", "genre\tlabel\nx\tneutral\ny\tentailment\n")
    joined = ZippedFiles(readers=(Tsv(columns=("a", "b")), Tsv(header=True)))
    rows = list(joined([test, gold]))
    assert [(row["a"], row["label"]) for row in rows] == [("p", "neutral"), ("q", "entailment")]
    assert rows[1][WHERE] == f"{test}:2"


def test_prefixes_and_a_field_that_must_agree(put):
    a = put("a.jsonl", '{"idx": 0, "question": "effect"}\n{"idx": 1, "question": "effect"}\n')
    b = put("b.jsonl", '{"idx": 0, "question": "cause"}\n{"idx": 1, "question": "effect"}\n')
    c = put("c.jsonl", '{"idx": 0, "question": "cause"}\n{"idx": 7, "question": "effect"}\n')
    joined = ZippedFiles(readers=(Jsonl(), Jsonl()), prefixes=("", "en_"), on="idx")
    assert [row["en_question"] for row in joined([a, b])] == ["cause", "effect"]
    with pytest.raises(DataError, match=r":2: 'idx' disagrees .*\[1, 7\]"):
        list(joined([a, c]))
    with pytest.raises(DataError, match="two files have a field 'question'"):
        list(ZippedFiles(readers=(Jsonl(), Jsonl()), on="idx")([a, b]))


def test_lines_may_keep_blank_ones(put):
    path = put("a.txt", "one\n \ntwo")
    assert [row["text"] for row in Lines()([path])] == ["one", "two"]
    assert [row["s"] for row in Lines(field="s", blank=True)([path])] == ["one", " ", "two"]


def test_mining_gives_queries_their_matches(put):
    zh, en, gold = put("zh", "z1\t一\nz2\t二\n"), put("en", "e1\tone\ne2\ttwo\n"), put("gold", "z2\te1\n")
    rows = list(Mining()([zh, en, gold]))
    assert [(row["id"], row["side"], row["matches"]) for row in rows] == [
        ("z1", "query", []),
        ("z2", "query", ["e1"]),
        ("e1", "candidate", None),
        ("e2", "candidate", None),
    ]
    assert [row["pair"] for row in rows] == ["", "z2 e1", "z2 e1", ""]
    assert all(row["matches"] is None for row in Mining()([zh, en]))


def test_mining_refuses_gold_of_unknown_sentences(put):
    files = [put("zh", "z1\t一\n"), put("en", "e1\tone\n"), put("gold", "z1\te9\n")]
    with pytest.raises(DataError, match="gold:1: the gold names a sentence 'e9'"):
        list(Mining()(files))
    with pytest.raises(DataError, match="1 files given"):
        list(Mining()(files[:1]))


def squad(put, paragraphs, name="s.json"):
    return put(name, json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}))


@pytest.mark.versions
def test_squad_keeps_contexts_and_blanks_as_they_are(put):
    path = squad(
        put, [{"context": " a b ", "qas": [{"id": 7, "question": "q ", "answers": [{"text": "b", "answer_start": 3}]}]}]
    )
    (row,) = SquadReader()([path])
    assert (row["id"], row["context"], row["question"], row["answers"]) == ("7", " a b ", "q ", [("b", 3)])
    assert (row["title"], row["paragraph"], row["is_impossible"]) == ("T", 0, None)
    assert row[WHERE] == f"{path}:data[0].paragraphs[0].qas[0]"


def test_squad_says_which_keys_a_file_has(put):
    asked = {"id": "1", "question": "q"}
    path = squad(
        put,
        [
            {"context": "c", "qas": [asked]},
            {
                "context": "c",
                "qas": [{**asked, "answers": [], "is_impossible": True, "plausible_answers": [{"text": "c"}]}],
            },
        ],
    )
    bare, impossible = SquadReader()([path])
    assert (bare["answers"], bare["is_impossible"]) == (None, None)
    assert (impossible["answers"], impossible["is_impossible"], impossible["paragraph"]) == ([], True, 1)
    assert impossible["plausible"] == [{"text": "c"}]


def test_what_is_not_squad_names_the_place(put):
    with pytest.raises(DataError, match=r"paragraphs\[0\].qas\[0\]: .*no 'question'"):
        list(SquadReader()([squad(put, [{"context": "c", "qas": [{"id": "1"}]}])]))
    with pytest.raises(DataError, match="no 'data'"):
        list(SquadReader()([put("x.json", "[]")]))
