"""Rounds of a run: what stands on a choice between settings is known, and run, once the choice is in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from xstilts.core.errors import StoreError
from xstilts.engine.graph import blocked, steps_of
from xstilts.engine.runner import Outcome
from xstilts.engine.step import Step
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.base import WEIGHTS

Execute = Callable[[Session, Sequence[Step]], Outcome]


def run_rounds(session: Session, execute: Execute, open_again: Callable[[], Session]) -> tuple[Session, Outcome]:
    """Run the goals of a study that are known; open it again, where choices were made that others wait for, and go on.

    Returns the study as it was opened last, and how all rounds together went: what could not be chosen, since a
    training failed, holds up what stands on it. What failed is not tried again by a later round.
    """
    total, asked = Outcome(), set[str]()
    while True:
        held_up = blocked(steps_of(session.goals), total.failed)
        ready = [goal for goal in session.ready_goals if goal.key not in asked and goal.key not in held_up]
        asked |= {goal.key for goal in ready}
        total = _both(total, execute(session, ready))
        if total.interrupted or len(session.ready_goals) == len(session.goals):
            return session, total
        later = open_again()
        for step in later.steps.weights.passed_over:
            with suppress(StoreError):  # it only keeps disk
                later.store.trim(step, WEIGHTS)
        if {goal.key for goal in later.ready_goals} <= asked:
            held_up = blocked(steps_of(later.goals), total.failed)
            waiting = {goal.key: held_up[goal.key] for goal in later.goals if goal.key in held_up}
            return later, replace(total, not_run={**waiting, **total.not_run})
        session = later


def _both(earlier: Outcome, later: Outcome) -> Outcome:
    """Two rounds as one; nothing of the later one was asked for before."""
    done = (*earlier.done, *later.done)
    reused = dict.fromkeys((*earlier.reused, *later.reused))
    return replace(
        later,
        done=done,
        reused=tuple(key for key in reused if key not in done),
        failed={**earlier.failed, **later.failed},
        not_run={**earlier.not_run, **later.not_run},
    )
