"""Tasks of forms: labels are those of their training questions, and how much of the gold can be written at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.data.examples import ParseExample
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.kinds.parse_generation import ParseGeneration, labels_of
from xstilts.metrics.sql import run
from xstilts.tasks import meaning_forms
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

SETS = {
    **{f"geoquery-{form}": (one, "train") for form, one in meaning_forms.GEOQUERY.items()},
    "mtop-trees": (meaning_forms.MTOP_TREES, "dev"),
    "overnight-dev-slice": (meaning_forms.OVERNIGHT, "dev"),
    "mcwq-dev-slice": (meaning_forms.MCWQ, "dev"),
    "mconala-dev-slice": (meaning_forms.MCONALA, "dev"),
}


def read(source: Source, shared_data: Path, tmp_path: Path) -> list[ParseExample]:
    roots = Roots(data=(shared_data,), store=tmp_path, offline=True)
    found = load_examples(resolve_source(source, roots)).examples
    assert all(isinstance(example, ParseExample) for example in found)
    return list(found)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SETS)
def test_labels_are_those_of_the_training_questions(name: str, shared_data: Path, tmp_path: Path):
    form_set, split = SETS[name]
    examples = read(form_set.source("en", split), shared_data, tmp_path)
    assert TASKS[name].kind.labels == labels_of(examples, form_set.form_language)  # type: ignore[attr-defined]


def writable(task: Task, language: str, shared_data: Path, tmp_path: Path) -> float:
    """The share of gold forms that the decoder can write, in per cent."""
    assert isinstance(task.kind, ParseGeneration)
    examples = read(task.test[language], shared_data, tmp_path)
    ids = {label: number for number, label in enumerate(task.kind.labels, 1)}
    golds = [task.kind._gold(example, task.kind.copied(example.words), ids) for example in examples]
    return round(100 * sum(isinstance(gold, list) for gold in golds) / len(golds), 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("geoquery-funql", {"en": 98.6, "de": 97.8, "sv": 89.2, "th": 38.3, "zh": 38.3}),
        ("geoquery-sql", {"en": 99.6, "de": 98.9}),
        ("mtop-trees", {"en": 98.0, "de": 98.0, "th": 98.0}),
        ("overnight-dev-slice", {"en": 99.6, "zh": 99.6}),
        ("mcwq-dev-slice", {"en": 100.0, "kn": 100.0}),
        ("mconala-dev-slice", {"es": 14.1, "ru": 31.6}),
    ],
)
def test_the_share_of_gold_that_can_be_written(
    name: str, expected: dict[str, float], shared_data: Path, tmp_path: Path
):
    assert {language: writable(TASKS[name], language, shared_data, tmp_path) for language in expected} == expected


def test_gold_sql_runs_on_the_tables_of_geoquery_and_of_spider(shared_data: Path, tmp_path: Path):
    geo = read(TASKS["geoquery-sql"].test["de"], shared_data, tmp_path)
    spider = read(TASKS["mspider"].test["en"], shared_data, tmp_path)
    assert len(geo) == 277 and len(spider) == 500
    assert all(run(example.form or "", example.database) == [] for example in geo[:40])
    assert all(run(example.form or "", example.database) is not None for example in [*geo, *spider])


def test_a_set_without_a_training_file_here_takes_its_labels_from_yours(tmp_path: Path):
    rows = [{"question": {"en": "schools in Ulm?"}, "mr": {"funql": "query(area(keyval('name','Ulm')))"}}]
    (tmp_path / "train.json").write_text(json.dumps(rows), "utf-8")
    task = meaning_forms.with_labels_of(meaning_forms.NLMAPS, "nlmaps", tmp_path / "train.json")
    assert isinstance(task.kind, ParseGeneration)
    assert set(task.kind.labels) == {"query(", "area(", "keyval(", "'", "name", ",", ")"}
    assert set(task.test) == {"en", "de"} and task.origin.noncommercial
