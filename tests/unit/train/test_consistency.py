"""Training on two views of a row: which rows are paired, what is computed, and that it learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import toy_training as toy
from xstilts.core.errors import StoreError
from xstilts.data.examples import TagExample, TextExample
from xstilts.kinds.tagging import Tagging
from xstilts.metrics.chunks import TokenAccuracy
from xstilts.nn.encoder import Encoder
from xstilts.train.attempt import Attempt
from xstilts.train.job import Job, JobPart
from xstilts.train.loop import fit
from xstilts.train.perturbed_views import PerturbedViews

ROWS = toy.texts(80)


def noisy(example: TextExample) -> TextExample:
    """Every other example has a word more."""
    number = int(example.id.split("-")[1])
    return replace(example, text=f"{example.text} old") if number % 2 else example


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def part(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    return toy.part(encoder, tmp_path_factory.mktemp("clean"), ROWS, toy.texts(40, seed=1))


@pytest.fixture(scope="module")
def viewed(part: JobPart, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    folder = tmp_path_factory.mktemp("perturbed") / "rows"
    rows = toy.prepare([noisy(example) for example in ROWS], toy.KIND, encoder, folder)
    return replace(part, perturbed=[rows], consistency=1.0)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The number of sequences of each forward pass of an encoder that needs gradients."""
    seen: list[int] = []
    forward = Encoder.forward

    def counted(self: Encoder, batch: Any, *args: Any, **settings: Any) -> Any:
        if torch.is_grad_enabled():
            seen.append(len(batch.lengths_N))
        return forward(self, batch, *args, **settings)

    monkeypatch.setattr(Encoder, "forward", counted)
    yield seen


def attempt(encoder: Path, part: JobPart, **recipe: Any) -> Attempt:
    return Attempt(toy.job(encoder, [part], {"dropout": 0.0, **recipe}), 1, 8192)


def test_rows_whose_tokens_differ_have_two_views_and_others_one(viewed: JobPart):
    assert viewed.views is not None
    rows = [viewed.views.row(number, 0) for number in range(len(ROWS))]
    assert [row.perturbed is not None for row in rows] == [bool(i % 2) for i in range(len(ROWS))]
    assert all(row.is_whole for row in rows if row.perturbed is not None)
    for row in rows:
        assert row.perturbed is None or len(row.perturbed["ids"]) == len(row.clean["ids"]) + 1
        assert row.tokens == len(row.clean["ids"]) + (0 if row.perturbed is None else len(row.perturbed["ids"]))


def test_stages_have_equal_shares_of_the_updates_and_the_hardest_comes_last(part: JobPart, viewed: JobPart):
    views = PerturbedViews(part.train, range(len(ROWS)), [part.train, viewed.perturbed[0], part.train])
    assert [views.stage_at(update, 7) for update in range(7)] == [0, 0, 0, 1, 1, 2, 2]
    assert [views.stage_at(update, 2) for update in range(2)] == [0, 1]
    assert PerturbedViews(part.train, range(len(ROWS)), [part.train]).stage_at(6, 7) == 0


def test_without_a_consistency_loss_the_perturbed_row_of_the_stage_stands_for_the_other(
    encoder: Path, part: JobPart, viewed: JobPart, passes: list[int]
):
    """Two stages: the rows as they are, then the noisy ones."""
    staged = replace(part, perturbed=[part.train, viewed.perturbed[0]])
    run, plain = (attempt(encoder, each, updates=4, batch=16) for each in (staged, part))
    for number in range(2):
        assert run.update(number) == plain.update(number), "the first half is what it was"
    passes.clear()
    _, places = run.schedule.rows(2)
    result = run.update(2)
    assert passes == [16], "a row has one view"
    lengths = part.train.lengths[part.rows[places]]
    assert result.tokens == lengths.sum() + sum(int(place) % 2 for place in places)


def test_files_of_other_examples_are_refused(part: JobPart, viewed: JobPart):
    with pytest.raises(StoreError, match="not those that are trained on"):
        PerturbedViews(part.train, range(79), viewed.perturbed)


def test_an_update_runs_each_row_and_each_perturbed_view_once(encoder: Path, viewed: JobPart, passes: list[int]):
    run = attempt(encoder, viewed, updates=3, batch=16)
    for number in range(3):
        passes.clear()
        _, places = run.schedule.rows(number)
        pairs = sum(int(place) % 2 for place in places)
        result = run.update(number)
        assert passes == [16 - pairs, pairs, pairs]
        assert result.tokens > viewed.train.lengths[viewed.rows[places]].sum()


def test_a_part_without_views_runs_each_row_once(encoder: Path, part: JobPart, passes: list[int]):
    attempt(encoder, part, updates=1, batch=16).update(0)
    assert passes == [16]


def test_the_loss_is_the_mean_of_both_and_the_weighted_distance(encoder: Path, part: JobPart, viewed: JobPart):
    """Of one update after some training, without dropout, so that its parts can be computed apart."""

    def loss(last: JobPart) -> float:
        run = attempt(encoder, part, updates=31)
        for number in range(30):
            run.update(number)
        run.job = toy.job(encoder, [last])
        return run.update(30).loss

    none, one, five = (loss(replace(viewed, consistency=weight)) for weight in (1e-9, 1e3, 5e3))
    assert one - none > 1e-4 and five - none == pytest.approx(5 * (one - none), rel=1e-2)
    clean, perturbed = loss(part), loss(replace(part, train=viewed.perturbed[0]))
    assert none == pytest.approx((clean + perturbed) / 2, rel=1e-4), "each row counts once"


def test_cutting_an_update_into_passes_changes_nothing(encoder: Path, viewed: JobPart):
    whole, cut = (
        Attempt(toy.job(encoder, [viewed], {"dropout": 0.0}), 1, tokens).update(0) for tokens in (8192, 64)
    )  # fmt: skip
    assert cut.loss == pytest.approx(whole.loss, rel=1e-5) and cut.norm == pytest.approx(whole.norm, rel=1e-4)


def test_views_of_equal_tokens_train_as_if_there_were_none(encoder: Path, part: JobPart):
    plain = attempt(encoder, part)
    beside = attempt(encoder, replace(part, perturbed=[part.train], consistency=1.0))
    for number in range(3):
        assert plain.update(number) == beside.update(number)
    for name, weight in plain.model.trained.items():
        assert torch.equal(weight, beside.model.trained[name])


def test_it_draws_the_views_together(encoder: Path, viewed: JobPart, tmp_path: Path):
    """Trained with a heavy weight, what the model says of the views is closer than with next to none."""

    def apart(weight: float) -> float:
        job: Job = toy.job(encoder, [replace(viewed, consistency=weight)], {"updates": 30, "dropout": 0.0})
        run = Attempt(job, 1, 8192)
        for number in range(30):
            run.update(number)
        pairs = [viewed.views.row(i, 0) for i in range(1, len(ROWS), 2)] if viewed.views else []
        head, key = next(iter(run.model.by_key.values())), next(iter(run.model.by_key))
        with torch.no_grad():
            clean, other = (
                run.model(head.collate(rows), key).softmax(-1)
                for rows in ([row.clean for row in pairs], [row.perturbed for row in pairs])
            )
        return float((clean - other).abs().mean())

    assert apart(50.0) < 0.5 * apart(1e-9)


def test_a_long_sentence_of_several_rows_is_paired_row_by_row_and_not_compared(encoder: Path, tmp_path: Path):
    words = ("the", "a", "one", "some") * 20  # two rows of at most 40 tokens, or three
    kind = Tagging(labels=("x", "y"))
    rows = [
        TagExample(id=str(i), group=str(i), words=words[: 8 + 72 * i], tags=("x", "y") * (4 + 36 * i)) for i in (0, 1)
    ]
    part = toy.part(encoder, tmp_path / "clean", rows, rows, kind=kind, selection_metric=TokenAccuracy())
    changed = [replace(row, words=tuple(f"{word}{word}" for word in row.words)) for row in rows]
    other = toy.prepare(changed, kind, encoder, tmp_path / "other")
    views = PerturbedViews(part.train, range(2), [other])
    sizes = [np.diff(prepared.spans([1]))[0, 0] for prepared in (part.train, other)]
    assert sizes[1] > sizes[0] > 1
    assert views.row(0, 0).is_whole and not any(views.row(1 + i, 0).is_whole for i in range(sizes[0]))
    assert all(views.row(1 + i, 0).perturbed is not None for i in range(sizes[0]))
    summary = fit(
        toy.job(encoder, [replace(part, perturbed=[other], consistency=1.0)], {"updates": 2, "batch": 2}),
        tmp_path / "out",
        tmp_path / "scratch",
    )
    assert summary.state in ("ok", "at chance")
