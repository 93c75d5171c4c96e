"""Memory: how it is kept, how its end is recognised, on a GPU and on a CPU."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys

import torch

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED")


def use_threads(threads: int) -> None:
    """Compute on so many threads, and keep memory that tensors give back for the next ones. The allocator of glibc
    returns large blocks to the system, which then clears every page anew: a quarter of the time of passes of 8192
    tokens. (Other allocators stay as they are.)"""
    torch.set_num_threads(threads)
    with contextlib.suppress(AttributeError, OSError, TypeError):
        for setting, value in _KEEP.items():
            ctypes.CDLL(None).mallopt(setting, value)


# M_MMAP_THRESHOLD at the largest it can be, M_TRIM_THRESHOLD at what is never reached, M_TOP_PAD (malloc.h).
_KEEP = {-3: 2**25, -1: 2**31 - 1, -2: 2**26}


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def free_cached(device: str) -> None:
    """Give blocks that torch keeps for later back to the device."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()


def forget_peak(device: str) -> None:
    """Start counting anew; the peak of a whole process cannot be forgotten."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: str) -> int:
    """Return the most bytes held so far: on the GPU by tensors, on a CPU by the whole process."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
