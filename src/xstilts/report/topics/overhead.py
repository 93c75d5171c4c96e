"""The overhead of a study: how much of its time is not training, but reading, tokenising, predicting, scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Block, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.scores.inputs import StepInfo
from xstilts.report.topics.topic import Topic

STATUSES = ("done", "reused", "failed", "not run")


def sections(steps: Sequence[StepInfo]) -> tuple[Section, ...]:
    texts = (TimeSpent.of_steps(steps).sentence, energy_sentence(steps))
    blocks: tuple[Block, ...] = (step_table(steps), *(Prose(text=text) for text in texts if text))
    return (Section(id="graph", title="Run graph and costs", blocks=blocks),)


@dataclass(frozen=True, kw_only=True)
class TimeSpent:
    """Compute seconds by kind of step. `training`: the kinds that are training.

    >>> spent = TimeSpent(seconds={"prepare": 4.0, "train": 90.0, "predict": 6.0}, training=frozenset({"train"}))
    >>> spent.beyond_training
    0.1
    >>> spent.others
    'predict 6.0 s, prepare 4.0 s'
    >>> spent.sentence
    '10.0% of the time was not training: predict 6.0 s, prepare 4.0 s.'
    """

    seconds: Mapping[str, float]
    training: frozenset[str] = frozenset()

    @classmethod
    def of_steps(cls, steps: Sequence[StepInfo]) -> TimeSpent:
        """Add up steps, kinds in the order of the run graph; the cost of reused steps is included."""
        seconds = dict.fromkeys((step.name for step in steps), 0.0)
        for step in steps:
            seconds[step.name] += step.seconds or 0.0
        return cls(seconds=seconds, training=frozenset(step.name for step in steps if step.is_training))

    def plus(self, kind: str, seconds: float) -> TimeSpent:
        return replace(self, seconds={**self.seconds, kind: seconds})

    @property
    def beyond_training(self) -> float | None:
        """The share (0 to 1) of the time of all kinds that is not training; None where no time is known."""
        total = sum(self.seconds.values())
        other_seconds = sum(seconds for kind, seconds in self.seconds.items() if kind not in self.training)
        return other_seconds / total if total else None

    @property
    def has_training(self) -> bool:
        return any(self.seconds.get(kind) for kind in self.training)

    @property
    def others(self) -> str:
        """The kinds that are not training, the longest first."""
        kinds = [(seconds, kind) for kind, seconds in self.seconds.items() if seconds and kind not in self.training]
        return ", ".join(f"{kind} {formatting.seconds(seconds)}" for seconds, kind in sorted(kinds, reverse=True))

    @property
    def sentence(self) -> str:
        """The line of a report; "" where no time is known or nothing was trained."""
        if self.beyond_training is None or not self.has_training:
            return ""
        return f"{self.beyond_training:.1%} of the time was not training{f': {self.others}' if self.others else ''}."


def step_table(steps: Sequence[StepInfo]) -> Table:
    """Lay out steps by kind: how many were run, how many were stored already, and what they cost."""
    kinds = list(dict.fromkeys(step.name for step in steps))
    labels = ("Step", *STATUSES, "Time", "Tokens", "FLOPs", "Energy", "Stored")
    return Table(
        caption="The run graph by kind of step. Time is compute time summed over steps, the cost of reused ones "
        "included. FLOPs of trainings and predictions follow from counted tokens (Kaplan et al. 2020): 2 operations a "
        "weight and token forward, 4 backward, and attention; embeddings and heads are left out.",
        columns=tuple(TableColumn(label=label, numeric=label != "Step") for label in labels),
        rows=tuple(_row(kind, [step for step in steps if step.name == kind]) for kind in kinds),
        foot=(_row("all", steps),),
    )


def _row(name: str, steps: Sequence[StepInfo]) -> tuple[TableCell, ...]:
    counts = [sum(step.status == status for step in steps) for status in STATUSES]
    seconds = sum(s.seconds or 0.0 for s in steps)
    flops = [s.flops for s in steps if s.flops is not None]
    tokens, stored = sum(s.tokens or 0 for s in steps), sum(s.bytes or 0 for s in steps)
    texts = [
        *(formatting.count(n) if n else "–" for n in counts),
        formatting.seconds(seconds) if seconds else "–",
        formatting.count(tokens) if tokens else "–",
        formatting.operations(sum(flops)) if flops else "–",
        _energy(steps),
        formatting.size(stored) if stored else "–",
    ]
    return (TableCell(text=name), *(TableCell(text=text) for text in texts))


def _energy(steps: Sequence[StepInfo]) -> str:
    """The energy of the steps that it was measured of, and how many these are where others are done."""
    of = [s.joules for s in steps if s.joules is not None]
    done = sum(s.status in ("done", "reused") for s in steps)
    if not of:
        return "not measured" if done else "–"
    return formatting.energy(sum(of)) + (f" ({len(of)} of {done})" if len(of) < done else "")


def energy_sentence(steps: Sequence[StepInfo]) -> str:
    """Say what measured energy is that of; "" where none was measured."""
    covers = list(dict.fromkeys(s.energy_covers for s in steps if s.energy_covers))
    if not covers:
        return ""
    return (
        f"Energy was read from the machine's own counters ({'; '.join(covers)}), of all that ran there while a step "
        "did: steps that ran at once each have all of it. Memory, disks and cooling are not in it."
    )


OVERHEAD = Topic(name="overhead", compute=lambda board: board.results.steps or None, sections=sections)
