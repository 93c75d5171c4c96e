"""The steps of a run that are ready to start: those whose inputs are there, the first in order first.

What it costs to take a step, or to hear that one has ended, grows with its readers and hardly with the number of steps.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence

from xstilts.engine.step import Step


class ReadySteps:
    """Of `pending` steps, those that wait neither for one another nor for a `running` one.

    Args:
        pending: inputs before their readers.
        readers: by key, the steps that read a step.
        running: keys of steps that are at work.
    """

    def __init__(self, pending: Sequence[Step], readers: Mapping[str, Sequence[Step]], running: Container[str]) -> None:
        self._readers = readers
        self._places = {step.key: place for place, step in enumerate(pending)}
        self._pending = pending
        self._waits: Counter[str] = Counter()
        # Steps that take the device and others: where there is no room for one, there is none for any of its kind.
        self._queues: dict[bool, list[int]] = {True: [], False: []}
        self._later: list[tuple[float, int]] = []
        for step in pending:
            inputs = {input_step.key for input_step in step.inputs.values()}
            self._waits[step.key] = sum(key in self._places or key in running for key in inputs)
            if not self._waits[step.key]:
                self._queues[step.compute].append(self._places[step.key])  # in order: a heap already

    def take(self, has_capacity: Callable[[Step], bool], now: float) -> Step | None:
        """Remove and return the first step that there is room for; None where there is none."""
        while self._later and self._later[0][0] <= now:
            self._push(self._pending[heapq.heappop(self._later)[1]])
        for queue in sorted((queue for queue in self._queues.values() if queue), key=lambda queue: queue[0]):
            if has_capacity(self._pending[queue[0]]):
                return self._pending[heapq.heappop(queue)]
        return None

    def put_off(self, step: Step, until: float) -> None:
        """Take a pending step into consideration again at that time, not before."""
        place, queue = self._places[step.key], self._queues[step.compute]
        if place in queue:
            queue.remove(place)
            heapq.heapify(queue)
        heapq.heappush(self._later, (until, place))

    def ended(self, step: Step) -> None:
        """Let go what waited for this step alone."""
        for reader in self._readers.get(step.key, ()):
            if reader.key in self._places:
                self._waits[reader.key] -= 1
                if not self._waits[reader.key]:
                    self._push(reader)

    def _push(self, step: Step) -> None:
        heapq.heappush(self._queues[step.compute], self._places[step.key])
