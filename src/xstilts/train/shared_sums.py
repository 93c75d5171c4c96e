"""Shared memory in which ranks of one machine add up gradients, in the place of messages between them.

Each rank has a slot as long as all parameters. It writes its gradients there, and when all have, each adds up the slots
of all for itself: one write and one pass over the memory, where a sum by messages through the loopback device is
copied by the kernel several times.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import Parameter

_PLACE = Path("/dev/shm")  # memory, named as a folder


class SharedSums:
    """The slots of all ranks. The order of the sum is that of the ranks, so that all get the same to the last digit."""

    def __init__(self, memory: mmap.mmap, rank: int, ranks: int, parameters: Sequence[Parameter]) -> None:
        """memory: of `bytes_of` these parameters."""
        numbers = torch.frombuffer(memory, dtype=torch.float32)
        sizes = [parameter.numel() for parameter in parameters]
        self._slots = [
            [part.view_as(parameter) for part, parameter in zip(slot.split(sizes), parameters, strict=True)]
            for slot in numbers.view(ranks, -1)
        ]
        self._rank = rank

    @torch.no_grad()
    def write(self, parameters: Sequence[Parameter]) -> None:
        """Put this rank's gradients into its slot."""
        for place, parameter in zip(self._slots[self._rank], parameters, strict=True):
            if parameter.grad is not None:
                place.copy_(parameter.grad)

    @torch.no_grad()
    def read(self, parameters: Sequence[Parameter], has: Sequence[Sequence[int]]) -> None:
        """Replace gradients by their sums, once all ranks have written. has: of each rank, whether it has a gradient of
        each parameter."""
        for number, parameter in enumerate(parameters):
            parts = [slot[number] for slot, flags in zip(self._slots, has, strict=True) if flags[number]]
            parameter.grad = _sum(parts, parameter.grad)


def _sum(parts: Sequence[Tensor], out: Tensor | None) -> Tensor | None:
    """Return the sum of tensors, in `out` where there is one; None of none."""
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0].clone() if out is None else out.copy_(parts[0])
    total = torch.add(parts[0], parts[1]) if out is None else torch.add(parts[0], parts[1], out=out)
    for part in parts[2:]:
        total += part
    return total


def are_plain(parameters: Sequence[Parameter]) -> bool:
    """Say whether the gradients of these are what the slots hold: fp32 in this machine's memory."""
    return all(each.device.type == "cpu" and each.dtype == torch.float32 for each in parameters)


def bytes_of(ranks: int, parameters: Sequence[Parameter]) -> int:
    return 4 * ranks * sum(parameter.numel() for parameter in parameters)


def make_memory(size: int) -> str:
    """Make a file of so many bytes that lies in memory and return its name; "" where there is no room for it, as in
    many containers."""
    if not _PLACE.is_dir():
        return ""
    handle, name = tempfile.mkstemp(prefix="xstilts-sums-", dir=_PLACE)
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError:
        Path(name).unlink()
        return ""
    finally:
        os.close(handle)
    return Path(name).name


def open_memory(name: str) -> mmap.mmap | None:
    """Return the memory of this name; None where this process does not see it."""
    try:
        with (_PLACE / name).open("r+b") as file:
            return mmap.mmap(file.fileno(), 0)
    except (OSError, ValueError):
        return None


def forget_name(name: str) -> None:
    """Let the memory go with the last process that has it open, however that ends."""
    (_PLACE / name).unlink(missing_ok=True)
