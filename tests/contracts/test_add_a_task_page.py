"""The page docs/add-a-task.md, walked through: its files are written, its study is read, its tasks hold its rows."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError, StudyError
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.study.load import load_study
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-task.md"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the page, as a reader of it would write them."""
    for name, text in BLOCK.findall(PAGE.read_text("utf-8")):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return tmp_path


def examples(task: Task, folder: Path):
    roots = Roots(data=(folder,), store=folder / "store", offline=True)
    sources = {"train": task.fit.train, "dev": task.fit.dev, **task.test}
    return {name: load_examples(resolve_source(source, roots)).examples for name, source in sources.items()}


def test_the_page_has_a_whole_example(folder: Path):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert names == {
        "reviews.yaml", "my_tasks.py", "reviews/train.tsv", "reviews/test-de.tsv", "reviews/test-sw.tsv",
    }  # fmt: skip


def test_the_study_of_the_page_declares_an_ordinary_task(folder: Path):
    study = load_study(str(folder / "reviews.yaml"))
    catalog = Catalog("task", *TASKS.values(), *declared_tasks(study.tasks))
    task = catalog.find("reviews")
    found = examples(task, folder)
    assert {name: len(rows) for name, rows in found.items()} == {
        "train": len(found["train"]), "dev": 24 - len(found["train"]), "de": 8, "sw": 8,
    }  # fmt: skip
    assert found["dev"] and [e.label for e in found["sw"]] == ["good"] * 4 + ["bad"] * 4
    for rows in found.values():
        for example in rows:
            task.kind.check(example)
    assert all(name in catalog for arm in study.arms.values() for name in arm.through)


def test_the_module_of_the_page_declares_the_same_rows(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "my_tasks", raising=False)
    import my_tasks

    [task] = my_tasks.TASKS
    [own] = declared_tasks(load_study(str(folder / "reviews.yaml")).tasks)
    texts = [
        {name: [(e.text, e.label) for e in rows] for name, rows in examples(one, folder).items()} for one in (task, own)
    ]
    assert texts[0] == texts[1]


def test_a_label_outside_the_set_names_its_line(folder: Path):
    (folder / "reviews" / "test-de.tsv").write_text("text\tmark\nGut.\tgood\nNa ja.\tgod\n", "utf-8")
    [task] = declared_tasks(load_study(str(folder / "reviews.yaml")).tasks)
    with pytest.raises(DataError, match=r"test-de\.tsv:3: .*'god'.*Did you mean 'good'"):
        for example in examples(task, folder)["de"]:
            task.kind.check(example)


def test_a_role_that_the_kind_does_not_have_is_named(folder: Path):
    path = folder / "reviews.yaml"
    path.write_text(path.read_text("utf-8").replace("label: mark", "lable: mark"), "utf-8")
    with pytest.raises(StudyError, match="Did you mean 'label'"):
        declared_tasks(load_study(str(path)).tasks)
