"""A dev set that is scored again may hold examples without gold, as one that steers selection may."""

from __future__ import annotations

from pathlib import Path

import yaml

from xstilts.core.canonical import fingerprint
from xstilts.data.examples import TextExample
from xstilts.data.read import ResolvedSource, apply_views, load_examples
from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Key
from xstilts.data.views import Subsample
from xstilts.engine.graph import steps_of
from xstilts.engine.step import Step
from xstilts.kinds.classification import Classification
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.pipeline.steps.base import EvaluationSet
from xstilts.study.load import load_study

KIND = Classification(labels=("no", "yes"))
FILE = ResolvedSource(files=("f" * 64,), read=Tsv(), row=TextRow(label="label"), paths=())
ROWS = [TextExample(id=str(i), group=str(i), text="x", label=None if i % 3 == 0 else "yes") for i in range(9)]


def test_examples_without_gold_are_left_out_of_a_dev_set_alone() -> None:
    test, dev = (
        EvaluationSet(language="en", source=FILE, views=()),
        EvaluationSet(language="en", source=FILE, views=(), use="dev"),
    )
    assert test.example_indices(ROWS, KIND) == list(range(9)) and dev.example_indices(ROWS, KIND) == [1, 2, 4, 5, 7, 8]
    assert (test.input, dev.input) == ("test/en", "dev/en")


def test_views_come_first() -> None:
    dev = EvaluationSet(language="en", source=FILE, views=(Subsample(n=4),), use="dev")
    whole = EvaluationSet(language="en", source=FILE, views=(Subsample(n=4),)).example_indices(ROWS, KIND)
    assert len(whole) == 4 and dev.example_indices(ROWS, KIND) == [i for i in whole if i % 3]


def test_a_test_set_keeps_its_identity() -> None:
    plain = EvaluationSet(language="en", source=FILE, views=())
    assert fingerprint(plain) == fingerprint(EvaluationSet(language="en", source=FILE, views=(), use="test"))
    assert fingerprint(plain) != fingerprint(EvaluationSet(language="en", source=FILE, views=(), use="dev"))


def training(folder: Path, **task: object) -> Step:
    """The training step of a study on a file of 40 rows, two of a group."""
    rows = "".join(f"row {i}\t{('bad', 'good')[i % 2]}\tg{i // 2}\n" for i in range(40))
    for name in ("train", "dev", "test"):
        (folder / f"{name}.tsv").write_text(f"text\tlabel\tgroup\n{rows.replace('row', name)}", "utf-8")
    spec = {
        "kind": "classification", "labels": ["bad", "good"], "reader": "tsv", "train": "train.tsv",
        "columns": {"text": "text", "label": "label", "group": "group"}, "test": {"de": "test.tsv"}, "licence": "ours",
        **task,
    }  # fmt: skip
    study = {
        "question": "Which rows select?", "encoder": "tiny-e5", "precision": "fp32", "tasks": {"reviews": spec},
        "arms": {"none": {"strategy": "direct"}}, "targets": ["reviews"], "train": {"updates": 1, "batch": 2},
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(study), "utf-8")
    session = open_session(load_study(str(folder / "study.yaml")), Options(store=folder / "store", data=(folder,)))
    (step,) = [step for step in steps_of(session.goals) if step.name == "train"]
    return step


def test_a_dev_file_selects_and_not_the_training_rows(tmp_path: Path) -> None:
    step = training(tmp_path, dev="dev.tsv")
    (part,) = step.settings.parts
    assert [path.name for path in part.dev.paths] == ["dev.tsv"]
    read = {name: [path.name for path in step.inputs[name].settings.source.paths] for name in ("train/0", "dev/0")}
    assert read == {"train/0": ["train.tsv"], "dev/0": ["dev.tsv"]}


def test_rows_that_are_held_out_select_and_are_not_trained_on(tmp_path: Path) -> None:
    """By groups, and all rows are one or the other."""
    step = training(tmp_path, holdout=0.25)
    (part,) = step.settings.parts
    keys = [Key.of(example) for example in load_examples(part.dev).examples]
    trained, selecting = (set(apply_views(views, keys)) for views in (part.train_views, part.dev_views))
    assert trained and selecting and not trained & selecting and len(trained | selecting) == len(keys) == 40
    assert not {keys[i].group for i in trained} & {keys[i].group for i in selecting}
    assert step.inputs["train/0"].key == step.inputs["dev/0"].key, "one file, tokenised once"
