"""Rows that are trained on and scored are counted: by arm, by language, whatever file they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import toy_translators
from toy_vectors import VectorSettings, build
from xstilts.app.execution import Quiet
from xstilts.app.plan import plan
from xstilts.app.run import run
from xstilts.cli.answer import print_answer
from xstilts.engine.backends.inline import Inline
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import execute
from xstilts.kinds.prepared_keys import TextKeys
from xstilts.pipeline.data_notes import data_notes
from xstilts.pipeline.options import Options
from xstilts.pipeline.results import collect
from xstilts.pipeline.session import Session, open_session
from xstilts.pipeline.shared_rows import share_notes, shared_rows
from xstilts.pipeline.steps import kind_of
from xstilts.study.load import load_study

COLUMNS = {"text": "text", "label": "label"}
TESTS = {"de": "de.tsv", "sw": "sw.tsv"}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    lines = [f"text {i}" for i in range(100)]
    build(
        {"en": lines, "de": lines},
        folder,
        VectorSettings(vocabulary=100, width=8, layers=1, heads=2, positions=60, seed=0),
    )
    return folder


def rows(numbers: Sequence[int], form: str = "text {}") -> str:
    return "text\tlabel\n" + "".join(f"{form.format(i)}\t{'xy'[i % 2]}\n" for i in numbers)


def opened(
    folder: Path, encoder: Path, files: dict[str, str], task: dict[str, Any] | None = None, **study: Any
) -> Session:
    """A study whose files are prepared, and nothing else is done."""
    for name, text in files.items():
        (folder / f"{name}.tsv").write_text(text, "utf-8")
    declared = {
        "kind": "classification",
        "labels": ["x", "y"],
        "reader": "tsv",
        "columns": {"text": "text", "label": "label"},
    }
    value = {
        "question": "q", "encoder": str(encoder), "precision": "fp32", "targets": ["t"],
        "tasks": {
            "t": {**declared, "train": "train.tsv", "dev": "dev.tsv", "test": TESTS, **(task or {})},
            "other": {**declared, "train": "other.tsv", "dev": "dev.tsv", "test": {"de": "de.tsv"}},
        },
        "arms": {"none": {"strategy": "direct"}, "more": {"strategy": "sequential", "through": ["other"]}},
        **study,
    }  # fmt: skip
    (path := folder / "study.yaml").write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    session = open_session(load_study(str(path)), Options(store=folder / "store", data=(folder,)))
    execute([step for step in steps_of(session.goals) if kind_of(step).reads_files], session.store, backend=Inline())
    return session


FILES = {
    "train": rows(range(10)),
    "dev": rows(range(100, 104)),
    "other": rows(range(20, 30)),
    "de": rows([1, 2, 50, 51, 52, 20], "Text  {}"),  # spaced and cased otherwise
    "sw": rows([60, 61, 62]),
}


def test_rows_are_counted_for_each_arm_and_language(tmp_path: Path, encoder: Path) -> None:
    session = opened(tmp_path, encoder, FILES)
    found = shared_rows(session)
    assert found.tests == {
        "t": (
            ("2 of 9 test rows are also training rows of the arm none (1 of 2): de 2 of 6", 2 / 6),
            ("3 of 9 test rows are also training rows of the arm more (1 of 2): de 3 of 6", 3 / 6),
        )
    }
    said = tuple(f"t: {sentence}" for sentence, _ in found.tests["t"])
    assert found.dev == () and data_notes(session).warnings == said
    assert tuple(plan(session.study, options=session.options).to_dict()["notes"]) == said
    results = collect(session)
    assert results.warnings == results.notes == said
    assert results.targets[0].notes == tuple(sentence for sentence, _ in found.tests["t"])


def test_rows_are_counted_where_the_first_arm_is_tested_in_translation(tmp_path: Path, encoder: Path) -> None:
    model = toy_translators.marian(tmp_path / "any-en", target="en")
    translated = {"strategy": "direct", "translate_test": {"model": str(model), "beams": 1}}
    session = opened(tmp_path, encoder, FILES, arms={"tt": translated, "none": {"strategy": "direct"}})
    ((said, _),) = shared_rows(session).tests["t"]
    assert said == "2 of 9 test rows are also training rows of all arms: de 2 of 6"


def test_a_few_rows_are_noted_and_no_warning(tmp_path: Path, encoder: Path) -> None:
    """As most data sets have them."""
    session = opened(tmp_path, encoder, {**FILES, "de": rows([1, *range(30, 50)])})
    (said,) = collect(session).notes
    assert said == "t: 1 of 24 test rows are also training rows of all arms: de 1 of 21"
    assert data_notes(session).warnings == collect(session).warnings == ()


def test_without_shared_rows_nothing_is_said(tmp_path: Path, encoder: Path) -> None:
    files = {**FILES, "de": rows(range(50, 56))}
    assert data_notes(opened(tmp_path, encoder, files)).warnings == ()


def test_texts_that_are_read_without_a_part_are_counted(tmp_path: Path, encoder: Path) -> None:
    """Before anything is trained: the label may depend on what is not read."""
    files = {**FILES, "de": rows(range(50, 56)), "other": rows(range(20, 25)) + rows([25], "so long " * 9 + "{}")[11:]}
    session = opened(tmp_path, encoder, files, train={"tasks": {"other": {"max_length": 12}}})
    said = (
        "other: 1 of 6 training examples are longer than 12 tokens, and a part of them is not read "
        "(max_length in train.tasks.other)",
    )
    assert data_notes(session).warnings == collect(session).warnings == collect(session).notes == said
    assert tuple(plan(session.study, options=session.options).to_dict()["notes"]) == said
    few = {**files, "other": rows(range(20, 30)) + rows([30], "so long " * 9 + "{}")[11:]}
    (tmp_path / "few").mkdir()
    assert not data_notes(
        opened(tmp_path / "few", encoder, few, train={"tasks": {"other": {"max_length": 12}}})
    ).warnings


def test_dev_rows_that_are_trained_on_are_counted(tmp_path: Path, encoder: Path) -> None:
    files = {**FILES, "de": FILES["sw"], "dev": rows([0, 1, 2, 100])}
    assert data_notes(opened(tmp_path, encoder, files)).warnings == (
        "t: 3 of 4 dev rows, which select, are also training rows",
    )


def test_only_rows_that_views_let_through_count(tmp_path: Path, encoder: Path) -> None:
    files = {**FILES, "de": rows(range(10)), "sw": rows(range(60, 70))}
    session = opened(tmp_path, encoder, files, arms={"none": {"strategy": "direct"}}, take={"target": 4, "test": 5})
    ((note, _),) = shared_rows(session).tests["t"]
    shared, of = (int(word) for word in note.split()[:3:2])
    assert of == 10 and 0 < shared <= 4 and f"de {shared} of 5" in note and "all arms" in note


def test_a_part_held_out_of_the_training_file_is_no_training_row(tmp_path: Path, encoder: Path) -> None:
    files = {**FILES, "de": FILES["sw"]}
    task = {"dev": None, "holdout": 0.5}
    assert shared_rows(opened(tmp_path, encoder, files, task)).dev == ()


def test_rows_that_a_training_leaves_out_are_not_trained_on(tmp_path: Path, encoder: Path) -> None:
    """Of a translation, those with the ids of dev rows: here the first four rows, three of which are dev rows."""
    files = {**FILES, "de": FILES["sw"], "dev": rows([0, 1, 2, 100])}
    session = opened(tmp_path, encoder, files, arms={"none": {"strategy": "direct"}})
    assert len(shared_rows(session).dev) == 1
    ((key, (training,)),) = session.steps.trainings.items()
    settings = training.step.settings
    apart = replace(training.step, settings=replace(settings, parts=(replace(settings.parts[0], apart=True),)))
    steps = replace(session.steps, trainings={key: (training._replace(step=apart),)})
    assert shared_rows(replace(session, steps=steps, remembered={})).dev == ()


def test_each_file_is_read_once_however_often_it_is_asked(
    tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, read = opened(tmp_path, encoder, FILES, take={"target": 4}, seeds=[1, 2]), []
    monkeypatch.setattr(TextKeys, "read", classmethod(lambda cls, folder: read.append(folder) or reading(folder)))
    found = shared_rows(session)
    assert len(read) == len(set(read)) == 5
    assert (data_notes(session).warnings, collect(session).warnings) == (found.warnings, found.warnings)
    assert len(read) == 5
    (read[0] / "done.json").unlink()
    shared_rows(session)
    assert len(read) == 9, "what is prepared has changed"


reading = TextKeys.read


def test_rows_prepared_by_an_earlier_version_are_named_with_what_to_do(tmp_path: Path, encoder: Path) -> None:
    session = opened(tmp_path, encoder, FILES, arms={"none": {"strategy": "direct"}})
    for path in session.store.root.glob("steps/prepare-*/keys.arrow"):
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all().select(["id", "group"])
        path.unlink()
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    ((said, share),) = shared_rows(session).tests["t"]
    folders = {path.parent.name for path in session.store.root.glob("steps/prepare-*/keys.arrow")}
    assert share == 0 and sum(folder in said for folder in folders) == 3
    assert said.startswith("not compared: test rows of t (de), test rows of t (sw) and training rows of t (en), ")
    assert "prepared by an earlier version" in said and "damaged" not in said
    ((said, share),) = shared_rows(session).dev
    assert share == 0 and said.startswith("not compared: dev rows of t (en), prepared by an earlier version")


@pytest.mark.parametrize("content", [b"", b"ARROW1", bytes(5000), None])
def test_damaged_keys_are_named_and_read_again(tmp_path: Path, encoder: Path, content: bytes | None) -> None:
    session = opened(tmp_path, encoder, FILES)
    path = next(
        session.store.path(use.prepared) / "keys.arrow"
        for step in steps_of(session.goals) for use in kind_of(step).file_uses(step)
        if use.use == "test" and use.source.language == "sw"
    )  # fmt: skip
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    said = [sentence for sentence, _ in shared_rows(session).tests["t"]]
    assert said[0] == (
        f"not compared: test rows of t (sw), whose keys.arrow is damaged: delete {path.parent.name} from steps/ of the "
        "store, and the next run that reads these rows prepares them anew"
    )
    assert said[1].startswith("2 of 6 test rows"), "the other language is compared"
    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    assert "damaged" not in str(shared_rows(session))


def test_a_few_rows_in_many_arms_are_one_sentence() -> None:
    arms = tuple("abcdefghijkl")
    shares = {arm: {"de": (i, 5000), "sw": (1 if i > 7 else 0, 5000)} for i, arm in enumerate(arms)}
    shares["l"] = {"de": (1000, 5000), "sw": (0, 5000)}
    many, few = share_notes(shares, arms)
    assert many.sentence == "1,000 of 10,000 test rows are also training rows of the arm l (1 of 12): de 1,000 of 5,000"
    assert few.sentence == (
        "1 to 11 of 10,000 test rows are also training rows, by arm (10 of 12): "
        "de up to 10 of 5,000 and sw up to 1 of 5,000"
    )
    assert few.share == 10 / 5000
    alone = share_notes({"a": shares["b"], "b": shares["a"]}, ("a", "b"))
    assert [note.sentence for note in alone] == [
        "1 of 10,000 test rows are also training rows of the arm a (1 of 2): de 1 of 5,000"
    ]


def test_arms_that_share_the_same_rows_are_one_sentence() -> None:
    shares = {arm: {"de": (1000, 5000), "sw": (0, 10)} for arm in ("a", "b")} | {"c": {"de": (0, 5000), "sw": (0, 10)}}
    ((said, share),) = share_notes(shares, ("a", "b", "c"))
    assert said == "1,000 of 5,010 test rows are also training rows of all arms but 'c' (2 of 3): de 1,000 of 5,000"
    assert share == 0.2
    assert list(share_notes({"c": {}}, ("c",))) == []


class Heard(Quiet):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_a_warning_is_said_once_and_stays_in_the_report(
    tmp_path: Path, encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is trained; where nothing is, with the answer."""
    arms, train = {"none": {"strategy": "direct"}}, {"updates": 1, "batch": 2}
    session, heard = opened(tmp_path, encoder, FILES, arms=arms, train=train), Heard()
    answer = run(session.study, options=session.options, listener=heard)
    (warning,) = answer.results.warnings
    assert "2 of 9 test rows" in warning and heard.said.count(f"warning: {warning}") == 1
    print_answer(answer)
    assert "Warning:" not in capsys.readouterr().out
    print_answer(run(session.study, options=session.options))
    assert f"Warning: {warning}." in " ".join(capsys.readouterr().out.split())
