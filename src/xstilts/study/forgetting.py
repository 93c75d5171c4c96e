"""Forgetting: which earlier tasks are scored again after which of its phases.

A task is scored on its own dev set, by the head that the last phase that trained it left, on the encoder of the later
phase: what the encoder has lost for that head. Nothing is selected by these scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xstilts.data.source import Source
from xstilts.data.views import Subsample
from xstilts.study.expand import Route, phases
from xstilts.study.phase import MixtureTask, Phase
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class ForgettingProbe:
    """One intermediate task of an arm, to be scored after the phase `end`.

    route: the first route (arm, target, seed) that goes through `end`.
    learnt: the last phase that trained the task; `end` itself where it has just been trained.
    targets: those that `end` fine-tunes on; () after an intermediate phase.
    """

    route: tuple[str, str, int]
    part: MixtureTask
    end: Phase
    learnt: Phase
    targets: tuple[str, ...] = ()


def forgetting_probes(routes: Sequence[Route], after: str) -> list[ForgettingProbe]:
    """Every score that `after` asks for ("none", "intermediate" or "all" phases), each once, in the order of routes.

    After the fine-tuning on a target only tasks are scored that it does not train itself. A phase of `joint` holds
    intermediate tasks and target at once: nothing comes later, and nothing is scored again.
    """
    probes: dict[tuple[str, int, Phase, str], ForgettingProbe] = {}
    for route in routes if after != "none" else ():
        for probe in _of_route(route, after == "all"):
            key = (route.arm, route.seed, probe.end, probe.part.name)
            earlier = probes.get(key)
            if earlier is None:
                probes[key] = probe
            elif probe.targets:
                probes[key] = replace(earlier, targets=(*earlier.targets, *probe.targets))
    return list(probes.values())


def _of_route(route: Route, targets: bool) -> Iterator[ForgettingProbe]:
    key = (route.arm, route.target, route.seed)
    for phase in phases(route.end):
        learnt = _learnt(phase)
        if phase.role == "intermediate":
            yield from (ForgettingProbe(route=key, part=part, end=phase, learnt=by) for part, by in learnt.values())
        elif phase.role == "target" and targets:
            trained = [part.name for part in phase.mix]
            for name, (part, by) in learnt.items():
                if name not in trained:
                    yield ForgettingProbe(route=key, part=part, end=phase, learnt=by, targets=(route.target,))


def _learnt(end: Phase) -> dict[str, tuple[MixtureTask, Phase]]:
    """The intermediate tasks behind a phase, itself included, and the last phase that trained each."""
    learnt: dict[str, tuple[MixtureTask, Phase]] = {}
    for phase in phases(end):
        if phase.role == "intermediate":
            learnt |= {
                part.name: (part, phase)
                for part in phase.mix
                if part.extra_update_ratio is None and not part.is_auxiliary
            }
    return learnt


def dev_source(part: MixtureTask, task: Task, limit: int | None) -> Source:
    """The dev set of a task, at most `limit` examples where it may be cut (as test sets are)."""
    dev = part.fit.train if part.fit.dev is None else part.fit.dev
    if limit is None or not task.can_subsample:
        return dev
    return replace(dev, views=(*dev.views, Subsample(n=limit, by="group")))
