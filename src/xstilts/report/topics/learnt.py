"""What the arms have learnt: each intermediate phase on its own dev set, beside what guessing scores there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from xstilts.report.elements.blocks import Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import name_list, number, plural
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

CAPTION = (
    "Best dev score of every intermediate phase, in percent: the mean over seeds, then the lowest and the highest. "
    "A phase that is no better than guessing has nothing to pass on."
)


@dataclass(frozen=True, kw_only=True)
class PhaseLearnt:
    """An intermediate phase of some arms, over its seeds.

    scores: the best dev score of each seed that has one; floor: what guessing scores there, the mean over seeds.
    failed: seeds that ended at chance or diverged.
    """

    phase: str
    arms: tuple[str, ...]
    scores: tuple[float, ...]
    floor: float | None
    seeds: int
    failed: int

    @property
    def verdict(self) -> str:
        if self.failed == self.seeds:
            return "not learnt"
        return "learnt" if not self.failed else f"not learnt with {self.failed} of {plural(self.seeds, 'seed')}"


def compute(board: Scoreboard) -> tuple[PhaseLearnt, ...] | None:
    """Return every intermediate phase in the order of the study; None where no arm has one."""
    roles = {
        folder: role
        for cell in board.results.cells
        for folder, role in zip(cell.trainings, cell.training_roles, strict=False)
    }
    runs = [run for run in board.trainings if roles.get(run.folder) == "intermediate" and run.summary]
    phases = []
    for name, arms in dict.fromkeys((run.name, run.arms) for run in runs):
        same = [run for run in runs if (run.name, run.arms) == (name, arms)]
        floors = [floor for run in same if (floor := run.number("floor")) is not None]
        phases.append(
            PhaseLearnt(
                phase=name,
                arms=arms,
                scores=tuple(score for run in same if (score := run.number("best_score")) is not None),
                floor=fmean(floors) if floors else None,
                seeds=len(same),
                failed=sum(run.state in ("at chance", "diverged") for run in same),
            )
        )
    return tuple(phases) or None


def sections(phases: Sequence[PhaseLearnt]) -> tuple[Section, ...]:
    labels = ("Phase", "Arms", "Best dev score", "Guessing", "Seeds", "Verdict")
    table = Table(
        caption=CAPTION,
        columns=tuple(TableColumn(label=label, numeric=label in labels[2:5]) for label in labels),
        rows=tuple(_row(phase) for phase in phases),
    )
    return (Section(id="learnt", title="What was learnt first", blocks=(table,)),)


def _row(phase: PhaseLearnt) -> tuple[TableCell, ...]:
    return (
        TableCell(text=phase.phase),
        TableCell(text=name_list(phase.arms, 4)),
        TableCell(text=_scores(phase.scores)),
        TableCell(text="–" if phase.floor is None else number(phase.floor), role="faint"),
        TableCell(text=str(phase.seeds)),
        TableCell(text=phase.verdict, marks=() if phase.verdict == "learnt" else ("!",)),
    )


def _scores(scores: Sequence[float]) -> str:
    """
    >>> _scores((60.0, 64.0)), _scores(())
    ('62.0 (60.0 to 64.0)', '–')
    """
    if not scores:
        return "–"
    spread = f" ({number(min(scores))} to {number(max(scores))})" if len(scores) > 1 else ""
    return number(fmean(scores)) + spread


def answer(phases: Sequence[PhaseLearnt]) -> tuple[str, ...]:
    """Name the arms that have learnt nothing; nothing where all have."""
    arms = dict.fromkeys(arm for phase in phases if phase.verdict == "not learnt" for arm in phase.arms)
    if not arms:
        return ()
    one = len(arms) == 1
    return (f"{name_list(list(arms))} ended {'its' if one else 'their'} intermediate phase at chance: what "
            f"{'it differs' if one else 'they differ'} by is not what the task teaches.",)  # fmt: skip


LEARNT = Topic(
    name="learnt",
    compute=compute,
    answer=answer,
    sections=sections,
    record=lambda phases: {"learnt": [asdict(phase) | {"verdict": phase.verdict} for phase in phases]},
    empty_record={"learnt": []},
)
