"""The optimiser and the schedule of a run, as numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import Parameter

from xstilts.core.errors import StudyError
from xstilts.core.settings.sampling import Sampling
from xstilts.core.settings.training import Recipe
from xstilts.train.optim import (
    learning_rate,
    make_optimiser,
    restore_state,
    scale_and_clip,
    set_learning_rate,
    state_tensors,
)
from xstilts.train.schedule import make_schedule, total_updates


def test_the_rate_warms_up_and_falls() -> None:
    recipe = Recipe(lr=2.0, warmup=0.2)
    rates = [learning_rate(update, 10, recipe) for update in range(10)]
    assert rates == pytest.approx([1.0, 2.0, 2.0, 1.75, 1.5, 1.25, 1.0, 0.75, 0.5, 0.25])
    assert learning_rate(0, 4, Recipe(lr=1.0, warmup=0.0)) == 1.0


def test_only_matrices_decay() -> None:
    named = {"weight": Parameter(torch.ones(2, 2)), "bias": Parameter(torch.ones(2))}
    optimiser = make_optimiser(named, Recipe(lr=0.5, weight_decay=0.1))
    for parameter in named.values():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    assert torch.allclose(named["weight"], torch.full((2, 2), 0.95))
    assert torch.equal(named["bias"], torch.ones(2))


def test_a_head_may_have_a_rate_of_its_own() -> None:
    named = {name: Parameter(torch.ones(2, 2)) for name in ("encoder.weight", "heads.a.weight")}
    optimiser = make_optimiser(named, Recipe(lr=0.1, head_lr=0.4, weight_decay=0.0))
    set_learning_rate(optimiser, 0.05)
    for parameter in named.values():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    assert torch.allclose(named["encoder.weight"], torch.full((2, 2), 0.95))
    assert torch.allclose(named["heads.a.weight"], torch.full((2, 2), 0.8))


def test_gradients_become_means_and_are_clipped() -> None:
    parameter = Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([6.0, 8.0])
    assert scale_and_clip([parameter], targets=2, clip=1.0) == pytest.approx(5.0)
    assert torch.allclose(parameter.grad, torch.tensor([0.6, 0.8]), atol=1e-5)
    parameter.grad = torch.tensor([float("nan"), 1.0])
    assert np.isnan(scale_and_clip([parameter], targets=1, clip=1.0))


def test_a_restored_optimiser_goes_on_as_before() -> None:
    def run(interrupted: bool) -> torch.Tensor:
        torch.manual_seed(0)
        named = {"w": Parameter(torch.randn(3, 3)), "unused": Parameter(torch.ones(2))}
        optimiser = make_optimiser(named, Recipe(lr=0.1))
        for step in range(6):
            if interrupted and step == 3:
                tensors = {key: value.clone() for key, value in state_tensors(optimiser, named).items()}
                assert {key.split("|")[0] for key in tensors} == {"w"}
                optimiser = make_optimiser(named, Recipe(lr=0.1))
                restore_state(optimiser, named, tensors)
            set_learning_rate(optimiser, 0.1 / (step + 1))
            (named["w"] ** 2).sum().backward()
            optimiser.step()
            optimiser.zero_grad()
        return named["w"].detach()

    assert torch.equal(run(False), run(True))


def part(rows: int) -> SimpleNamespace:
    return SimpleNamespace(
        rows=np.arange(rows), train=SimpleNamespace(lengths=np.ones(rows, dtype=int)), share=None, batch=None,
        extra_update_ratio=None,
    )  # fmt: skip


def job(sizes: list[int], recipe: Recipe, cap: int | None = None) -> SimpleNamespace:
    parts = tuple(part(rows) for rows in sizes)
    return SimpleNamespace(parts=parts, recipe=recipe, sampling=Sampling(cap=cap))


def test_one_task_an_update_in_proportion_to_size() -> None:
    planned = make_schedule(job([300, 100], Recipe(updates=40, batch=8)), seed=0)  # type: ignore[arg-type]
    assert np.bincount(planned.part_of).tolist() == [30, 10]
    rows = [planned.rows(update) for update in range(40)]
    small = np.concatenate([places for owner, places in rows if owner == 1])
    assert len(small) == 80 and len(set(small.tolist())) == 80, "no row of the small task twice before all once"
    assert planned.evaluation_interval == 4 and [u for u in range(1, 41) if planned.is_evaluated(u)][-1] == 40


def test_updates_that_are_added_take_nothing_from_the_others() -> None:
    given = job([300, 100, 7], Recipe(updates=40, batch=8))
    given.parts[2].extra_update_ratio = 0.5
    planned = make_schedule(given, seed=0)  # type: ignore[arg-type]
    assert np.bincount(planned.part_of).tolist() == [30, 10, 20]
    passes = make_schedule(job([100], Recipe(epochs=2, batch=10)), seed=0).updates  # type: ignore[arg-type]
    more = job([100, 1000], Recipe(epochs=2, batch=10))
    more.parts[1].extra_update_ratio = 0.25
    assert make_schedule(more, seed=0).updates == passes + 5  # type: ignore[arg-type]


def test_an_epoch_sees_every_row_once() -> None:
    planned = make_schedule(job([100], Recipe(epochs=1, batch=10)), seed=3)  # type: ignore[arg-type]
    assert planned.updates == 10
    assert sorted(np.concatenate([planned.rows(u)[1] for u in range(10)]).tolist()) == list(range(100))


def test_the_length_of_a_phase() -> None:
    assert total_updates(Recipe(epochs=2, batch=32), [100]) == 7
    assert total_updates(Recipe(epochs=1, batch=10), [1000, 50], cap=100) == 15
    assert total_updates(Recipe(epochs=1, batch=10), [1000], cap=100) == 100
    assert total_updates(Recipe(updates=5), [1000]) == 5
    with pytest.raises(StudyError, match="either updates or epochs"):
        total_updates(Recipe(), [10])


def test_shares_and_batches_of_parts_override_sizes_and_recipe() -> None:
    given = job([300, 100], Recipe(updates=40, batch=8))
    for one, share, batch in zip(given.parts, (1.0, 3.0), (4, None), strict=True):
        one.share, one.batch = share, batch
    planned = make_schedule(given, seed=0)  # type: ignore[arg-type]
    assert np.bincount(planned.part_of).tolist() == [10, 30]
    assert {(owner, len(places)) for owner, places in map(planned.rows, range(40))} == {(0, 4), (1, 8)}
    given.parts[0].share = None
    with pytest.raises(StudyError, match="has a share or none"):
        make_schedule(given, seed=0)  # type: ignore[arg-type]
