"""A kind of a user may have a field that is a mapping: what is planned is told apart by identity, never by hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from test_steps import write_study

from xstilts.core.canonical import fingerprint
from xstilts.core.catalog import Catalog
from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import SentencesRow, TextRow
from xstilts.data.source import Place, Source
from xstilts.kinds.classification import Classification
from xstilts.kinds.retrieval import Retrieval
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.study.load import load_study
from xstilts.tasks.base import Origin, Task


@dataclass(frozen=True)
class Weighted(Classification):
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class WeightedRetrieval(Retrieval):
    weights: Mapping[str, float] = field(default_factory=dict)


def test_a_kind_with_a_mapping_is_trained_swept_and_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, sentences = (
        Source(places=(Place(files=("de.tsv",), read=Tsv(header=True), row=row),), language="de")
        for row in (TextRow(label="verdict"), SentencesRow(a="text", b="verdict"))
    )
    origin = Origin(licence="CC0", cite="toy")
    kind = Weighted(labels=("bad", "good"), weights={"bad": 2.0})
    trained = Task(name="t", kind=kind, origin=origin, train=rows, test={"de": rows})
    found = Task(name="r", kind=WeightedRetrieval(weights={"x": 1.0}), origin=origin, test={"de": sentences})
    tasks = Catalog("task", trained, replace(trained, name="twin"), found)
    monkeypatch.setattr("xstilts.pipeline.session.catalog_for", lambda study, options: tasks)
    study = load_study(str(write_study(tmp_path, "unused"))).model_copy(
        update={"targets": ("t", "twin", "r"), "tasks": {}, "settings": {"r": {"layer": [0, 1]}}}
    )
    session = open_session(study, Options(store=tmp_path / "store", data=(tmp_path,)))
    assert session.steps.scores["none", "t", 1].settings.kind == kind
    assert len(session.steps.swept["none", "r", 1]) == 2
    assert any("the same files as t" in note for note in session.located.notes["twin"])


def test_equal_training_views_have_equal_hashes() -> None:
    place = Place(files=("en.tsv",), read=Tsv(header=True), row=TextRow(label="label"))
    kind = Weighted(labels=("a", "b"), weights={"a": 1.0, "b": 2.0})
    task = Task(name="t", kind=kind, origin=Origin(licence="", cite=""), train=Source(places=(place,)))
    other = task.replace(kind=replace(kind, weights={"b": 2.0, "a": 1.0}))
    assert task.fit == other.fit and hash(task.fit) == hash(other.fit)
    assert fingerprint(task.fit) != fingerprint(task.replace(kind=replace(kind, weights={})).fit)
