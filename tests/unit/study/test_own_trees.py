"""Trees and roles from a user's own files: what they become, and what is refused where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError, StudyError
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.study.load import parse_study
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

TREE = "# sent_id = {name}\n1\tann\t_\tX\t_\t_\t2\tnsubj:pass\t_\t_\n2\tsees\t_\tX\t_\t_\t0\troot\t_\t_\n"
TREE += "3\tthe\t_\tX\t_\t_\t4\tdet\t_\t_\n4\ttea\t_\tX\t_\t_\t2\t{relation}\t_\t_\n\n"
PROPS = "- (A0*)\nsee (V*)\n- (A1*\n- *)\n\n"
ROLES = {"kind": "roles", "reader": "props", "labels": ["A0", "A1"], "train": ["en.conllu", "en.props"]}


def own(**task: Any) -> Task:
    raw = {"question": "q", "encoder": "e", "arms": {"none": {"strategy": "direct"}}, "targets": ["mine"]}
    [made] = declared_tasks(parse_study({**raw, "tasks": {"mine": task}}).tasks)
    return made


def examples(task: Task, folder: Path) -> list[Any]:
    assert task.train is not None
    found = load_examples(
        resolve_source(task.train, Roots(data=(folder,), store=folder / "store", offline=True))
    ).examples
    for example in found:
        task.kind.check(example)
    return list(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en.conllu").write_text(TREE.format(name="a", relation="obj") + TREE.format(name="b", relation="obj"))
    (tmp_path / "en.props").write_text(PROPS + "-\n-\n-\n-\n\n")
    return tmp_path


def test_a_treebank_has_universal_relations_without_subtypes(folder: Path):
    task = own(kind="dependency", reader="conllu", train="en.conllu", columns={"group": "sent_id"})
    first, second = examples(task, folder)
    assert (first.heads, first.relations) == ((2, 0, 4, 2), ("nsubj", "root", "det", "obj"))
    assert (first.group, second.group) == ("a", "b") and len(task.kind.labels) == 37


def test_labels_with_subtypes_keep_them(folder: Path):
    task = own(kind="dependency", reader="conllu", train="en.conllu", labels=["nsubj:pass", "root", "det", "obj"])
    assert examples(task, folder)[0].relations[0] == "nsubj:pass"


def test_a_relation_that_was_not_named_stops_with_its_line(folder: Path):
    (folder / "en.conllu").write_text(TREE.format(name="a", relation="obk"))
    with pytest.raises(DataError, match=r"en\.conllu:5: .*'obk' is not one of this task's relations"):
        examples(own(kind="dependency", reader="conllu", train="en.conllu"), folder)


def test_roles_of_words_and_props(folder: Path):
    first, second = examples(own(**ROLES), folder)
    assert first.words == ("ann", "sees", "the", "tea") and not second.predicates
    assert [(one.index, one.spans) for one in first.predicates] == [(1, ((0, 1, "A0"), (2, 4, "A1")))]
    heads = own(**ROLES, form="heads")
    assert examples(heads, folder)[0].predicates[0].heads == ((0, "A0"), (3, "A1")) and heads.kind.form == "heads"


@pytest.mark.parametrize(
    ("props", "said"),
    [
        (PROPS, r"en\.conllu:7: .*en\.props has no sentence to this one"),
        (PROPS * 3, r"en\.props:11: .*en\.conllu has no sentence to this one"),
        (PROPS + "-\n-\n", r"en\.props:6: 2 rows of props, but .*en\.conllu:7 has 4 words"),
    ],
)
def test_words_and_props_must_belong_together(props: str, said: str, folder: Path):
    (folder / "en.props").write_text(props)
    with pytest.raises(DataError, match=said):
        examples(own(**ROLES), folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reader": "conllu", "train": "en.conllu"}, r"mine\.reader: A roles task is not read from conllu files"),
        ({"kind": "dependency"}, r"mine\.reader: A dependency task is not read from props files.*conllu"),
        ({"train": "en.props"}, r"mine\.train: The layout 'props' has 2 files, not 1"),
        ({"reader": "propbank"}, r"mine\.train: The layout 'propbank' has 3 files, not 2"),
        ({"columns": {"words": "w"}}, r"mine\.columns: A roles task has no column 'words'"),
        ({"form": "span"}, r"form"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(changes: dict[str, Any], said: str):
    with pytest.raises(StudyError, match=said):
        own(**{**ROLES, **changes})


def test_a_form_belongs_to_roles():
    with pytest.raises(StudyError, match=r"mine\.form: A dependency task has no arguments"):
        own(kind="dependency", reader="conllu", train="en.conllu", form="heads")


def test_roles_alone_come_in_files_of_roles():
    with pytest.raises(StudyError, match=r"mine\.kind: Files of the layout 'props' hold roles"):
        own(kind="tagging", reader="props", labels=["A", "B"], columns={"words": "w", "tags": "t"}, train=["a", "b"])
