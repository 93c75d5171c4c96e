"""Published translations of training data: each layout as it is published, and ids that are those of the original."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.core.languages import LANGUAGES
from xstilts.data.examples import SpanExample, TextExample
from xstilts.data.locate import Roots
from xstilts.data.read import LoadedExamples, load_examples, resolve_source
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

TRANSLATED = [task for task in TASKS.values() if task.translations]


def read(task: Task, language: str, folder: Path, name: str, text: str) -> LoadedExamples:
    path = folder / "data" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    roots = Roots(data=(folder / "data",), store=folder / "store", offline=True, samples=folder / "none")
    return load_examples(resolve_source(task.translations[language], roots))


@pytest.mark.parametrize("task", TRANSLATED, ids=[task.name for task in TRANSLATED])
def test_declarations_are_sound(task: Task):
    assert task.train is not None and task.train.language not in task.translations
    assert set(task.translations) <= set(LANGUAGES)
    for language, source in task.translations.items():
        assert source.language == language and "machine-translated" in source.note
        for place in source.places:
            assert place.hub or len(place.urls) == len(place.files)


def test_which_tasks_have_translations():
    assert {task.name for task in TRANSLATED} == {"mnli", "xnli", "xnli-extra", "pawsx", "squad1", "xquad", "mlqa"}
    assert set(TASKS["mnli"].translations) == set(TASKS["xnli"].test) - {"en"}
    assert TASKS["xquad"].translations is TASKS["squad1"].translations
    assert not TASKS["squad1-36-articles"].translations, "these are of other training data"


def test_xnli_says_contradictory_in_its_translations(tmp_path: Path):
    text = 'premise\thypo\tlabel\nEr "sagt" es .\tEr sagt nichts .\tcontradictory\nJa .\tNein .\tneutral\n'
    loaded = read(TASKS["mnli"], "de", tmp_path, "xnli/XNLI-MT-1.0/multinli/multinli.train.de.tsv", text)
    assert loaded.examples[0] == TextExample(
        id="0", group=loaded.examples[0].group, where=loaded.examples[0].where,
        text='Er "sagt" es .', pair="Er sagt nichts .", label="contradiction",
    )  # fmt: skip
    assert [one.id for one in loaded.examples] == ["0", "1"]
    for one in loaded.examples:
        TASKS["mnli"].kind.check(one)


def test_pairs_of_pawsx_that_were_not_translated_are_dropped(tmp_path: Path):
    text = "id\tsentence1\tsentence2\tlabel\n1\tA\tB\t0\n2\tNS\tB\t1\n3\tC\tD\t1\n"
    loaded = read(TASKS["pawsx"], "de", tmp_path, "pawsx/x-final/de/translated_train.tsv", text)
    assert [one.id for one in loaded.examples] == ["0", "2"] and loaded.dropped == {"sentence1 is 'NS'": 1}


def test_answers_of_squad_that_were_not_found_again_are_dropped(tmp_path: Path):
    context = "Anna lebt in Rom."
    answers = {"a": ("Rom", 13), "b": ("Rom", 12), "c": ("Oslo", 13), "d": ("Rom", -4), "e": ("Anna", 0)}
    qas = [
        {"id": name, "question": "?", "answers": [{"text": text, "answer_start": start}]}
        for name, (text, start) in answers.items()
    ]
    file = json.dumps({"data": [{"title": "t", "paragraphs": [{"context": context, "qas": qas}]}]})
    loaded = read(TASKS["squad1"], "de", tmp_path, "squad/translate-train/squad.translate.train.en-de.json", file)
    assert [one.id for one in loaded.examples] == ["a", "e"]
    assert loaded.dropped == {"an answer does not stand where it says": 3}
    assert isinstance(loaded.examples[0], SpanExample) and loaded.examples[0].answers == (("Rom", 13),)
