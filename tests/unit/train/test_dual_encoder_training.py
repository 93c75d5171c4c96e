"""A dual encoder learns to rank, an update of it is never cut, and one that does not fit says so."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import toy_training as toy
from xstilts.core.errors import StudyError
from xstilts.data.examples import PassageExample
from xstilts.evaluate.predict import predict_examples
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.metrics.ranking import MeanAveragePrecision
from xstilts.train.attempt import Attempt
from xstilts.train.job import JobPart
from xstilts.train.loop import fit
from xstilts.train.model import Model

# Which word of a passage answers which word of a query: nothing but training can tell.
ANSWERS = dict(zip(toy.FILLERS[:7], toy.FILLERS[7:], strict=True))
KIND = DualEncoder()


def pairs(number: int, seed: int = 0) -> list[PassageExample]:
    draw, found = random.Random(seed), []
    for i in range(number):
        asked = draw.choices(list(ANSWERS), k=2)
        query = " ".join([*["sunny"] * draw.randint(0, 2), *asked])
        passage = " ".join(ANSWERS[word] for word in asked)
        found.append(
            PassageExample(
                id=f"{seed}-{i}", group=str(i), query=query, passage=passage, context="rainy", relevant=(passage,)
            )
        )
    return found


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("encoder") / "toy")


def part(encoder: Path, folder: Path, kind: DualEncoder = KIND) -> JobPart:
    return toy.part(encoder, folder, pairs(200), pairs(40, seed=1), kind=kind, selection_metric=MeanAveragePrecision())


@pytest.mark.parametrize("pooling", ["pooler", "mean"])
def test_it_learns_to_rank(pooling: str, encoder: Path, tmp_path: Path) -> None:
    kind = DualEncoder(pooling=pooling)  # type: ignore[arg-type]
    recipe = {"updates": 150, "lr": 1e-2, "evaluate_every": 50, "dropout": 0.0}
    summary = fit(toy.job(encoder, [part(encoder, tmp_path, kind)], recipe), tmp_path / "out", tmp_path / "scratch")
    assert summary.state == "ok" and summary.best_score > 80 > 2 * summary.floor
    wanted = pairs(40, seed=2)
    queries = [replace(example, passage=None, context=None, id=f"q{example.id}") for example in wanted]
    pool = {example.name: replace(example, query=None, relevant=None, id=example.name) for example in wanted}
    examples = [*queries, *pool.values()]
    guesses = predict_examples(tmp_path / "out", kind, examples).guesses
    counts = kind.count(MeanAveragePrecision(), examples, guesses, "en")
    assert counts[:, 0].sum() / counts[:, 1].sum() > 0.8, "queries alone find passages alone"


def test_an_update_is_one_pass_whatever_a_pass_may_hold(encoder: Path, tmp_path: Path) -> None:
    """Cut into passes, a query would be compared with fewer passages and the loss would be another."""
    losses = []
    for tokens in (8192, 64):
        job = toy.job(encoder, [part(encoder, tmp_path / str(tokens))], {"forward_tokens": tokens, "dropout": 0.0})
        losses.append([Attempt(job, 1, tokens).update(number).loss for number in range(2)])
    assert losses[0] == losses[1] and np.isfinite(losses[0]).all()


def test_an_update_that_does_not_fit_is_an_error(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scarce(model: Model, batch, key):
        raise torch.OutOfMemoryError("CUDA out of memory")

    attempt = Attempt(toy.job(encoder, [part(encoder, tmp_path)]), 1, 8192)
    monkeypatch.setattr(Model, "forward", scarce)
    with pytest.raises(StudyError, match=r"an update of 16 rows, \d+ tokens, does not fit .*checkpointing: true"):
        attempt.update(0)
