"""The trainings of a study: their curves, one pair of panels for each phase, and a table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xstilts.core.short_keys import short_key
from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Figure, Fold, Section, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Curve, Points, panel
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.trainings import TrainingRun
from xstilts.report.topics.topic import Record, Topic


def sections(board: Scoreboard) -> tuple[Section, ...]:
    runs = board.trainings
    table = Fold(title=f"All {formatting.plural(len(runs), 'training')}", blocks=(training_table(runs),))
    return (Section(id="training", title="Training", blocks=(*curves(board), table)),)


def curves(board: Scoreboard) -> tuple[Figure, ...]:
    """Draw loss and dev score of every phase, a line a run, coloured by the first arm that uses it."""
    arms = board.results.arms
    panels = []
    for name in dict.fromkeys(run.name for run in board.trainings):
        runs = [run for run in board.trainings if run.name == name]
        floors = [floor for run in runs if (floor := run.number("floor")) is not None]
        panels.append(panel(f"{name}: loss", _lines(runs, arms, lambda run: run.loss)))
        dev_scores = _lines(runs, arms, lambda run: run.dev_scores)
        panels.append(panel(f"{name}: dev score", dev_scores, floors[0] if floors else None))
    drawn = tuple(text for text in panels if text)
    if not drawn:
        return ()
    caption = (
        "Loss and dev score against updates, one line a run, in the colour of the first arm whose route it is on. "
        "Dashed: chance. Best scores and states stand in the table below."
    )
    return (Figure(svg=drawn, caption=caption, legend=arms),)


def _lines(runs: Sequence[TrainingRun], arms: Sequence[str], points: Callable[[TrainingRun], Points]) -> list[Curve]:
    lines = []
    for run in runs:
        state = "" if run.state == "ok" else f", {run.state}"
        label = f"{run.name}, seed {run.seed}, {' and '.join(run.arms)}, for {', '.join(run.targets)}{state}"
        lines.append(Curve(label=label, colour=arms.index(run.arms[0]), points=points(run)))
    return lines


def training_table(runs: Sequence[TrainingRun]) -> Table:
    """Lay out every training with its state, best dev score and floor; a phase that two arms share is one line."""
    labels = (
        *("Phase", "Arms", "Targets", "Seed", "Best dev score", "Floor"),
        *("Trained", "Weights", "Updates", "Tokens", "Time", "Restarts", "Key"),
    )
    caption = (
        "Every training run, in the order of the study; a phase that several routes share was run once and stands "
        "once. Trained: how many parameters; Weights: the size of what was written; Key: what "
        "`xstilts predict`, `export` and `show` call it."
    )
    return Table(
        caption=caption,
        columns=tuple(TableColumn(label=label, numeric=label not in (*labels[:3], "Key")) for label in labels),
        rows=tuple(_row(run) for run in runs),
    )


def _row(run: TrainingRun) -> tuple[TableCell, ...]:
    return (
        TableCell(text=run.name, marks=() if run.state == "ok" else (run.state,)),
        TableCell(text=formatting.name_list(run.arms, 4)),
        TableCell(text=formatting.name_list(run.targets, 4)),
        TableCell(text=str(run.seed)),
        TableCell(text=_score(run.number("best_score"))),
        TableCell(text=_score(run.number("floor")), role="faint"),
        TableCell(text=formatting.count(run.number("trained_parameters"))),
        TableCell(text=formatting.size(run.number("stored_bytes"))),
        TableCell(text=formatting.count(run.number("updates"))),
        TableCell(text=formatting.count(run.number("tokens"))),
        TableCell(text=formatting.seconds(run.number("seconds"))),
        TableCell(text=formatting.count(run.number("restarts") or 0)),
        TableCell(text=short_key(run.folder.name), role="code"),
    )


def _score(value: float | None) -> str:
    return "–" if value is None else formatting.number(value)


def record(board: Scoreboard) -> Record:
    """Return every training with the name of its step; its curves are on the page alone."""
    runs = [
        {
            "step": run.folder.name,
            "phase": run.name,
            "seed": run.seed,
            "arms": run.arms,
            "targets": run.targets,
            "summary": run.summary,
        }
        for run in board.trainings
    ]
    return {"trainings": runs}


TRAINING = Topic(
    name="training",
    compute=lambda board: board if board.trainings else None,
    sections=sections,
    record=record,
    empty_record={"trainings": []},
)
