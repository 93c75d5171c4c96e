"""Our metrics against the numbers XTREME's own evaluator prints for its own mock submission (seqeval 0.0.12)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xstilts.metrics.base import Metric, headline
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.retrieval import MiningF1, RetrievalAccuracy
from xstilts.metrics.sequences import ChunkF1
from xstilts.metrics.spans import Mlqa, Squad

Pairs = Iterator[tuple[Any, Any]]


def lines(labels: Path, predictions: Path) -> Pairs:
    yield from zip(labels.read_text().split(), predictions.read_text().split(), strict=True)


def sentences(labels: Path, predictions: Path) -> Pairs:
    sides = [[block.split() for block in path.read_text().strip().split("\n\n")] for path in (labels, predictions)]
    yield from zip(*sides, strict=True)


def ids(labels: Path, predictions: Path) -> Pairs:
    for gold, guess in lines(labels, predictions):
        yield [gold], guess


def mined(labels: Path, predictions: Path) -> Pairs:
    gold, guess = (dict(line.split("\t") for line in path.read_text().splitlines()) for path in (labels, predictions))
    for query in gold.keys() | guess.keys():
        yield [gold[query]] if query in gold else [], {"id": guess[query]} if query in guess else None


def answers(labels: Path, predictions: Path) -> Pairs:
    guesses = json.loads(predictions.read_text())
    for article in json.loads(labels.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                yield [answer["text"] for answer in question["answers"]], guesses[question["id"]]


TASKS: dict[str, tuple[Metric, Callable[[Path, Path], Pairs]]] = {
    "pawsx": (Accuracy(), lines),
    "xnli": (Accuracy(), lines),
    "udpos": (ChunkF1(), sentences),
    "panx": (ChunkF1(), sentences),
    "xquad": (Squad(), answers),
    "mlqa": (Mlqa(), answers),
    "tydiqa": (Squad(), answers),
    "bucc2018": (MiningF1(), mined),
    "tatoeba": (RetrievalAccuracy(), ids),
}


def score(folder: Path, task: str, language: str) -> np.ndarray:
    """Summed counts of one language."""
    metric, read = TASKS[task]
    suffix = "json" if read is answers else "tsv"
    paths = (folder / side / task / f"test-{language}.{suffix}" for side in ("labels", "predictions"))
    return np.sum([metric.tally(gold, guess, language) for gold, guess in read(*paths)], axis=0)


@pytest.mark.parametrize("task", TASKS)
def test_every_value_of_every_language_and_their_means(shared_golden: Path, task: str) -> None:
    official = json.loads((shared_golden / "xtreme/official.json").read_text())[task]
    metric, _ = TASKS[task]
    names = [name for name in official if not name.startswith("avg_")]
    counts = {lang: score(shared_golden / "xtreme", task, lang) for lang in official[names[0]]}
    for name in names:
        ours = {lang: float(metric.values(sums)[name]) for lang, sums in counts.items()}
        assert ours == pytest.approx(official[name], abs=1e-9)
        assert np.mean(list(ours.values())) == pytest.approx(official[f"avg_{name}"], abs=1e-9)
    mean = np.mean([headline(metric, sums) for sums in counts.values()])
    assert mean == pytest.approx(official["avg_metric"], abs=1e-9)


def test_the_total_is_the_mean_of_nine_task_scores(shared_golden: Path) -> None:
    official = json.loads((shared_golden / "xtreme/official.json").read_text())
    scores = []
    for task, (metric, _) in TASKS.items():
        first = next(name for name in official[task] if not name.startswith("avg_"))
        counts = [score(shared_golden / "xtreme", task, lang) for lang in official[task][first]]
        scores.append(np.mean([headline(metric, sums) for sums in counts]))
    assert np.mean(scores) == pytest.approx(official["all_task"], abs=1e-9)
