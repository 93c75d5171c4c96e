"""Pseudo-log-likelihoods against a slow loop and against minicons, token by token (see the goldens' README)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xstilts.data.examples import PairExample, TextExample
from xstilts.evaluate.predict import predict_examples
from xstilts.kinds.minimal_pairs import MinimalPairs
from xstilts.kinds.pseudo_perplexity import TextPerplexity

WAYS = {"original": "original", "within-word": "within_word_l2r"}  # ours -> the goldens'
EXACT = 1e-4  # of a sum


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(params=["bert", "xlm-r"])
def case(request: pytest.FixtureRequest, shared_golden: Path) -> tuple[Path, list[dict]]:
    folder = shared_golden / "pll"
    return folder / request.param, read(folder / f"{request.param}.scores.jsonl")


def pairs(folder: Path) -> list[PairExample]:
    rows = read(folder.parent / "pairs.jsonl")
    return [PairExample(id=str(i), group=str(i), good=r["good"], bad=r["bad"]) for i, r in enumerate(rows)]


def test_sums_of_pairs_are_those_of_the_goldens(case: tuple[Path, list[dict]]):
    model, golden = case
    examples = pairs(model)
    guesses = predict_examples(model, MinimalPairs(), examples, max_length=96).guesses
    assert len(guesses) == 20
    for way, name in WAYS.items():
        ours = [guess["scores"][way][side] for guess in guesses for side in ("good", "bad")]
        assert [golden[i]["sentence"] for i in (0, 1)] == [examples[0].good, examples[0].bad]
        np.testing.assert_allclose(ours, [golden[i][f"{name}_sum"] for i in range(40)], rtol=0, atol=EXACT)
        np.testing.assert_allclose(ours, [golden[i][f"minicons_{name}"] for i in range(40)], rtol=0, atol=1e-3)


def test_accuracies_are_those_of_the_goldens(case: tuple[Path, list[dict]]):
    model, _ = case
    accuracy = json.loads((model.parent / "accuracy.json").read_text("utf-8"))[model.name]["accuracy"]
    kind = MinimalPairs()
    examples = pairs(model)
    guesses = predict_examples(model, kind, examples, max_length=96).guesses
    counts = kind.count(kind.metrics[0], examples, guesses, "en").sum(axis=0)
    values = kind.metrics[0].values(counts)
    assert values["accuracy"] == pytest.approx(100 * accuracy["within_word_l2r"]["sum"])
    assert values["accuracy original"] == pytest.approx(100 * accuracy["original"]["sum"])


@pytest.mark.parametrize("way", ["original", "within-word"])
def test_odd_sentences(case: tuple[Path, list[dict]], way: str):
    """Single words, unknown characters, a special token spelled in the text."""
    model, golden = case
    sentences = [row["sentence"] for row in read(model.parent / "odd.jsonl")]
    examples = [TextExample(id=str(i), group=str(i), text=text) for i, text in enumerate(sentences)]
    guesses = predict_examples(model, TextPerplexity(masking=way), examples, max_length=96).guesses
    expected = golden[40:]
    assert [row["sentence"] for row in expected] == sentences
    assert [guess["tokens"] for guess in guesses] == [row["n_tokens"] for row in expected]
    sums = [guess["log_probability"] for guess in guesses]
    np.testing.assert_allclose(sums, [row[f"{WAYS[way]}_sum"] for row in expected], rtol=0, atol=EXACT)


def test_one_way_alone_gives_what_it_gives_beside_the_other(case: tuple[Path, list[dict]]):
    model, _ = case
    both = predict_examples(model, MinimalPairs(), pairs(model), max_length=96).guesses
    for way in WAYS:
        alone = predict_examples(model, MinimalPairs(masking=way), pairs(model), max_length=96).guesses
        for one, two in zip(alone, both, strict=True):
            assert one["scores"][way] == pytest.approx(two["scores"][way], abs=EXACT)
            assert list(one["scores"]) == [way]
