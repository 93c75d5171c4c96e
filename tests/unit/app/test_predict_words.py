"""A user's sentences become what the kind reads, whichever kind of words it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.app.predict import read_examples
from xstilts.tasks.catalog import TASKS


@pytest.mark.parametrize("name", ["udpos", "dependency", "srl", "srl-heads", "dependency-srl", "xsid", "mtop"])
def test_words_are_read_for_every_kind_of_them(name: str, tmp_path: Path) -> None:
    task, file, plain = TASKS[name], tmp_path / "a.jsonl", tmp_path / "a.txt"
    file.write_text("".join(json.dumps({"words": words}) + "\n" for words in (["New York", "sleeps"], "it rains")))
    plain.write_text("it rains\n")
    examples = read_examples(file, task)
    assert [example.words for example in examples] == [("New York", "sleeps"), ("it", "rains")]
    assert [example.words for example in read_examples(plain, task)] == [("it", "rains")]
    for example in examples:
        assert type(example) is task.kind.example
        task.kind.check(example)
        assert task.kind.gold(example) is None
