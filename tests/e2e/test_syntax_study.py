"""Trees and roles from a user's own files through a whole study: one after the other, mixed, forgotten, scored."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tiny_study import TinyStudy

from toy_trees import RELATIONS, both
from xstilts.data.examples import DependencyRolesExample

Make = Callable[..., TinyStudy]


def conllu(examples: Sequence[DependencyRolesExample]) -> str:
    blocks = []
    for example in examples:
        words = zip(example.words, example.heads or (), example.relations or (), strict=True)
        rows = [f"{i}\t{w}\t_\tX\t_\t_\t{head}\t{relation}\t_\t_" for i, (w, head, relation) in enumerate(words, 1)]
        blocks.append("\n".join([f"# sent_id = {example.id}", *rows, "", ""]))
    return "".join(blocks)


def props(examples: Sequence[DependencyRolesExample]) -> str:
    blocks = []
    for example in examples:
        predicates = example.predicates or ()
        rows = []
        for i in range(len(example.words)):
            cells = ["see" if any(one.index == i for one in predicates) else "-"]
            for one in predicates:
                opened = "".join(f"({label}" for start, _, label in one.spans or () if start == i)
                closed = ")" * sum(end == i + 1 for _, end, _ in one.spans or ())
                cells.append(f"{opened}*{closed}")
            rows.append(" ".join(cells))
        blocks.append("\n".join([*rows, "", ""]))
    return "".join(blocks)


@pytest.fixture
def syntax(study: Make) -> TinyStudy:
    tiny = study()
    for name, number, seed in (("train", 60, 0), ("dev", 20, 1), ("de", 20, 2)):
        examples = both(number, seed)
        (tiny.folder / f"{name}.conllu").write_text(conllu(examples), "utf-8")
        (tiny.folder / f"{name}.props").write_text(props(examples), "utf-8")
    trees = {"kind": "dependency", "reader": "conllu", "labels": list(RELATIONS)}
    roles = {"kind": "roles", "reader": "props", "labels": ["ARG0", "ARG1", "ARGM-TMP"]}
    tiny.tasks |= {
        "trees": {**trees, "train": "train.conllu", "dev": "dev.conllu", "test": {"de": "de.conllu"}},
        "roles": {
            **roles,
            **{use: [f"{use}.conllu", f"{use}.props"] for use in ("train", "dev")},
            "test": {"de": ["de.conllu", "de.props"]},
        },
    }
    tiny.write(
        arms={
            "none": {"strategy": "direct"},
            "trees-roles": {"strategy": "sequential", "through": ["trees", "roles"]},
            "mixed": {"strategy": "multitask", "through": ["trees", "roles"], "sampling": "uniform"},
        },
        targets=["roles", "weather"],
        train={"updates": 8, "batch": 8, "lr": 1e-2, "max_length": 32, "intermediate": {"updates_an_arm": 16}},
        settings={"trees": {"arc": 8, "relation": 8}, "roles": {"units": 8}},
        seeds=[1],
        forgetting="all",
    )
    return tiny


def test_own_trees_and_roles_go_through_a_study(syntax: TinyStudy, capsys: pytest.CaptureFixture[str]):
    assert syntax.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "trees-roles trees → roles 8 → 8" in said and "mixed roles + trees 16" in said
    assert syntax.call("run") == 0
    report = json.loads((syntax.store / "reports" / "tiny" / "report.json").read_text("utf-8"))
    left = {(one["arm"], "→".join(one["phases"]), one["task"]): one for one in report["forgetting"]}
    assert set(left) == {
        ("trees-roles", "trees", "trees"), ("trees-roles", "trees→roles", "trees"),
        ("trees-roles", "trees→roles", "roles"), ("trees-roles", "trees→roles→roles", "trees"),
        ("trees-roles", "trees→roles→weather", "trees"), ("trees-roles", "trees→roles→weather", "roles"),
        ("mixed", "roles + trees", "trees"), ("mixed", "roles + trees", "roles"),
        ("mixed", "roles + trees→roles", "trees"),
        ("mixed", "roles + trees→weather", "trees"), ("mixed", "roles + trees→weather", "roles"),
    }  # fmt: skip
    assert all(one["value"] is not None and not one["reason"] for one in left.values())
    assert left["trees-roles", "trees→roles", "trees"]["headline"] == "las"
    assert report["headline"] is None  # no target is XTREME's
    scored = {(one["target"], one["arm"]) for one in report["standings"] if one["overall"]["value"] is not None}
    assert scored >= {(target, arm) for target in ("roles", "weather") for arm in ("none", "trees-roles", "mixed")}


def test_words_are_counted_for_the_report_and_cost_the_study_no_step(
    syntax: TinyStudy, capsys: pytest.CaptureFixture[str]
):
    (syntax.folder / "de.conllu").write_text(conllu(both(80, 2)), "utf-8")
    syntax.write(
        arms={"none": {"strategy": "direct"}, "roles": {"strategy": "sequential", "through": ["roles"]}},
        targets=["trees"],
        forgetting="none",
    )
    assert syntax.call("run") == 0
    counted = json.loads((syntax.store / "reports" / "tiny" / "report.json").read_text("utf-8"))["word_by_word"]
    assert counted["notes"] == [] and set(counted["orders"]["trees"]) == {"de"}
    rows = [row for row in counted["rows"] if row["measure"] == "las"]
    assert {"distance", "direction", "depth", "length", "word"} == {row["facet"] for row in rows}
    for row in rows:
        assert row["languages"] == ["de"] and set(row["scores"]) == {"none", "roles"}
        assert set(row["gains"]) == {"roles over none"}
    roots = next(row for row in rows if (row["facet"], row["value"]) == ("direction", "root"))
    assert roots["words"] == 80
    (folder,) = syntax.store.glob("steps/words-*")
    capsys.readouterr()
    assert syntax.call("plan", "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["to_run"] == 0 and folder.name not in {step["key"] for step in planned["steps"]}
    assert syntax.call("run") == 0 and list(syntax.store.glob("steps/words-*")) == [folder], "counted once"
    shutil.rmtree(folder)
    predicate = {"arm": "roles", "over": "none", "comparison": "greater"}
    syntax.write(claims={"roles help": {"says": "Roles help.", "predicate": predicate}})
    assert syntax.call("claims") == 0 and not list(syntax.store.glob("steps/words-*")), "claims run nothing"


def test_a_broken_tree_stops_the_study_before_anything_is_trained(
    syntax: TinyStudy, capsys: pytest.CaptureFixture[str]
):
    place: Path = syntax.folder / "de.conllu"
    place.write_text(place.read_text("utf-8").replace("\t0\troot", "\t1\troot", 1), "utf-8")
    syntax.write(targets=["trees", "weather"])
    assert syntax.call("run") == 2
    assert "de.conllu:" in capsys.readouterr().err and not syntax.records("train")
