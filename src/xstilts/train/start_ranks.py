"""Starting ranks: the other processes that train along on this machine, and their group of `torch.distributed`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import torch
import torch.distributed as dist

from xstilts.core.errors import StudyError
from xstilts.core.parent_process import end_with_parent
from xstilts.engine.backends.worker import PORT, RANK
from xstilts.engine.step import Context, Team
from xstilts.train.ranks import ALONE, Ranks, SeveralRanks

_HOST = "127.0.0.1"
_WAIT = timedelta(days=7)  # while the first one looks at a dev set the others wait; a dead one closes its connection


@contextlib.contextmanager
def ranks_of(context: Context) -> Iterator[Ranks]:
    """Yield the ranks that train a step together; those other than the first are started by it, and ended with it.

    Raises StudyError where one of them ends before its time.
    """
    team = context.team
    if team is None:
        yield ALONE
        return
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # all on this machine
    if team.rank:
        end_with_parent(signal.SIGKILL)
        _join(team, dist.TCPStore(_HOST, team.port, len(team.devices), is_master=False))
        yield SeveralRanks()
        return
    meeting = dist.TCPStore(_HOST, 0, len(team.devices), is_master=True, wait_for_workers=False)
    others = [_started(team, rank, meeting.port) for rank in range(1, len(team.devices))]
    try:
        _await(meeting, others)
        _join(team, meeting)
        yield SeveralRanks()
    except RuntimeError as error:  # of a collective whose other end is gone
        time.sleep(0.1)
        if gone := _ended(others):
            raise StudyError(f"a process that trained along, {gone}; the training stopped.") from error
        raise
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
        for other in others:
            with contextlib.suppress(subprocess.TimeoutExpired):
                other.wait(0 if sys.exc_info()[0] else 10)
            other.kill()
            other.wait()


def _started(team: Team, rank: int, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, RANK: str(rank), PORT: str(port)}
    return subprocess.Popen(team.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)


def _await(meeting: dist.TCPStore, others: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait until the others are there. Raises StudyError where one of them ends instead."""
    names = [_here(rank) for rank in range(1, len(others) + 1)]
    while not meeting.check(names):
        if gone := _ended(others):
            raise StudyError(f"a process that was to train along, {gone}; its output says why.")
        time.sleep(0.02)


def _ended(others: Sequence[subprocess.Popen[bytes]]) -> str:
    codes = {rank: other.poll() for rank, other in enumerate(others, 1)}
    return ", ".join(f"rank {rank} of {len(others) + 1}, ended ({code})" for rank, code in codes.items() if code)


def _join(team: Team, meeting: dist.TCPStore) -> None:
    on_gpu = team.devices[0].startswith("cuda")
    if on_gpu:
        torch.cuda.set_device(team.devices[team.rank])
    meeting.set(_here(team.rank), "here")
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
        store=meeting,
        rank=team.rank,
        world_size=len(team.devices),
        timeout=_WAIT,
    )


def _here(rank: int) -> str:
    return f"rank {rank}"
