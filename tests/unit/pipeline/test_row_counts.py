"""Counts of rows: every row that a file holds is used, without gold, or dropped, and in one of these alone."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.row_makers.catalog import TreesRow
from xstilts.data.source import Source
from xstilts.pipeline.steps.prepare import row_counts, unpaired
from xstilts.report.topics.data import data_table, left_out
from xstilts.report.topics.notes import losses
from xstilts.study.task_section import UserTask
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

SIZES = range(1, 25)
Draw = Callable[[int], str]  # the number of a row -> "used", "without gold" or "dropped"


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def classification(states: list[str]) -> str:
    return lines([{"text": f"t {i}", "label": "x" if state == "used" else None} for i, state in enumerate(states)])


def choice(states: list[str]) -> str:
    gold = {"used": [1, "0"], "without gold": [None, "", " "]}
    return lines([{"q": "?", "o": ["a", "b"], "a": gold[s][i % len(gold[s])]} for i, s in enumerate(states)])


def tagging(states: list[str]) -> str:
    return lines([{"words": ["a", "b"], "tags": ["O", "X"] if state == "used" else None} for state in states])


def question(state: str, number: int) -> dict[str, Any]:
    answers = {
        "used": [{"text": "sun", "answer_start": 4}],
        "without gold": [[], None, [{"text": "", "answer_start": 0}]],
    }
    found = answers[state] if state == "used" else answers[state][number % 3]
    return {"id": str(number), "question": "?", "answers": found}


def span_qa(states: list[str]) -> str:
    questions = [question(state, i) for i, state in enumerate(states)]
    return json.dumps({"data": [{"paragraphs": [{"context": "the sun", "qas": questions}]}]})


def span_qa_2(states: list[str]) -> str:
    """SQuAD 2: an empty list is an answer; what has no gold has no list."""
    questions = [{**question(state, 1), "id": str(i)} for i, state in enumerate(states)]
    for i, (item, state) in enumerate(zip(questions, states, strict=True)):
        if state == "used" and i % 2:
            item["answers"] = []
        if i % 4 == 3 and state == "used":
            item["is_impossible"] = True
    return json.dumps({"data": [{"paragraphs": [{"context": "the sun", "qas": questions}]}]})


def dependency(states: list[str]) -> str:
    tree = {
        "used": ("2\tnsubj", "0\troot"),
        "without gold": ("_\t_", "_\t_"),
        "dropped": ("2\tnsubj", "1\troot"),
    }
    word = "{}\ta\t_\tX\t_\t_\t{}\t_\t_\n"
    return "".join("".join(word.format(i, cell) for i, cell in enumerate(tree[s], 1)) + "\n" for s in states)


KINDS: Mapping[str, tuple[dict[str, Any], Callable[[list[str]], str]]] = {
    "classification": (
        {"reader": "jsonl", "labels": ("x", "y"), "columns": {"text": "text", "label": "label"}},
        classification,
    ),
    "choice": ({"reader": "jsonl", "columns": {"prompt": "q", "options": "o", "answer": "a"}}, choice),
    "tagging": ({"reader": "jsonl", "labels": ("O", "X"), "columns": {"words": "words", "tags": "tags"}}, tagging),
    "span-qa": ({"reader": "squad"}, span_qa),
    "span-qa with no answer": ({"reader": "squad", "no_answer": True}, span_qa_2),
    "dependency": ({"reader": "conllu"}, dependency),
}  # fmt: skip


def user_task(name: str) -> Task:
    settings, _ = KINDS[name]
    kind = name.partition(" ")[0]
    [task] = declared_tasks({"t": UserTask(kind=kind, train="train.file", **settings)})
    return task


def counted(folder: Path, task: Task, source: Source, text: str) -> dict[str, Any]:
    (folder / "train.file").write_text(text, "utf-8")
    loaded = load_examples(resolve_source(source, Roots(data=(folder,), store=folder / "store")))
    assert len(loaded.examples) == len(loaded.row_numbers)
    return row_counts(loaded, task.kind)


@pytest.mark.parametrize("name", KINDS)
def test_every_row_is_in_one_count(tmp_path: Path, name: str):
    task, make = user_task(name), KINDS[name][1]
    assert task.train is not None
    source, states = task.train, ["used", "without gold"]
    if name == "dependency":
        place = source.places[0]
        source = Source(places=(type(place)(files=place.files, read=place.read, row=TreesRow(broken="drop")),))
        states.append("dropped")
    for size in SIZES:
        drawn = random.Random(f"{name} {size}").choices(states, k=size)
        if "used" not in drawn and "without gold" not in drawn:
            continue
        counts, right = counted(tmp_path, task, source, make(drawn)), Counter(drawn)
        assert counts["rows"] == size
        assert counts["without_gold"] == right["without gold"]
        assert sum(counts["dropped"].values()) == right["dropped"]
        assert counts["rows"] - counts["without_gold"] - sum(counts["dropped"].values()) == right["used"]
        assert bool(counts["first_blank"]) == bool(right["without gold"])
        assert set(counts["first_dropped"]) == set(counts["dropped"])


def test_the_first_rows_that_were_not_used_are_named(tmp_path: Path):
    task = user_task("choice")
    assert task.train is not None
    counts = counted(tmp_path, task, task.train, choice(["used", "used", "without gold", "without gold"]))
    assert counts["first_blank"] == f"{tmp_path}/train.file:3"


def test_a_parallel_row_is_one_row(tmp_path: Path):
    [task] = declared_tasks({"t": UserTask(kind="retrieval", reader="parallel", test={"de": ("a", "b")})})
    for name in "ab":
        (tmp_path / name).write_text("one\ntwo\nthree\n", "utf-8")
    loaded = load_examples(resolve_source(task.test["de"], Roots(data=(tmp_path,), store=tmp_path / "store")))
    counts = row_counts(loaded, task.kind)
    assert (counts["rows"], counts["examples"], counts["without_gold"], counts["dropped"]) == (3, 6, 0, {})


def test_questions_marked_as_having_no_answer_need_a_task_that_has_such(tmp_path: Path):
    task = user_task("span-qa")
    assert task.train is not None
    item = {"id": "1", "question": "?", "answers": [], "is_impossible": True}
    text = json.dumps({"data": [{"paragraphs": [{"context": "the sun", "qas": [item]}]}]})
    (tmp_path / "train.file").write_text(text, "utf-8")
    [example] = load_examples(resolve_source(task.train, Roots(data=(tmp_path,), store=tmp_path / "s"))).examples
    with pytest.raises(DataError, match=r"qas\[0\]: no answer to .* no_answer: true"):
        task.kind.check(example)


LINE = {
    "task": "t", "use": "train", "language": "en", "file": "a.jsonl", "read": 32, "rows": 5, "without_gold": 24,
    "first_without_gold": "a.jsonl:2", "dropped": {"no label": 3}, "first_dropped": {"no label": "a.jsonl:9"},
}  # fmt: skip


def test_the_report_says_what_became_of_the_rows():
    table = data_table([LINE])
    cells = dict(zip((column.label for column in table.columns), table.rows[0], strict=True))
    assert [cells[name].text for name in ("Rows", "Used", "Without gold", "Dropped")] == ["32", "5", "24", "3"]
    assert cells["Without gold"].small_print == ("first: a.jsonl:2",)
    assert cells["Dropped"].small_print == ("no label: 3 (first: a.jsonl:9)",)
    [line] = left_out([LINE, {**LINE, "without_gold": 0, "dropped": {}}])
    assert line.text == ("t train (en): 27 of 32 rows not used: 24 without gold (first: a.jsonl:2) and 1 other reason.")
    [note] = losses([LINE])
    assert "3 dropped (no label, the first at a.jsonl:9)" in note and "24 without gold" in note and "a.jsonl:2" in note


def test_a_translation_paired_by_number_has_as_many_rows() -> None:
    assert unpaired(24, 24, translation="de.tsv", original="en.tsv") is None
    for rows in (23, 25):
        message = str(unpaired(rows, 24, translation="de.tsv", original="en.tsv"))
        assert message.startswith(f"de.tsv: the translation has {rows} rows, but what it translates (en.tsv) has 24")
