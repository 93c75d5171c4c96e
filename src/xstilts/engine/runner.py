"""The runner: run what is missing of the goals; a failure stops only the steps that depend on it."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from xstilts.core.errors import StoreError
from xstilts.core.files import write_json
from xstilts.engine.backends.base import Backend, Ended, Progressed, Started, StepEvent
from xstilts.engine.execute import Result
from xstilts.engine.graph import Demand, blocked, demand, readers_of, steps_of
from xstilts.engine.leases import leased, progress_file
from xstilts.engine.listener import Listener, Silent
from xstilts.engine.live import ProgressFile
from xstilts.engine.ready import ReadySteps
from xstilts.engine.signals import Interrupt, interruptible
from xstilts.engine.step import Step
from xstilts.engine.store import Store

_TICK = 0.2  # seconds between two looks at what other processes do
_GRACE = 120.0  # seconds that a step has to stop when asked: an update of a large encoder, and its snapshot
_KILLED = 10.0  # seconds until one that was killed is seen to have ended
_PATIENCE = 5  # times that an input may vanish under a step


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The plan of `execute`: `to_run` in order, `reused` steps found done, `rebuilt` those of `to_run` that are done
    but were trimmed of a part that is needed, `not_needed` the number of steps that nobody has to look at."""

    to_run: tuple[Step, ...]
    reused: tuple[Step, ...]
    rebuilt: tuple[Step, ...]
    not_needed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run, by step keys. `failed`: what went wrong; `not_run`: the failed step it depends on; `left`: what
    an interrupted run did not come to."""

    done: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        return 130 if self.interrupted else 1 if self.failed else 0

    def then(self, later: Outcome) -> Outcome:
        """This run and a later one of the same goals as one; what the later one says of a step holds."""
        done = (*self.done, *later.done)
        return replace(later, done=done, reused=tuple(key for key in later.reused if key not in done))


def plan(goals: Sequence[Step], store: Store, kept: Mapping[str, tuple[str, ...]] | None = None) -> RunPlan:
    """Return what would run, without running or writing anything."""
    demanded = demand(goals, store.is_whole, kept)
    rebuilt = tuple(step for step in demanded.to_run if store.is_done(step))
    return RunPlan(
        demanded.to_run, demanded.reused, rebuilt, len(steps_of(goals)) - len(demanded.to_run) - len(demanded.reused)
    )


def execute(
    goals: Sequence[Step],
    store: Store,
    *,
    backend: Backend,
    listener: Listener | None = None,
    trims: Mapping[str, str] | None = None,
    kept: Mapping[str, tuple[str, ...]] | None = None,
) -> Outcome:
    """Run what `goals` need and the store lacks, and return how it went; failed steps do not raise.

    `trims` (step key -> part) names parts that are deleted once every step here that reads them is done, `kept` (step
    key -> parts) those that goals must have. On SIGINT or SIGTERM the running steps are asked to stop, and the outcome
    says `interrupted`; a second signal kills them.
    Raises StoreError when the store cannot be written at all.
    """
    store.prepare()
    began = datetime.now(UTC)
    record_path = store.root / "runs" / f"{began:%Y%m%dT%H%M%S}-{os.getpid()}.json"
    header = {"started": began.isoformat(timespec="seconds"), "goals": [goal.key for goal in goals]}
    write_json(record_path, header)
    keys = {step.key for step in steps_of(goals)}
    with leased(store.root, keys) as lease, interruptible(backend.cancel, backend.kill) as interrupt:
        told = ProgressFile(progress_file(lease), listener or Silent())
        outcome = _Run(goals, store, backend, told, trims or {}, kept or {}).to_the_end(interrupt)
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    with contextlib.suppress(StoreError):  # the steps are done whether or not this can be written
        write_json(record_path, {**header, "finished": ended, "outcome": asdict(outcome)})
    return outcome


class _Run:
    """The state of one run. `pending` is from the last refresh, without what depends on a failed step; only a refresh
    puts a step into it. Nothing here looks at all steps when one starts or ends."""

    def __init__(
        self,
        goals: Sequence[Step],
        store: Store,
        backend: Backend,
        listener: Listener,
        trims: Mapping[str, str],
        kept: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.goals, self.store, self.backend, self.listener = goals, store, backend, listener
        self.trims, self.kept = trims, kept
        self.graph = {step.key: step for step in steps_of(goals)}
        self.readers = readers_of(tuple(self.graph.values()))
        self.ready = ReadySteps((), {}, ())
        self.rebuilt: set[str] = set()
        self.parts: Mapping[str, tuple[str, ...]] = {}
        self.pending: dict[str, Step] = {}
        self.running: dict[str, Step] = {}
        self.done: dict[str, float] = {}
        self.reused: dict[str, None] = {}
        self.failed: dict[str, str] = {}
        self.not_run: dict[str, str] = {}
        self.was_busy: set[str] = set()
        self.stale: Counter[str] = Counter()
        self.interrupt = Interrupt()
        self.compared: set[str] = set()  # goals whose checksums were compared
        self.said: set[str] = set()  # damages

    def to_the_end(self, interrupt: Interrupt) -> Outcome:
        self.interrupt = interrupt
        try:
            self._refresh()
            self._trim(list(self.graph.values()))
            while (self.pending or self.running) and not interrupt.requested:
                step = self._next()
                if step is None:
                    self.backend.poll(_TICK)
                else:
                    self._launch(step)
        except KeyboardInterrupt:  # caught between two steps
            interrupt.requested = True
        if interrupt.requested:
            self._stop()
        self._trim(list(self.graph.values()))  # what somebody still held when its last reader was done
        left = (*self.pending, *self.running)
        open_keys = {*left, *self.failed, *self.not_run}
        self.store.clear_work(step for key, step in self.graph.items() if key not in open_keys)
        reused = tuple(key for key in self.reused if key not in self.done)
        return Outcome(tuple(self.done), reused, self.failed, self.not_run, left, interrupt.requested)

    def _refresh(self) -> None:
        """Ask the store what is demanded now; other processes may have changed it."""
        demanded = demand(self.goals, self.store.is_whole, self.kept)
        if self._discard_damaged(demanded):
            demanded = demand(self.goals, self.store.is_whole, self.kept)
        self.parts = demanded.parts
        self.not_run = blocked(demanded.to_run, self.failed)
        elsewhere = self.running.keys() | self.failed.keys() | self.not_run.keys()
        self.pending = {step.key: step for step in demanded.to_run if step.key not in elsewhere}
        self.ready = ReadySteps(tuple(self.pending.values()), self.readers, self.running)
        newly_reused = [
            step.key for step in demanded.reused if step.key not in self.done and step.key not in self.reused
        ]
        if newly_reused:
            self.reused |= dict.fromkeys(newly_reused)
            self.listener.step_reused(len(newly_reused))

    def _discard_damaged(self, demanded: Demand) -> bool:
        """Compare goals that are done with their checksums, once, and say what was found to be damaged; return whether
        a step is no longer done. Inputs are compared by who reads them."""
        is_changed = False
        rebuilt = [step for step in demanded.to_run if self.store.is_done(step)]
        self.rebuilt = {step.key for step in rebuilt}
        for step in rebuilt:
            self._say_damaged(self.store.damage(step, demanded.parts[step.key], content=False))
        for goal in {goal.key: goal for goal in self.goals if goal.key not in self.compared}.values():
            self.compared.add(goal.key)
            problem = self.store.damage(goal)
            self._say_damaged(problem)
            is_changed |= bool(problem) and self.store.discard(goal)
        return is_changed

    def _say_damaged(self, problem: str) -> None:
        if problem and problem not in self.said:
            self.said.add(problem)
            self.listener.step_damaged(problem)

    def _next(self) -> Step | None:
        """A step that can start now."""
        now = time.monotonic()
        while (step := self.ready.take(self.backend.has_capacity, now)) is not None:
            if not self.backend.is_underway(step, self.store) and self._in_use(step):
                self._put_off(step)
            elif step.key in self.was_busy or self._changed(step):
                self.was_busy.discard(step.key)
                self._refresh()
                return None
            else:
                return step
        return None

    def _put_off(self, step: Step) -> None:
        """Look again a moment later at a step that another process holds."""
        self.was_busy.add(step.key)
        self.ready.put_off(step, time.monotonic() + _TICK)

    def _in_use(self, step: Step) -> bool:
        with contextlib.ExitStack() as stack:
            locks = [self.store.lock(step.key, wait=False)]
            locks += [
                self.store.lock(input_step.key, shared=True, wait=False) for input_step in set(step.inputs.values())
            ]
            return not all(stack.enter_context(lock) for lock in locks)

    def _changed(self, step: Step) -> bool:
        """Say whether another process made the step, or took an input away, since the last look."""
        if self.store.is_whole(step, self.parts[step.key]):
            return True
        if step.key not in self.rebuilt and self.store.is_done(step):
            return True
        return any(not self.store.is_whole(input_step, step.needs) for input_step in step.inputs.values())

    def _launch(self, step: Step) -> None:
        self.running[step.key] = self.pending.pop(step.key)
        self.backend.launch(step, self.store, self._on_event)

    def _on_event(self, event: StepEvent) -> None:
        step = self.graph[event.key]
        match event:
            case Started(device=device):
                self.listener.step_started(step, device)
            case Progressed(done=done, total=total, unit=unit, text=text):
                self.listener.step_progress(step, done, total, unit, text)
            case Ended(result=result):
                del self.running[step.key]
                self._ended(step, result)

    def _ended(self, step: Step, result: Result) -> None:
        match result.status:
            case "done":
                self.done[step.key] = result.seconds
                self.ready.ended(step)
                self.listener.step_finished(step, result.seconds)
                self._trim(step.inputs.values())
            case "reused":
                self.reused[step.key] = None
                self.ready.ended(step)
                self.listener.step_left(step)
                self.listener.step_reused(1)
                self._trim(step.inputs.values())
            case "busy":
                self.listener.step_left(step)
                self._say_damaged(result.error)
                self._refresh()  # whoever held it may be done by now
                if step.key in self.pending:
                    self._put_off(step)
            case "stale" if self.stale[step.key] < _PATIENCE:
                self.stale[step.key] += 1
                self.listener.step_left(step)
                self._say_damaged(result.error)
                self._refresh()
            case "interrupted" if self.interrupt.requested:
                self.listener.step_left(step)
                self.pending[step.key] = step  # to be counted as left; nothing starts any more
            case _:
                self._failed(step, result.error or f"the step was stopped from outside ({result.status})")

    def _failed(self, step: Step, error: str) -> None:
        self.failed[step.key] = error
        if not self.store.error_file(step).is_file():  # what could not begin could not say so itself
            self.store.write_error(step, error)
        blocked_steps = [step]
        while blocked_steps:
            for reader in self.readers[blocked_steps.pop().key]:
                if self.pending.pop(reader.key, None) is not None:
                    self.not_run[reader.key] = step.key
                    blocked_steps.append(reader)
        self.listener.step_failed(step, error)

    def _trim(self, steps: Iterable[Step]) -> None:
        for step in steps:
            part = self.trims.get(step.key)
            if part is None or self._is_unfinished(step):
                continue
            if not any(self._is_unfinished(reader) for reader in self.readers[step.key] if part in reader.needs):
                with contextlib.suppress(StoreError):  # it only keeps disk
                    self.store.trim(step, part)

    def _is_unfinished(self, step: Step) -> bool:
        return any(step.key in keys for keys in (self.pending, self.running, self.failed, self.not_run))

    def _stop(self) -> None:
        self.backend.cancel()
        self._wait(_GRACE)
        if self.running:
            self.backend.kill()
            self._wait(_KILLED)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.running and time.monotonic() < end:
            self.backend.poll(_TICK)
