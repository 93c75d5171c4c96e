"""What is left of earlier tasks, from counts to a table and a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xstilts.data.examples import TextExample
from xstilts.evaluate.score import LanguageSet, score
from xstilts.kinds.classification import Classification
from xstilts.report.elements.blocks import Fold
from xstilts.report.scores.inputs import ForgettingScores
from xstilts.report.topics.forgetting import blocks, changes, terminal

KIND = Classification(labels=("no", "yes"))
GOLD = [TextExample(id=str(i), group=str(i), text="x", label="yes") for i in range(400)]


def scored(folder: Path, right: int) -> Path:
    """A score artefact of 400 examples, the first `right` of them guessed."""
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    guesses = [json.dumps("yes" if i < right else "no") for i in range(len(GOLD))]
    names = [example.id for example in GOLD]
    pq.write_table(pa.table({"id": names, "group": names, "guess": guesses}), folder / "en.parquet")
    score(KIND, KIND.metrics, {"en": LanguageSet(examples=GOLD)}, folder, folder)
    return folder


def recalled(root: Path, right: dict[int, int], phases: tuple[str, ...], **more: object) -> list[ForgettingScores]:
    """Task "a" after these phases, with so many right answers a seed."""
    known = {"arm": "both", "task": "a", "metric": "accuracy", "headline": "accuracy", "learnt": 0, **more}
    return [
        ForgettingScores(seed=seed, phases=phases, scores=scored(root / "-".join(phases) / str(seed), n), **known)
        for seed, n in right.items()
    ]


def test_a_change_is_paired_by_seed_and_by_document(tmp_path: Path) -> None:
    found = recalled(tmp_path, {1: 360, 2: 364}, ("a",)) + recalled(tmp_path, {1: 280, 2: 284}, ("a", "b"))
    fresh, later = changes(found)
    assert fresh.value == pytest.approx(90.5) and fresh.change is None and not fresh.is_earlier
    assert later.value == pytest.approx(70.5) and later.change == pytest.approx(-20.0)
    assert later.low is not None and later.high is not None and later.low < -20 < later.high < 0
    # were the two not paired, documents alone would spread it by about 5.4 points either way
    assert later.high - later.low < 2 * 1.96 * 100 * np.sqrt(0.905 * 0.095 / 400 + 0.705 * 0.295 / 400)
    assert terminal(changes(found))[0].text.startswith("Forgetting, in points on dev sets: a −20.0 (")


def test_only_seeds_with_both_scores_make_a_change(tmp_path: Path) -> None:
    fresh = recalled(tmp_path, {1: 360, 2: 40}, ("a",))
    failed = replace(fresh[1], phases=("a", "b"), status="failed", reason="no memory", scores=None)
    found = changes([*fresh, *recalled(tmp_path, {1: 320}, ("a", "b")), failed])
    assert found[1].by_seed == {1: pytest.approx(80.0)} and found[1].change == pytest.approx(-10.0)
    assert found[1].reason == "failed: no memory"
    (table,) = blocks(found, 2)
    assert table.rows[1][2].marks == ("1 of 2 seeds",) and table.rows[1][2].small_print[0].startswith("−10.0 (")


def test_what_could_not_be_scored_is_missing_with_its_reason(tmp_path: Path) -> None:
    (fresh,) = recalled(tmp_path, {1: 360}, ("a",))
    gone = replace(fresh, phases=("a", "b"), status="not run", reason="it has not been run", scores=None)
    found = changes([fresh, gone])
    assert found[1].value is None and found[1].change is None and not terminal(found)
    (table,) = blocks(found, 1)
    assert (table.rows[1][2].text, table.rows[1][2].small_print) == ("missing", ("not run: it has not been run",))


def test_targets_have_a_table_of_their_own(tmp_path: Path) -> None:
    (fresh,) = recalled(tmp_path, {1: 360}, ("a",))
    other = replace(fresh, task="b", phases=("a", "b"), learnt=1)
    after = recalled(tmp_path, {1: 200}, ("a", "t"), targets=("t", "u"))
    table, fold = blocks(changes([fresh, other, *after]), 1)
    assert [entry.text for entry in table.rows[0]] == ["both", "a", "90.0", "–"]
    assert [entry.text for entry in table.rows[1]] == ["both", "b", "–", "90.0"]
    assert isinstance(fold, Fold) and [e.flat for e in fold.blocks[0].rows[0]][:2] == ["both", "t and u, after a"]
    assert fold.blocks[0].rows[0][2].small_print[0].startswith("−40.0 (")
    assert blocks((), 1) == ()
