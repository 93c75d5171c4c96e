"""Gradients that ranks add up in shared memory: the sums of those that are there, the same on every rank."""

from __future__ import annotations

import mmap
import multiprocessing
import os
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import Parameter

from xstilts.train import ranks as ranks_module
from xstilts.train import shared_sums
from xstilts.train.ranks import SeveralRanks
from xstilts.train.shared_sums import SharedSums, are_plain, bytes_of, forget_name, make_memory, open_memory

SIZES = (1, 6, 3)
flags = st.lists(st.booleans(), min_size=len(SIZES), max_size=len(SIZES))


def parameters(rank: int, has: list[bool]) -> list[Parameter]:
    """Parameters of different shapes, with gradients that tell ranks apart."""
    draw = torch.Generator().manual_seed(rank)
    found = [Parameter(torch.zeros(size, 1)) for size in SIZES]
    for parameter, is_there in zip(found, has, strict=True):
        parameter.grad = torch.randn(parameter.shape, generator=draw) if is_there else None
    return found


@given(st.lists(flags, min_size=2, max_size=4))
def test_each_rank_gets_the_sum_of_the_gradients_that_are_there(has: list[list[bool]]) -> None:
    every = [parameters(rank, flags) for rank, flags in enumerate(has)]
    before = [[None if one.grad is None else one.grad.clone() for one in each] for each in every]
    memory = mmap.mmap(-1, bytes_of(len(has), every[0]))
    sums = [SharedSums(memory, rank, len(has), each) for rank, each in enumerate(every)]
    for one, each in zip(sums, every, strict=True):
        one.write(each)
    for one, each in zip(sums, every, strict=True):
        one.read(each, [[int(flag) for flag in flags] for flags in has])
    for number in range(len(SIZES)):
        parts = [gradients[number] for gradients in before if gradients[number] is not None]
        for each in every:
            got = each[number].grad
            if not parts:
                assert got is None
            else:
                assert got is not None and torch.equal(got, every[0][number].grad)
                torch.testing.assert_close(got, torch.stack(parts).sum(0))


def test_memory_is_seen_by_its_name_until_that_is_forgotten() -> None:
    name = make_memory(4096)
    if not name:
        pytest.skip("no memory that is a folder here")
    one, other = open_memory(name), open_memory(name)
    forget_name(name)
    assert one is not None and other is not None and open_memory(name) is None
    one[:3] = b"abc"
    assert other[:3] == b"abc" and len(other) == 4096


def test_without_room_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(handle: int, offset: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shared_sums, "_PLACE", tmp_path)
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert make_memory(4096) == "" and list(tmp_path.iterdir()) == []
    monkeypatch.setattr(shared_sums, "_PLACE", tmp_path / "absent")
    assert make_memory(4096) == ""


def test_only_what_the_slots_hold_is_added_up_there() -> None:
    assert are_plain(parameters(0, [True] * 3))
    assert not are_plain([Parameter(torch.zeros(2, dtype=torch.bfloat16))])
    assert not are_plain([Parameter(torch.zeros(2, device="meta"))])


@pytest.mark.parametrize("is_roomy", [True, False])
def test_two_processes_get_the_same_sums_by_memory_and_by_messages(
    is_roomy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice in a row, so that nobody reads what the next sum writes."""
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    if not is_roomy:
        monkeypatch.setattr(ranks_module, "make_memory", lambda size: "")
    has = ([True, True, False], [False, True, False])
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_rank, args=(rank, tmp_path, has[rank])) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    expected = [each[0].grad for each in (parameters(0, has[0]), parameters(1, has[1]))]
    assert expected[0] is not None and expected[1] is None
    both = sum(each[1].grad for each in (parameters(0, has[0]), parameters(1, has[1])) if each[1].grad is not None)
    for rank in (0, 1):
        got = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert len(got) == 2
        for first, second, third in got:
            assert torch.equal(first, expected[0]) and torch.equal(second, both) and third is None


def _rank(rank: int, folder: Path, has: list[bool]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    ranks, found = SeveralRanks(), []
    for _ in range(2):
        each = parameters(rank, has)
        ranks.sum_gradients(each)
        found.append([one.grad for one in each])
    torch.save(found, folder / f"{rank}.pt")
    dist.destroy_process_group()
