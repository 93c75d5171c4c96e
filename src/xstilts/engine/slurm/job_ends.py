"""Ends of jobs: what it means for a step that Slurm's job has ended and left no result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.engine.slurm.requeue import too_often

# What stops a job through no fault of its step, which goes on from its snapshot.
_STOPPED: Mapping[str, str] = {
    "TIMEOUT": "reached its time limit",
    "PREEMPTED": "was preempted",
    "NODE_FAIL": "lost its node",
    "BOOT_FAIL": "had a node that did not boot",
}
_ENDED: Mapping[str, str] = {
    "CANCELLED": "was cancelled from outside this run",
    "OUT_OF_MEMORY": "ran out of memory (`memory` asks for more)",
    "DEADLINE": "missed its deadline",
    "": "is not known to Slurm any more, and left no result",
}


@dataclass(frozen=True, slots=True)
class JobEnd:
    """`again`: the step is to be submitted again; `text`: what happened to the job."""

    again: bool
    text: str


def judge(state: str, attempts: int, requeues: int, *, was_asked: bool = False) -> JobEnd:
    """Judge a job that left no result.

    Args:
        state: its last state; "" where Slurm does not know it.
        attempts: how often the step was begun, or submitted.
        was_asked: the step stopped because it was asked to, and could not requeue its job.

    >>> judge("TIMEOUT", attempts=1, requeues=10)
    JobEnd(again=True, text='reached its time limit')
    >>> judge("CANCELLED", attempts=1, requeues=10).again
    False
    """
    stopped = _STOPPED.get(state, "")
    if not stopped and was_asked and state != "CANCELLED":
        stopped = "was asked to stop"
    if stopped and attempts > requeues:
        return JobEnd(False, too_often(stopped, attempts, requeues))
    return JobEnd(bool(stopped), stopped or _ENDED.get(state, f"ended as {state} and left no result"))
