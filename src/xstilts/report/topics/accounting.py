"""Tables of what was spent and read: trainings, steps, data, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Table, TableCell, TableColumn
from xstilts.report.scores.inputs import StepInfo
from xstilts.report.scores.trainings import TrainingRun

STATUSES = ("done", "reused", "failed", "not run")


def training_table(trainings: Sequence[TrainingRun]) -> Table:
    """Every training with its state, best dev score and floor; a phase two arms share stands once."""
    rows = []
    for t in trainings:
        marks = () if t.state == "ok" else (t.state,)
        rows.append(
            (
                TableCell(text=t.name, marks=marks),
                TableCell(text=formatting.listed(t.arms, 4)),
                TableCell(text=formatting.listed(t.targets, 4)),
                TableCell(text=str(t.seed)),
                TableCell(text=_known(t.fact("best_score"))),
                TableCell(text=_known(t.fact("floor")), role="faint"),
                TableCell(text=formatting.count(t.fact("trained_parameters"))),
                TableCell(text=formatting.size(t.fact("stored_bytes"))),
                TableCell(text=formatting.count(t.fact("updates"))),
                TableCell(text=formatting.count(t.fact("tokens"))),
                TableCell(text=formatting.seconds(t.fact("seconds"))),
                TableCell(text=formatting.count(t.fact("restarts") or 0)),
            )
        )
    labels = (
        *("Phase", "Arms", "Targets", "Seed", "Best dev score", "Floor"),
        *("Trained", "Weights", "Updates", "Tokens", "Time", "Restarts"),
    )
    columns = tuple(TableColumn(label=label, numeric=label not in labels[:3]) for label in labels)
    caption = (
        "Every training run, in the order of the study; a phase that several routes share was run once and stands "
        "once. Trained: how many parameters; Weights: the size of what was written."
    )
    return Table(caption=caption, columns=columns, rows=tuple(rows))


def step_table(steps: Sequence[StepInfo]) -> Table:
    """Steps by kind: how many were run, how many were there already, and what they cost."""
    kinds = list(dict.fromkeys(step.name for step in steps))
    rows = [_step_row(kind, [step for step in steps if step.name == kind]) for kind in kinds]
    labels = ("Step", *STATUSES, "Time", "Tokens", "Stored")
    columns = tuple(TableColumn(label=label, numeric=label != "Step") for label in labels)
    caption = "The run graph by kind of step. Time is compute time summed over steps, the cost of reused ones included."
    return Table(caption=caption, columns=columns, rows=tuple(rows), foot=(_step_row("all", steps),))


def failure_table(steps: Sequence[StepInfo]) -> Table | None:
    """Failed steps and their errors; None when nothing failed."""
    rows = tuple((TableCell(text=s.label or s.key), TableCell(text=s.error)) for s in steps if s.status == "failed")
    columns = (TableColumn(label="Failed step", numeric=False), TableColumn(label="Error", numeric=False))
    return (
        Table(caption="Steps that failed. What depends on them was not run.", columns=columns, rows=rows)
        if rows
        else None
    )


def data_table(data: Sequence[Mapping[str, Any]]) -> Table:
    """Files read: rows, what was dropped or cut, the first 16 digits of the fingerprint, the licence."""
    rows = []
    for line in data:
        dropped = line.get("dropped") or {}
        reasons = tuple(f"{reason}: {formatting.count(n)}" for reason, n in dropped.items())
        digest = str(line.get("sha256") or "")
        rows.append(
            (
                TableCell(text=str(line.get("task", ""))),
                TableCell(text=str(line.get("language", ""))),
                TableCell(text=str(line.get("use", ""))),
                TableCell(text=str(line.get("file", ""))),
                TableCell(text=formatting.count(line.get("rows"))),
                TableCell(text=formatting.count(sum(dropped.values())), under=reasons),
                TableCell(text=formatting.count(line.get("truncated"))),
                TableCell(text=formatting.count(line.get("split"))),
                TableCell(text=digest[:16], tip=digest, role="code"),
                TableCell(text=str(line.get("licence", ""))),
            )
        )
    labels = ("Task", "Language", "Use", "File", "Rows kept", "Dropped", "Truncated", "Split", "SHA-256", "Licence")
    columns = tuple(TableColumn(label=label, numeric=label in labels[4:8]) for label in labels)
    return Table(
        caption="Every file that was read. Whole fingerprints are in report.json.", columns=columns, rows=tuple(rows)
    )


def version_table(versions: Mapping[str, str]) -> Table:
    rows = tuple((TableCell(text=name), TableCell(text=version)) for name, version in versions.items())
    columns = (TableColumn(label="Software", numeric=False), TableColumn(label="Version", numeric=False))
    return Table(caption="Software that made these numbers.", columns=columns, rows=rows)


def losses(data: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """One line for each task and use that lost rows or tokens; the data table has it file by file."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in data:
        use = "test" if line.get("use") == line.get("language") else str(line.get("use", ""))
        groups.setdefault((str(line.get("task", "")), use), []).append(line)
    return tuple(f"{' '.join(key)}: {said}." for key, lines in groups.items() if (said := _lost(lines)))


def _lost(lines: Sequence[Mapping[str, Any]]) -> str:
    """ "1,200 rows kept in 8 files; 31 dropped (empty), 2 truncated"; "" where nothing is lost."""
    reasons: dict[str, int] = {}
    for line in lines:
        for reason, n in (line.get("dropped") or {}).items():
            reasons[reason] = reasons.get(reason, 0) + n
    worst = sorted(reasons.items(), key=lambda item: -item[1])
    parts = [f"{formatting.count(n)} dropped ({reason})" for reason, n in worst[:3]]
    if rest := worst[3:]:
        parts.append(
            f"{formatting.count(sum(n for _, n in rest))} dropped for {formatting.plural(len(rest), 'other reason')}"
        )
    said_of = (
        ("truncated", "truncated"),
        ("unusable", "unusable for training"),
        ("overlapping", "arguments left out of training, for they overlap a longer one"),
    )
    for name, said in said_of:
        if n := sum(line.get(name) or 0 for line in lines):
            parts.append(f"{formatting.count(n)} {said}")
    kept = formatting.count(sum(line.get("rows") or 0 for line in lines))
    return f"{kept} rows kept in {formatting.plural(len(lines), 'file')}; {', '.join(parts)}" if parts else ""


def _step_row(name: str, steps: Sequence[StepInfo]) -> tuple[TableCell, ...]:
    counts = [sum(step.status == status for step in steps) for status in STATUSES]
    seconds = sum(s.seconds or 0.0 for s in steps)
    tokens, stored = sum(s.tokens or 0 for s in steps), sum(s.bytes or 0 for s in steps)
    cells = [formatting.count(n) if n else "–" for n in counts]
    costs = [
        formatting.seconds(seconds) if seconds else "–",
        formatting.count(tokens) if tokens else "–",
        formatting.size(stored) if stored else "–",
    ]
    return (TableCell(text=name), *(TableCell(text=text) for text in (*cells, *costs)))


def _known(value: float | None) -> str:
    return "–" if value is None else formatting.number(value)
