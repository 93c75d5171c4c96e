"""Choices made in the declarations of intents with slots: what selects, which heads fit, what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.heads.registry import head_key
from xstilts.report.topics.notes import losses
from xstilts.tasks.catalog import TASKS
from xstilts.tasks.mtop_labels import MTOP_INTENTS, MTOP_SLOTS
from xstilts.tasks.semantic_parsing import TASKS as FRAMES


@pytest.fixture
def here(shared_data: Path, tmp_path: Path) -> Roots:
    return Roots(data=(shared_data,), store=tmp_path, offline=True, samples=tmp_path / "none")


def read(found: Source | None, here: Roots) -> list:
    assert found is not None
    return list(load_examples(resolve_source(found, here)).examples)


def test_each_benchmark_is_scored_as_its_own_program_does():
    first = {task.name: task.scored[0].name for task in FRAMES}
    assert first == {
        "xsid": "xsid_slots", "xsid-snips": "xsid_slots", "snips": "frame_accuracy", "massive": "massive_exact_match",
        "massive-de": "massive_exact_match", "mtop": "mtop_pytext", "mtop-dev-slice": "mtop_pytext",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"), [("xsid", "xsid-snips"), ("massive", "massive-de"), ("mtop", "mtop-dev-slice")]
)
def test_a_head_of_the_small_task_stands_for_that_of_the_large(one: str, other: str):
    assert head_key(TASKS[one].kind) == head_key(TASKS[other].kind)


def test_label_sets_have_the_published_sizes():
    sizes = {task.name: (len(task.kind.intents), len(task.kind.slots)) for task in FRAMES}
    assert sizes["xsid"] == (16, 35) and sizes["snips"] == (7, 39) and sizes["massive"] == (60, 55)
    assert (len(MTOP_INTENTS), len(MTOP_SLOTS)) == (113, 78)
    assert len(TASKS["massive"].test) == 52 and len(TASKS["xsid"].test) == 16


def test_the_validation_set_of_snips_does_not_select_for_xsid_which_it_is_a_part_of(here: Roots):
    task = TASKS["xsid-snips"]
    assert task.fit is not None
    tested = said(task.test["en"], here)
    assert len(tested & said(TASKS["snips"].dev, here)) == 140
    assert len(tested & (said(task.fit.train, here) | said(task.fit.dev, here))) == 3


def said(source: Source | None, here: Roots) -> set[str]:
    return {"".join(example.words).lower() for example in read(source, here)}


def test_mtops_slice_selects_on_other_rows_than_it_trains_on(here: Roots):
    fit = TASKS["mtop-dev-slice"].fit
    assert fit is not None
    groups = [{example.group for example in read(source, here)} for source in (fit.train, fit.dev)]
    assert [len(of) for of in groups] == [688, 171] and not groups[0] & groups[1]


@pytest.mark.parametrize(
    ("name", "rows"), [("snips", 700), ("massive-de", 1652), ("xsid", 500), ("mtop-dev-slice", 700)]
)
def test_every_row_of_the_test_files_is_one_of_the_kind(name: str, rows: int, here: Roots):
    task = TASKS[name]
    for language in {"snips": ("en",), "massive-de": ("de",)}.get(name, ("en", "de")):
        examples = read(task.test[language], here)
        assert len(examples) == rows
        for example in examples:
            task.kind.check(example)
            assert task.kind.gold(example) is not None and example.intent in task.kind.intents


def test_a_report_says_how_many_rows_have_a_label_outside_the_set():
    said = losses([{"task": "mtop", "use": "de", "language": "de", "rows": 700, "unknown_labels": 3}])
    assert said == (
        "mtop test: 700 rows used in 1 file; 3 with an intent or a slot outside the label set, which no guess finds.",
    )
