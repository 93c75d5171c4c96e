"""Intents and slots from a user's own files: what they become, and what is refused where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toy_frames import INTENTS, SLOTS, frames, write
from xstilts.core.errors import DataError, StudyError
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.study.load import parse_study
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

OWN = {"kind": "slots-intent", "reader": "jsonl", "train": "en.jsonl", "intents": INTENTS, "labels": SLOTS}


def own(**changes: Any) -> Task:
    raw = {"question": "q", "encoder": "e", "arms": {"none": {"strategy": "direct"}}, "targets": ["mine"]}
    [made] = declared_tasks(parse_study({**raw, "tasks": {"mine": {**OWN, **changes}}}).tasks)
    return made


def examples(task: Task, folder: Path) -> list[Any]:
    assert task.train is not None
    source = resolve_source(task.train, Roots(data=(folder,), store=folder / "store", offline=True))
    found = list(load_examples(source).examples)
    for example in found:
        task.kind.check(example)
    return found


@pytest.mark.parametrize(("reader", "name"), [("jsonl", "en.jsonl"), ("xsid", "en.conll")])
def test_both_layouts_say_the_same(reader: str, name: str, tmp_path: Path):
    write(tmp_path / name, frames(12))
    task = own(reader=reader, train=name)
    assert task.kind == SlotsIntent(intents=INTENTS, slots=SLOTS)
    found = examples(task, tmp_path)
    assert [(e.words, e.slots, e.intent) for e in found] == [(e.words, e.slots, e.intent) for e in frames(12)]


def test_columns_may_have_other_names(tmp_path: Path):
    row = {"utterance": ["hum", "red"], "tags": ["O", "B-song"], "wish": {"name": "play"}, "n": "7"}
    (tmp_path / "en.jsonl").write_text(json.dumps(row))
    columns = {"words": "utterance", "slots": "tags", "intent": "wish.name", "id": "n"}
    [made] = examples(own(columns=columns), tmp_path)
    assert (made.id, made.words, made.slots, made.intent) == ("7", ("hum", "red"), ("O", "B-song"), "play")


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        ({"intents": []}, "tasks.mine", "needs `intents`, at least two"),
        ({"labels": []}, "tasks.mine", "needs `labels`, at least two"),
        ({"labels": ["O", "B-song"]}, "tasks.mine.labels", "'O' is a tag: .* names of slots"),
        ({"reader": "tsv"}, "tasks.mine.reader", "A slots-intent task is not read from tsv files"),
        ({"kind": "tagging", "reader": "bio"}, "tasks.mine.intents", "A tagging task has no 'intents'"),
        ({"columns": {"tags": "slots"}}, "tasks.mine.columns", "has no column 'tags'"),
        ({"kind": "tagging", "reader": "xsid", "intents": [], "columns": {"words": "words", "tags": "slots"}},
         "tasks.mine.kind", "Files of the layout 'xsid' hold slots-intent"),
    ],
)  # fmt: skip
def test_declarations_that_are_refused(changes: dict[str, Any], where: str, message: str):
    with pytest.raises(StudyError, match=message) as caught:
        own(**changes)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"play"', '"plya"', 3, "intent 'plya' is not one of this task's intents"),
        ('"B-song"', '"B-sonk"', 3, "slot tag 'B-sonk' is not one of this task's"),
        ('"slots": ["O", ', '"slots": [', 3, "slots for"),
        ('"intent": "play"', '"intent": 7.5', 3, "'7.5' is not one of"),
        ('"slots": [', '"slots": [null, ', 3, "label 1 of .* is null"),
    ],
)
def test_a_row_that_is_refused_has_its_line(old: str, new: str, line: int, message: str, tmp_path: Path):
    path = tmp_path / "en.jsonl"
    chosen = [e for e in frames(40) if e.intent == "play"][:4]
    write(path, chosen)
    lines = path.read_text("utf-8").splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(DataError, match=message) as caught:
        examples(own(), tmp_path)
    assert caught.value.where == f"{path}:{line}"


def test_a_tag_of_a_layout_with_a_word_a_line_has_the_line_of_its_word(tmp_path: Path):
    path = tmp_path / "en.conll"
    write(path, frames(3))
    lines = path.read_text("utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if line.endswith("B-song"))
    lines[number] = lines[number].replace("B-song", "B-sonk")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(DataError, match="B-sonk") as caught:
        examples(own(reader="xsid", train="en.conll"), tmp_path)
    assert caught.value.where == f"{path}:{number + 1}"
