"""Ranks: the processes that train one model together (data parallelism), each on its share of the rows of every update.

All have the same weights. Each adds up the gradients of its rows; the sums are added over ranks, and each rank then
makes the same update. Rank 0 is the training: it alone looks at dev sets and writes; the others do as it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from mmap import mmap

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import Parameter

from xstilts.train.shared_sums import SharedSums, are_plain, bytes_of, forget_name, make_memory, open_memory

_BUCKET = 1 << 23  # numbers that are added over ranks in one call
_LONGEST_NAME = 64  # bytes of the name of shared memory
_APART = 1_000_003  # between the seeds of two ranks


class Instruction(IntEnum):
    """What rank 0 tells the others, with two numbers. ATTEMPT: seed and tokens of a pass; RESTORE: number of a
    snapshot; UPDATE: number of the update."""

    END = 0
    ATTEMPT = 1
    RESTORE = 2
    UPDATE = 3
    RANDOM = 4


class Ranks:
    """One process alone: nothing is shared, told or added."""

    rank, size = 0, 1

    def tell(self, command: Instruction, first: int = 0, second: int = 0) -> None:
        """Tell the other ranks what to do."""

    def share(self, lengths: np.ndarray, whole: bool) -> np.ndarray:
        """Return the places of the rows that this rank takes. `whole`: their loss compares them with each other, so
        that one rank takes all."""
        return np.arange(len(lengths))

    def sum_loss(self, loss: float, targets: int) -> tuple[float, int]:
        """Return the loss and its number of targets over all ranks."""
        return loss, targets

    def sum_gradients(self, parameters: Sequence[Parameter]) -> None:
        """Replace gradients by their sums over ranks; a parameter that has none on any rank has none after."""

    def reseed(self, seed: int) -> None:
        """Draw other dropout masks than the other ranks, from here on."""

    def gathered(self, states: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the states of random generators of all ranks, `<name>@<rank>` for those of others; for rank 0."""
        return dict(states)

    def own(self, states: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what of `gathered` states is this rank's; {} where it took no part then."""
        return {name: state for name, state in states.items() if "@" not in name}


ALONE = Ranks()


class SeveralRanks(Ranks):
    """A rank of several, after `torch.distributed` was initialised."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._sums: tuple[int, SharedSums | None] | None = None  # for so many bytes

    def tell(self, command: Instruction, first: int = 0, second: int = 0) -> None:
        dist.broadcast(torch.tensor([command, first, second], dtype=torch.int64), src=0)

    def told(self) -> tuple[Instruction, int, int]:
        """Wait for what rank 0 tells."""
        numbers = torch.zeros(3, dtype=torch.int64)
        dist.broadcast(numbers, src=0)
        command, first, second = numbers.tolist()
        return Instruction(command), first, second

    def share(self, lengths: np.ndarray, whole: bool) -> np.ndarray:
        if whole:
            return np.arange(len(lengths) if self.rank == 0 else 0)
        return deal(lengths, self.size)[self.rank]

    def sum_loss(self, loss: float, targets: int) -> tuple[float, int]:
        both = torch.tensor([loss, targets], dtype=torch.float64)
        dist.all_reduce(both)
        return float(both[0]), int(both[1])

    def sum_gradients(self, parameters: Sequence[Parameter]) -> None:
        sums = self._shared_sums(parameters)
        if sums is not None:
            sums.write(parameters)
        own = torch.tensor([parameter.grad is not None for parameter in parameters], dtype=torch.int32)
        every = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(every, own)  # when it returns, all have written
        if sums is None:
            _sum_by_messages(parameters, torch.stack(every).amax(0).tolist())
        else:
            sums.read(parameters, [flags.tolist() for flags in every])
            dist.barrier()  # nobody writes the next ones while another still reads

    def _shared_sums(self, parameters: Sequence[Parameter]) -> SharedSums | None:
        """Return the memory in which to add up the gradients of these; None where that is done by messages."""
        if not are_plain(parameters):
            return None
        size = bytes_of(self.size, parameters)
        if self._sums is None or self._sums[0] != size:
            memory = self._common_memory(size)
            sums = SharedSums(memory, self.rank, self.size, parameters) if memory else None
            self._sums = size, sums
        return self._sums[1]

    def _common_memory(self, size: int) -> mmap | None:
        """Return memory that all ranks see; None on all of them where one does not."""
        letters = torch.zeros(_LONGEST_NAME, dtype=torch.uint8)
        if self.rank == 0:
            made = make_memory(size).encode()
            letters[: len(made)] = torch.tensor(list(made), dtype=torch.uint8)
        dist.broadcast(letters, src=0)
        name = bytes(letters.tolist()).rstrip(b"\0").decode()
        memory = open_memory(name) if name else None
        is_seen = torch.tensor(memory is not None, dtype=torch.int32)
        dist.all_reduce(is_seen, op=dist.ReduceOp.MIN)
        if self.rank == 0 and name:
            forget_name(name)
        return memory if is_seen else None

    def reseed(self, seed: int) -> None:
        if self.rank:
            torch.manual_seed(seed + _APART * self.rank)

    def gathered(self, states: Mapping[str, Tensor]) -> dict[str, Tensor]:
        every = dict(states)
        for name, state in states.items():
            each = [torch.empty_like(state) for _ in range(self.size)] if self.rank == 0 else None
            dist.gather(state, each, dst=0)
            every |= {f"{name}@{rank}": other for rank, other in enumerate(each or ()) if rank}
        return every

    def own(self, states: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if self.rank == 0:
            return super().own(states)
        end = f"@{self.rank}"
        return {name.removesuffix(end): state for name, state in states.items() if name.endswith(end)}


def deal(lengths: np.ndarray, ranks: int) -> list[np.ndarray]:
    """Deal rows out so that ranks have nearly the same tokens: the longest first, each to who has fewest (Graham 1969,
    longest processing time first). Returns the places of each rank's rows, in order.

    >>> [places.tolist() for places in deal(np.array([1, 2, 3, 4]), 2)]
    [[0, 3], [1, 2]]
    """
    loads = np.zeros(ranks, dtype=np.int64)
    rank_of = np.empty(len(lengths), dtype=np.int64)
    for place in np.argsort(-lengths, kind="stable"):
        rank_of[place] = rank = int(np.argmin(loads))
        loads[rank] += lengths[place]
    return [np.flatnonzero(rank_of == rank) for rank in range(ranks)]


def _sum_by_messages(parameters: Sequence[Parameter], anywhere: Sequence[int]) -> None:
    """Replace gradients by their sums; `anywhere`: whether a rank has one of each parameter."""
    gradients = []
    for parameter, is_there in zip(parameters, anywhere, strict=True):
        if is_there and parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        if parameter.grad is not None:
            gradients.append(parameter.grad)
    for bucket in _buckets(gradients):
        flat = torch.cat([gradient.reshape(-1) for gradient in bucket])
        dist.all_reduce(flat)
        for gradient, part in zip(bucket, flat.split([gradient.numel() for gradient in bucket]), strict=True):
            gradient.copy_(part.view_as(gradient))


def _buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Yield gradients of one type together, up to a number of numbers; a larger one by itself."""
    bucket: list[Tensor] = []
    size = 0
    for gradient in gradients:
        if bucket and (size + gradient.numel() > _BUCKET or gradient.dtype != bucket[0].dtype):
            yield bucket
            bucket, size = [], 0
        bucket.append(gradient)
        size += gradient.numel()
    if bucket:
        yield bucket
