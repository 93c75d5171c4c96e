"""Settings of tasks: each kind declares them with types and bounds, and everything else is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.app.plan import plan
from xstilts.core.errors import StudyError
from xstilts.kinds.catalog import KINDS
from xstilts.pipeline.options import Options
from xstilts.study.kind_settings import checked_settings, setting_names, settings_section
from xstilts.study.load import load_study
from xstilts.tasks.catalog import TASKS

STUDY = """\
question: probe
encoder: tiny-e5
arms: {none: {strategy: direct}}
targets: [tatoeba, xquad, udpos]
settings:
  TASK
"""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("tatoeba: {method: cosine}", r"6: settings\.tatoeba\.method: 'cosine' is not one of.*Allowed: nearest, mine"),
        ("tatoeba: {method: minee}", "Did you mean 'mine'"),
        ("tatoeba: {k: -3}", r"6: settings\.tatoeba\.k: 'k' must be a whole number, at least 1 and at most .*not '-3'"),
        ("tatoeba: {layer: true}", "'layer' must be a whole number, at least -1"),
        ("tatoeba: {layer: -2}", "'layer' must be a whole number, at least -1"),
        ("tatoeba: {layer: 1.5}", "'layer' must be a whole number"),
        ("tatoeba: {layer: middle}", "'layer' must be a whole number.*'middle'"),
        ("tatoeba: {layer: [3, 3]}", r"layer\[1\]: '3' stands here twice"),
        ("tatoeba: {layer: [3, two]}", "'layer' must be a whole number"),
        ("tatoeba: {layer: []}", "'layer' is empty"),
        ("tatoeba: {specials: maybe}", "'specials' must be true or false, not 'maybe'"),
        ("tatoeba: {specials: 1}", "'specials' must be true or false"),
        ("tatoeba: {k: }", "'k' has no value"),
        ("tatoeba: {lyer: 3}", r"no setting 'lyer'\. Did you mean 'layer'"),
        ("tatoebaa: {layer: 3}", r"no task 'tatoebaa'\. Did you mean 'tatoeba'"),
        ("xquad: {stride: 0}", "'stride' must be a whole number, at least 1"),
        ("xquad: {max_answer: many}", "'max_answer' must be a whole number"),
        ("udpos: {stride: 3}", "A tagging task has no setting 'stride'"),
        ("udpos: {labels: [a]}", "A tagging task has no setting 'labels'"),
    ],
)
def test_a_setting_that_its_kind_does_not_allow_is_refused_with_its_line(
    settings: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("TASK", settings))
    with pytest.raises(StudyError, match=said) as caught:
        plan(load_study(str(path)), options=Options(store=tmp_path / "store"))
    assert str(caught.value).startswith("study.yaml:") and "Input should" not in str(caught.value)


def test_what_a_kind_allows_passes() -> None:
    for task, settings in (
        ("tatoeba", {"layer": [0, 7, -1], "specials": False, "k": 8, "method": "mine"}),
        ("tatoeba", {"layer": None}),
        ("xquad", {"stride": 64, "max_question": 32, "max_answer": 20, "no_answer": True}),
        ("mewslix", {"pooling": "mean", "scale": 50, "max_query": 64}),
    ):
        kind = type(TASKS[task].kind)
        assert checked_settings(kind, settings, task) == settings


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_setting_of_a_kind_has_a_type_and_a_row_in_the_docs(kind: type) -> None:
    docs = (Path(__file__).parents[3] / "docs" / "studies.md").read_text(encoding="utf-8")
    fields = settings_section(kind).model_fields
    assert set(fields) == set(setting_names(kind))
    table = docs[docs.index("## Settings of a task") :]
    for name in setting_names(kind):
        assert f"| `{name}` |" in table, f"docs/studies.md has no row of `{name}` of {kind.__name__}"
    for name in setting_names(kind):
        for wrong in ("nonsense", [], {}):
            with pytest.raises(StudyError):
                checked_settings(kind, {name: wrong}, "t")
