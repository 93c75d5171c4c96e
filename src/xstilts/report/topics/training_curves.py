"""Training curves of a study, one pair of panels for each phase."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xstilts.report.elements.blocks import Figure
from xstilts.report.elements.curve_chart import Curve, Points, panel
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.trainings import TrainingRun


def curves(board: Scoreboard) -> tuple[Figure, ...]:
    """Loss and dev score of every phase, a line a run, coloured by the first arm that uses it."""
    arms = board.results.arms
    panels = []
    for name in dict.fromkeys(t.name for t in board.trainings):
        runs = [t for t in board.trainings if t.name == name]
        floors = [floor for t in runs if (floor := t.fact("floor")) is not None]
        panels.append(panel(f"{name}: loss", _lines(runs, arms, lambda t: t.loss)))
        panels.append(panel(f"{name}: dev score", _lines(runs, arms, lambda t: t.dev), floors[0] if floors else None))
    drawn = tuple(p for p in panels if p)
    if not drawn:
        return ()
    caption = (
        "Loss and dev score against updates, one line a run, in the colour of the first arm whose route it is on. "
        "Dashed: chance. Best scores and states stand in the table below."
    )
    return (Figure(svg=drawn, caption=caption, legend=arms),)


def _lines(runs: Sequence[TrainingRun], arms: Sequence[str], points: Callable[[TrainingRun], Points]) -> list[Curve]:
    lines = []
    for t in runs:
        state = "" if t.state == "ok" else f", {t.state}"
        label = f"{t.name}, seed {t.seed}, {' and '.join(t.arms)}, for {', '.join(t.targets)}{state}"
        lines.append(Curve(label=label, colour=arms.index(t.arms[0]), points=points(t)))
    return lines
