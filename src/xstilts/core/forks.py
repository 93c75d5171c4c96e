"""Forks: one function over many items in several copies of this process, which share what is in memory already."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from xstilts.core.environment import usable_cores

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def usable_forks(items: int) -> int:
    """Return how many copies of this process may work on so many items at once: one a core. It is 1 where a process
    must not be copied: without `fork`, beside other threads, whose locks nobody would let go, and once torch is loaded,
    for the same reason."""
    alone = hasattr(os, "fork") and threading.active_count() == 1 and "torch" not in sys.modules
    return max(1, min(usable_cores(), items)) if alone else 1


def forked(work: Callable[[Item], Outcome], items: Sequence[Item], copies: int) -> Iterator[tuple[int, Outcome]]:
    """Yield the place of each item and what `work` returns for it, in the order in which they are done.

    Items and outcomes are copied between processes; what `work` knows otherwise is as it is at this call. What `work`
    raises is raised here. With one copy, and for what is left where a copy is killed, the work is done in this process.
    """
    left = dict.fromkeys(range(len(items)))
    if copies > 1:
        pool = ProcessPoolExecutor(copies, mp_context=get_context("fork"), initializer=_begin, initargs=(work,))
        try:
            futures = {pool.submit(_do, item): place for place, item in enumerate(items)}
            for future in as_completed(futures):
                outcome = future.result()
                del left[futures[future]]
                yield futures[future], outcome
        except BrokenProcessPool:
            pass
        finally:
            pool.shutdown(cancel_futures=True)
    for place in left:
        yield place, work(items[place])


_WORK: list[Callable[[Any], Any]] = []  # of a copy


def _begin(work: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person interrupts the process that was copied
    _WORK[:] = [work]


def _do(item: Any) -> Any:
    return _WORK[0](item)
