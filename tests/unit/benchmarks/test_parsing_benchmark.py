"""The parsing benchmark: what it compares, what it hands to both sides, and the memory a long sentence takes."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.data.syntax.trees import tree_fault
from xstilts.metrics.trees import Attachment, tallies

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"
NAMES = ("parsing_files", "parsing_ours", "parsing_peak", "parsing_tables", "training_rows")
GIGABYTE = 10**9
TEXT = "the old dog did not see a cat that sat under our table and slept"
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(SCRIPTS))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(str(SCRIPTS))
    for name in NAMES:
        del sys.modules[name]


@pytest.fixture(scope="module")
def request_of(scripts: dict[str, ModuleType], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A treebank of chains, and the packaged encoder."""
    place = tmp_path_factory.mktemp("parsing")
    sizes = [3, 5, 15, 8] * 4
    chains = [(WORDS[:size], list(range(size)), ["root", *["dep"] * (size - 1)]) for size in sizes]
    scripts["parsing_files"].write_trees(place / "trees.conllu", chains)
    return {
        "place": str(place),
        "folder": str(scripts["training_rows"].make_folder("tiny-e5", place)),
        "train": str(place / "trees.conllu"),
        "tests": {"en": str(place / "trees.conllu")},
        "speed": str(place / "trees.conllu"),
        "updates": 2,
        "batch": 5,
        **{"lr": 1e-5, "head_lr": 1e-3, "arc": 8, "relation": 6, "seed": 1, "threads": 1},
    }


def counts(heads: list[int]) -> np.ndarray:
    gold = {"heads": [0, 1, 1], "relations": ["root", "obj", "obj"]}
    return Attachment().select_columns(tallies([gold], [gold | {"heads": heads}]))


def test_files_hold_the_same_words(scripts: dict[str, ModuleType], tmp_path: Path) -> None:
    files, path = scripts["parsing_files"], tmp_path / "a.conllu"
    files.write_trees(path, [(["New York", "#"], [0, 1], ["root", "dep"]), (["it"], [0], ["root"])])
    assert files.read_words(path) == [("New York", "#"), ("it",)]
    first, second = ConlluTrees()([path])
    assert (first["words"], first["heads"], second["deprels"]) == (["New York", "#"], [0, 1], ["root"])


def test_the_difference_is_paired(scripts: dict[str, ModuleType]) -> None:
    """Sides that differ from sentence to sentence, but not from each other."""
    difference = scripts["parsing_tables"].difference
    mixed = np.concatenate([counts([0, 1, 1]), counts([2, 0, 2])] * 20)
    assert difference(mixed, mixed, "uas") == (0.0, 0.0, 0.0)
    better = np.concatenate([counts([0, 1, 1]), counts([0, 1, 2])] * 20)
    value, low, high = difference(better, mixed, "uas")
    assert value == pytest.approx(100 / 3)
    assert 0 < low < value < high


def test_tables_with_and_without_a_peer(scripts: dict[str, ModuleType]) -> None:
    tables = scripts["parsing_tables"]
    page, found = tables.accuracy_table({"en": {"ours": counts([0, 1, 1]), "supar": counts([0, 1, 2])}})
    assert "| en | 1 | LAS | 100.00 | 66.67 | +33.33 (" in page
    alone, _ = tables.accuracy_table({"en": {"ours": counts([0, 1, 1])}})
    assert "| en | 1 | LAS | 100.00 | – | – |" in alone
    assert [one["score"] for one in found] == ["las", "uas"]
    run = {"sentences": 10, "cpu_seconds": 1.0, "peak_bytes": 2e9}
    runs = {
        ("ours", "bf16", "tree"): [run | {"seconds": seconds} for seconds in (1.0, 5.0, 2.0)],
        ("supar", "fp32", "tree"): [run | {"seconds": 8.0, "cpu_seconds": 3.0}],
    }
    page, found = tables.speed_table(runs)
    assert "| tree | xstilts, bf16 | 5 | 10 | 2.00 | 4.00 × (3.00 ×) |" in page, "the median of the rounds"
    assert found[0]["seconds"] == [1.0, 5.0, 2.0]


def test_our_side_trains_and_parses(scripts: dict[str, ModuleType], request_of: dict[str, Any]) -> None:
    ours, place = scripts["parsing_ours"], Path(request_of["place"])
    assert ours.train(request_of)["state"] == "ok"
    updates = json.loads((place / "updates.json").read_text())
    assert [len(update) for update in updates] == [5, 5]
    assert len({number for update in updates for number in update}) == 10, "no sentence twice before all were seen"
    ours.predict(request_of)
    guesses = list(ConlluTrees()([place / "ours-en.conllu"]))
    assert [len(guess["words"]) for guess in guesses] == [3, 5, 15, 8] * 4
    assert all(tree_fault(guess["heads"]) is None for guess in guesses)
    found = ours.speed(request_of | {"precision": "fp32", "decoding": "greedy"})
    assert found["sentences"] == 16 and found["seconds"] > 0


@pytest.mark.parametrize("words", [500, 1200])
def test_a_long_sentence_parses_within_a_gigabyte(
    words: int, scripts: dict[str, ModuleType], request_of: dict[str, Any], tmp_path: Path
) -> None:
    """A process of its own, with torch and the packaged encoder; 1200 words are more than the encoder's positions."""
    text = tmp_path / "long.conllu"
    scripts["parsing_files"].write_trees(text, [(WORDS * 100, [1] * 1500, ["dep"] * 1500)])
    asked = request_of | {"speed": str(text), "words": words, "precision": "fp32", "arc": 500, "relation": 100}
    (tmp_path / "request.json").write_text(json.dumps(asked))
    command = [sys.executable, str(SCRIPTS / "parsing_ours.py"), "memory", str(tmp_path / "request.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["words"] == words
    assert found["peak_bytes"] < GIGABYTE
    assert found["furthest"] > words / 2, "arcs span the whole sentence"
