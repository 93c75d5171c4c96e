"""Ranks: how the rows of an update are dealt out, and what one process alone does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import StudyError
from xstilts.pipeline.options import Options, device_teams
from xstilts.train.ranks import ALONE, SeveralRanks, deal


@given(st.lists(st.integers(1, 512), max_size=80), st.integers(1, 9))
def test_every_row_is_dealt_once_and_ranks_have_nearly_the_same_tokens(lengths: list[int], ranks: int) -> None:
    dealt = deal(np.array(lengths, dtype=np.int64), ranks)
    assert len(dealt) == ranks
    assert sorted(place for places in dealt for place in places.tolist()) == list(range(len(lengths)))
    assert all((np.diff(places) > 0).all() for places in dealt)
    loads = [sum(lengths[place] for place in places) for places in dealt]
    assert max(loads) - min(loads) <= max(lengths, default=0)


def test_rows_that_are_compared_with_each_other_stay_together() -> None:
    ranks = SeveralRanks.__new__(SeveralRanks)
    shares = []
    for ranks.rank, ranks.size in ((0, 2), (1, 2)):
        shares.append(ranks.share(np.array([3, 4, 5]), whole=True).tolist())
    assert shares == [[0, 1, 2], []]


def test_the_state_of_each_rank_is_found_again() -> None:
    states = {"cpu": torch.tensor([0]), "cpu@1": torch.tensor([1])}
    ranks, own = SeveralRanks.__new__(SeveralRanks), []
    for ranks.rank in (0, 1, 2):
        own.append(ranks.own(states))
    assert own == [{"cpu": torch.tensor([0])}, {"cpu": torch.tensor([1])}, {}]
    assert ALONE.own(states) == {"cpu": torch.tensor([0])}


def test_devices_are_put_together_for_a_training() -> None:
    gpus = [f"cuda:{number}" for number in range(5)]
    assert device_teams(gpus, Options()) == gpus
    assert device_teams(gpus, Options(data_parallel=2)) == ["cuda:0,cuda:1", "cuda:2,cuda:3"]
    assert device_teams(["cpu"], Options(data_parallel=3)) == ["cpu,cpu,cpu"]
    with pytest.raises(StudyError, match="on 8 GPUs") as caught:
        device_teams(gpus, Options(data_parallel=8))
    assert caught.value.where == "--data-parallel"
