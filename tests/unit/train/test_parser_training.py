"""A parser learns a toy treebank without a mistake, and reads it back from its checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from toy_training import job, part
from toy_trees import RELATIONS, ROLES, both, labelled, parsed
from toy_vectors import VectorSettings, build
from xstilts.data.syntax.joint_labels import pack_roles
from xstilts.evaluate.predict import predict_examples
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.dependency_roles import DependencyRoles
from xstilts.kinds.roles import SemanticRoles
from xstilts.metrics.tallies import headline
from xstilts.metrics.trees import Attachment
from xstilts.train.loop import fit

KIND = Dependency(labels=RELATIONS, arc=24, relation=12, dropout=0.1)


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    lines = [" ".join(example.words) for example in parsed(80)]
    settings = VectorSettings(vocabulary=150, width=32, layers=1, heads=2, positions=60)
    build({"en": lines, "xx": [line.upper() for line in lines]}, tmp_path / "encoder", settings)
    return tmp_path / "encoder"


def test_a_treebank_is_learnt_without_a_mistake(encoder: Path, tmp_path: Path) -> None:
    toy = part(encoder, tmp_path, parsed(120), parsed(20, seed=7), kind=KIND, selection_metric=Attachment())
    recipe = {"updates": 120, "lr": 1e-2, "evaluate_every": 60, "dropout": 0.0}
    summary = fit(job(encoder, [toy], recipe), tmp_path / "out", tmp_path / "scratch")
    assert summary.state == "ok" and summary.floor < 60
    tests = parsed(30, seed=9)
    found = predict_examples(tmp_path / "out", KIND, tests)
    counts = KIND.count(Attachment(), tests, found.guesses, "en").sum(axis=0)
    assert headline(Attachment(), counts) == 100.0
    assert found.scores is None


@pytest.mark.parametrize("form", ["spans", "heads"])
def test_roles_are_learnt_without_a_mistake(form: str, encoder: Path, tmp_path: Path) -> None:
    kind = SemanticRoles(labels=ROLES, form=form, units=32, dropout=0.0)  # type: ignore[arg-type]
    made = [labelled(300, form=form), labelled(40, seed=7, form=form)]
    toy = part(encoder, tmp_path, *made, kind=kind, selection_metric=kind.metrics[0])
    recipe = {"updates": 400, "lr": 1e-2, "evaluate_every": 200, "dropout": 0.0}
    summary = fit(job(encoder, [toy], recipe), tmp_path / "out", tmp_path / "scratch")
    assert summary.state == "ok" and summary.floor == 0
    tests = labelled(30, seed=9, form=form)
    found = predict_examples(tmp_path / "out", kind, tests)
    assert any(not example.predicates for example in tests) and any(len(e.predicates or ()) > 1 for e in tests)
    for metric in kind.metrics:
        assert headline(metric, kind.count(metric, tests, found.guesses, "en").sum(axis=0)) == 100.0


def test_trees_and_roles_are_learnt_by_one_parser(encoder: Path, tmp_path: Path) -> None:
    labels = {label for one in both(120) for label in pack_roles(one, one.predicates or ())}
    kind = DependencyRoles(labels=tuple(sorted(labels)), arc=24, relation=12, dropout=0.1)
    toy = part(encoder, tmp_path, both(120), both(20, seed=7), kind=kind, selection_metric=Attachment())
    recipe = {"updates": 120, "lr": 1e-2, "evaluate_every": 60, "dropout": 0.0}
    fit(job(encoder, [toy], recipe), tmp_path / "out", tmp_path / "scratch")
    tests = both(30, seed=9)
    unlabelled = [replace(one, heads=None, relations=None, predicates=None) for one in tests]
    guesses = predict_examples(tmp_path / "out", kind, unlabelled).guesses
    for metric in kind.metrics:
        assert headline(metric, kind.count(metric, tests, guesses, "en").sum(axis=0)) == 100.0
