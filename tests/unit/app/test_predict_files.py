"""A user's own file is read for a prediction as a study reads it: same readers, same checks, same errors."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xstilts.app.predict import read_examples
from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, SpanExample, TagExample, TextExample
from xstilts.study.task_section import UserTask
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

Put = Callable[[str, str | bytes], Path]


def task(kind: str, **settings: Any) -> Task:
    [made] = declared_tasks({"t": UserTask(kind=kind, train="train.file", **settings)})
    return made


CLS = task("classification", reader="tsv", labels=("x", "y"), columns={"text": "text", "label": "label"})
TAG = task("tagging", reader="bio", labels=("O", "I-PER"))
CHOICE = task("choice", reader="jsonl", columns={"prompt": "q", "options": "o", "answer": "a"})
SPAN = task("span-qa", reader="squad")
TREES = task("dependency", reader="conllu")


@pytest.mark.parametrize(
    ("task", "row"),
    [
        (CLS, {"text": None}),
        (CLS, {"text": float("nan")}),
        (CLS, {"text": True}),
        (CLS, {"text": 5}),
        (CLS, {"text": ["a"]}),
        (CLS, {"text": "a", "pair": 5}),
        (CLS, {"text": "a", "id": None}),
        (CLS, {"txt": "a"}),
        (CLS, ["a"]),
        (TAG, {"words": None}),
        (TAG, {"words": []}),
        (TAG, {"words": ["a", None]}),
        (TAG, {"words": 3}),
        (TAG, {"words": " "}),
        (CHOICE, {"prompt": "p", "options": "xyz"}),
        (CHOICE, {"prompt": "p", "options": ["x"]}),
        (CHOICE, {"prompt": "p", "options": ["x", None]}),
        (CHOICE, {"prompt": None, "options": ["x", "y"]}),
        (CHOICE, {"prompt": ["p"], "options": ["x", "y"]}),
        (CHOICE, {"prompt": ["p", None], "options": ["x", "y"]}),
        (SPAN, {"question": None, "context": "c"}),
        (SPAN, {"question": "q", "context": 5}),
        (SPAN, {"question": "q"}),
    ],
)
def test_a_row_that_cannot_be_read_is_named(put: Put, task: Task, row: Any):
    good: dict[str, Any] = {"text": "a", "words": ["a"], "prompt": "p", "options": ["x", "y"]}
    good |= {"question": "q", "context": "c"}
    path = put("a.jsonl", json.dumps(good) + "\n" + json.dumps(row) + "\n")
    with pytest.raises(DataError, match=r"a.jsonl:2: "):
        read_examples(path, task)


def test_words_are_what_stands_between_blanks(put: Put):
    line = " 10\xa0000 Fr\u3000x  a\u200bb\t. "
    [example] = read_examples(put("a.txt", line + "\n"), TAG)
    assert isinstance(example, TagExample) and example.words == ("10\xa0000", "Fr\u3000x", "a\u200bb", ".")
    [example] = read_examples(put("a.jsonl", json.dumps({"words": line})), TAG)
    assert isinstance(example, TagExample) and example.words == ("10\xa0000", "Fr\u3000x", "a\u200bb", ".")


def test_lines_are_what_a_study_reads_as_lines(put: Put):
    examples = read_examples(put("a.txt", "\ufeffhello\ryo\r\n\nx\u2028y\n"), CLS)
    assert [e.text for e in examples if isinstance(e, TextExample)] == ["hello\ryo", "", "x\u2028y"]
    assert [example.id for example in examples] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.txt", "ok\nschön\n".encode("latin-1"), r"a.txt:2: the line is not UTF-8"),
        ("a.tsv", "text\nschön\n".encode("cp1252"), r"a.tsv:2: the line is not UTF-8"),
        ("a.txt.gz", gzip.compress(b"a line\n" * 999, mtime=0)[:-20], "cannot be read"),
        ("a.jsonl", b'{"text": "hi \\ud83d"}', r"a.jsonl:1: the text holds half a character"),
        ("a.jsonl", b"[" * 50_000, r"a.jsonl:1: this JSON is nested too deeply"),
        ("a.txt", "text\n".encode("utf-16"), "UTF-16"),
        ("a.txt", b"a\0b\n", r"a.txt:1: .*NUL"),
        ("a.txt", b"", "no rows"),
        ("a.parquet", b"PAR1", "not Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(put: Put, name: str, content: bytes, what: str):
    with pytest.raises(DataError, match=what):
        read_examples(put(name, content), CLS)


def test_options_prompts_and_pairs_as_they_stand(put: Put):
    rows = [{"prompt": "p", "options": ["x", 7, ""], "id": 5}, {"prompt": ["p", "q"], "options": ["x", "y"]}]
    first, second = read_examples(put("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows)), CHOICE)
    assert isinstance(first, ChoiceExample) and isinstance(second, ChoiceExample)
    assert (first.id, first.prompts, first.options, first.answer) == ("5", ("p", "p"), ("x", "7"), None)
    assert (second.id, second.prompts, second.options) == ("1", ("p", "q"), ("x", "y"))
    [pair] = read_examples(put("b.jsonl", '{"text": "a", "pair": "b"}'), CLS)
    assert isinstance(pair, TextExample) and (pair.text, pair.pair, pair.label) == ("a", "b", None)
    [span] = read_examples(put("c.jsonl", '{"question": "q", "context": "c", "answers": "any"}'), SPAN)
    assert isinstance(span, SpanExample) and span.answers is None


@pytest.mark.parametrize(
    "text",
    ['[{"text": "a"},\n {"text": "b"}]', '\ufeff\n [{"text": "a"}, {"text": "b"}]', '{"text": "a"}\n{"text": "b"}\n'],
)
def test_a_json_file_is_a_list_or_an_object_a_line(put: Put, text: str):
    for name in ("a.json", "A.JSON"):
        examples = read_examples(put(name, text), CLS)
        assert [e.text for e in examples if isinstance(e, TextExample)] == ["a", "b"]


def test_the_words_of_conllu_are_its_words(put: Put):
    lines = "# sent_id = 1\n1\ta\t_\tX\t_\t_\t0\troot\t_\t_\n2\tb c\t_\tX\t_\t_\t1\tobj\t_\t_\n\n"
    for task in (TAG, TREES):
        [example] = read_examples(put("a.conllu", lines), task)
        assert example.words == ("a", "b c")  # type: ignore[attr-defined]


def test_an_id_that_comes_twice_is_refused_as_in_a_study(put: Put):
    path = put("a.jsonl", '{"text": "a", "id": 1}\n{"text": "b", "id": 2}\n{"text": "c", "id": "1"}\n')
    with pytest.raises(DataError, match=r"a\.jsonl:3: the id '1' occurs twice, first at .*a\.jsonl:1"):
        read_examples(path, CLS)


@pytest.mark.parametrize(
    ("keys", "name", "content", "expected"),
    [
        ({"kind": "tagging", "reader": "bio", "labels": ("O", "I-PER"), "comment": "#", "fields": ("token", "tag")},
         "a.conll", "# id 1\nAda\tO\nran\tO\n\nTo\tO\n", [("Ada", "ran"), ("To",)]),
        ({"kind": "classification", "reader": "csv", "labels": ("x", "y"), "separator": ";", "encoding": "cp1252",
          "columns": {"text": "{a} {b}", "label": "mark"}, "drop": {"mark": "?"}},
         "a.txt", "a;b;mark\nÉté;1;x\nWinter;2;?\n".encode("cp1252"), [("Été 1",), ("Winter 2",)]),
        ({"kind": "classification", "reader": "tsv", "labels": ("x", "y"), "columns": {"text": "t", "label": "mark"}},
         "a.tsv", "t\nno gold here\n", [("no gold here",)]),
        ({"kind": "multi-label", "reader": "tsv", "labels": ("x", "y"), "columns": {"text": "t", "labels": "mark"}},
         "a.tsv", "t\nno gold here\n", [("no gold here",)]),
        ({"kind": "span-qa", "reader": "csv", "columns": {"answers": "a", "start": "s"}},
         "a.csv", "question,context\nq,c\n", [("q", "c")]),
    ],
)  # fmt: skip
def test_a_file_may_be_read_as_one_of_the_task(
    put: Put, keys: dict[str, Any], name: str, content: str | bytes, expected: list[tuple[str, ...]]
):
    own = task(keys.pop("kind"), **keys)
    examples = read_examples(put(name, content), own, "train")
    assert [example.texts for example in examples] == expected
    assert all(own.kind.gold(example) is None for example in examples)


def test_a_file_that_the_task_does_not_have_is_refused(put: Put):
    with pytest.raises(DataError, match=r"has no file 'tran'\. Did you mean 'train'"):
        read_examples(put("a.tsv", "text\nx\n"), CLS, "tran")


def test_squad_json_is_known_by_its_look(put: Put):
    qa = {"id": "7", "question": "q", "answers": []}
    document = {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [qa]}]}]}
    [example] = read_examples(put("a.json", json.dumps(document, indent=1)), SPAN)
    assert isinstance(example, SpanExample) and (example.id, example.texts) == ("7", ("q", "c"))
