"""Names in a study: what becomes a path can only name a file, wherever the text stands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.app.run import report_folder
from xstilts.core.errors import StudyError, XstiltsError
from xstilts.pipeline.module_tasks import module_tasks
from xstilts.pipeline.options import Options, make_store
from xstilts.study.load import load_study, parse_study

TASK = {"kind": "classification", "labels": ["x", "y"], "reader": "tsv", "columns": {"text": "a", "label": "b"}}
BASE = {"question": "q", "encoder": "e", "arms": {"none": {"strategy": "direct"}}, "targets": ["t"]}
BAD = ["..", ".", "", "../../x", "/x", "a\0b", "x" * 5000, "a\x1b[31m"]


def named(place: str, name: str) -> dict:
    return {
        "study": {**BASE, "name": name},
        "task": {**BASE, "tasks": {name: {**TASK, "train": "a.tsv"}}},
        "language": {**BASE, "tasks": {"t": {**TASK, "test": {name: "a.tsv"}}}},
        "scale": {**BASE, "scale": {name: {}}},
        "own language": {**BASE, "tasks": {"t": {**TASK, "train": "a.tsv", "language": name}}},
    }[place]


PLACES = ("study", "task", "language", "scale", "own language")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BAD)
def test_a_name_that_would_lead_elsewhere_is_refused(place: str, name: str) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(named(place, name), "s.yaml")
    assert len(str(caught.value)) < 400


@given(st.sampled_from(PLACES), st.text(max_size=40))
def test_whatever_is_read_stays_in_its_folder(place: str, name: str) -> None:
    try:
        study = parse_study(named(place, name))
    except XstiltsError:
        return
    languages = [language for task in study.tasks.values() for language in (*task.test, task.language)]
    for text in (study.name, *study.tasks, *study.scale, *languages):
        home = Path("/home/of/all")
        assert (home / text).resolve().parent == home and text not in ("", ".", "..")


def test_a_study_file_is_not_called_by_dots(tmp_path: Path) -> None:
    (tmp_path / "...yaml").write_text("question: q\nencoder: e\narms: {none: {strategy: direct}}\ntargets: [t]\n")
    with pytest.raises(StudyError, match="study name"):
        load_study(str(tmp_path / "...yaml"))
    with pytest.raises(StudyError, match="study"):
        load_study("x" * 5000)


def test_a_place_that_can_be_no_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / ("x" * 5000), Path("/proc/xstilts")):
        with pytest.raises(XstiltsError, match="store"):
            assert Options(store=folder).roots
            make_store(folder)


def test_where_a_report_cannot_be_is_said_before_anything_runs(tmp_path: Path) -> None:
    study = parse_study({**BASE, "name": "x" * 90})
    options = Options(store=tmp_path / "store")
    assert report_folder(study, options, "", None) == tmp_path / "store" / "reports" / ("x" * 90)
    with pytest.raises(StudyError, match="report name"):
        report_folder(study, options, "s" * 20, None)
    (tmp_path / "index.html").write_text("a page of somebody's")
    with pytest.raises(XstiltsError, match="not empty"):
        report_folder(study, options, "", tmp_path)
    with pytest.raises(XstiltsError, match="no folder can be made here"):
        report_folder(study, options, "", Path("/proc/xstilts"))


def test_tasks_of_a_module_lie_beside_the_study_and_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from xstilts.tasks.base import Origin, Task\nfrom xstilts.data.source import Place, Source\n"
        "from xstilts.data.readers.catalog import Tsv\nfrom xstilts.data.row_makers.catalog import TextRow\n"
        "from xstilts.kinds.classification import Classification\n"
        "def source(code):\n"
        "    place = Place(files=('a.tsv',), read=Tsv(header=True), row=TextRow())\n"
        "    return Source(places=(place,), language=code)\n"
        "def task(name, *codes):\n"
        "    return Task(name=name, kind=Classification(labels=('x', 'y')), train=source('eng'),\n"
        "        test={code: source(code) for code in codes}, origin=Origin(licence='CC0', cite='me'))\n"
        "TASKS = [task('own', 'eng_Latn', 'deu')]\nUNKNOWN = task('own', 'xx')\nOUTSIDE = task('../own', 'de')\n"
        "TWICE = task('own', 'de', 'deu')\nNUMBER = 3\n"
    )
    monkeypatch.setattr("sys.path", ["/nowhere", *sys.path])
    (tmp_path / "tasks_of_mine.py").write_text(text)
    (task,) = module_tasks("tasks_of_mine:TASKS", [tmp_path])
    assert (list(task.test), task.train and task.train.language) == (["en", "de"], "en")
    for spec, said in (
        ("tasks_of_mine:UNKNOWN", "no language 'xx'"),
        ("tasks_of_mine:OUTSIDE", "cannot name a file"),
        ("tasks_of_mine:TWICE", "are one language"),
        ("tasks_of_mine:NUMBER", "no task"),
        ("tasks_of_mine:NOTHING", "cannot be imported"),
        ("tasks_of_nobody", "No module named 'tasks_of_nobody'"),
    ):
        with pytest.raises(StudyError, match=f"--tasks: .*{said}"):
            module_tasks(spec, [tmp_path])
