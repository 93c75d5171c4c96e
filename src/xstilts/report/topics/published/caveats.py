"""Caveats of a comparison with published rows, in plain words: encoder, languages, training data, task."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.formatting import count, name_list
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.published_rows import Benchmark, PublishedRow
from xstilts.report.scores.scoreboard import Scoreboard


def row_remarks(encoder: str, rows: Sequence[PublishedRow]) -> tuple[str, ...]:
    """Say how whole rows differ from a study with this encoder: one sentence a row."""
    return tuple(f"{row.name} ({row.model}): {_encoders(encoder, row)}; {row.setting}." for row in rows)


def _encoders(encoder: str, row: PublishedRow) -> str:
    ours = _base_name(encoder)
    if not row.encoder:
        return f"its encoder is not known, ours is {ours}"
    if row.hub and ours.lower() == _base_name(row.hub).lower():
        return "the same encoder"
    size = f" ({row.parameters} parameters)" if row.parameters else ""
    return f"encoder differs: {ours}, not {row.encoder}{size}"


def _base_name(encoder: str) -> str:
    """ "FacebookAI/xlm-roberta-large@main" and "models/xlm-roberta-large" are both "xlm-roberta-large"."""
    return encoder.partition("@")[0].rstrip("/").rpartition("/")[2]


def target_caveats(board: Scoreboard, target: TargetInfo, benchmark: Benchmark) -> tuple[str, ...]:
    """Say how the numbers of one target differ: languages, training data, substitutes, samples, the task itself."""
    task, scored = benchmark.tasks[target.name], board.scored(target)
    shared = [language for language in scored if language in task.languages]
    caveats = []
    if len(shared) < len(task.languages):
        caveats.append(f"ours: {len(shared)} of {len(task.languages)} languages")
    if extra := [language for language in scored if language not in task.languages]:
        caveats.append(f"{name_list(extra)} not in {benchmark.title}, left out")
    sizes = training_sizes(board, target)
    if task.train is not None and sizes and sizes != {task.train}:
        ours = name_list([count(n) for n in sorted(sizes)])
        caveats.append(f"trained on {ours} examples, published on {count(task.train)}")
    caveats += [*target.notes, target.samples, task.note]
    return tuple(text for text in caveats if text)


def training_sizes(board: Scoreboard, target: TargetInfo) -> set[int]:
    """Return how many examples of a target its last trainings were run on, as their summaries say."""
    if not target.trained:
        return set()
    cells = [cell for cell in board.results.cells if cell.target == target.name and cell.scores is not None]
    folders = {cell.trainings[-1] for cell in cells if cell.trainings}
    sizes: set[int] = set()
    for run in board.trainings:
        if run.folder in folders:
            # A training on one task that several targets share has the name of one of them.
            sizes |= {n for name, n in run.examples.items() if run.task_count == 1 or name == target.name}
    return sizes
