"""What sets a study apart from published rows, in plain words: encoder, languages, training data, task."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.formatting import count, listed
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.published import Benchmark, PublishedRow
from xstilts.report.scores.scoreboard import Scoreboard


def remarks(encoder: str, rows: Sequence[PublishedRow]) -> tuple[str, ...]:
    """What sets whole rows apart from a study with this encoder: one sentence a row."""
    return tuple(f"{row.name} ({row.model}): {_encoders(encoder, row)}; {row.setting}." for row in rows)


def _encoders(encoder: str, row: PublishedRow) -> str:
    ours = _plain(encoder)
    if not row.encoder:
        return f"its encoder is not known, ours is {ours}"
    if row.hub and ours.lower() == _plain(row.hub).lower():
        return "the same encoder"
    size = f" ({row.parameters} parameters)" if row.parameters else ""
    return f"encoder differs: {ours}, not {row.encoder}{size}"


def _plain(encoder: str) -> str:
    """ "FacebookAI/xlm-roberta-large@main" and "models/xlm-roberta-large" are both "xlm-roberta-large"."""
    return encoder.partition("@")[0].rstrip("/").rpartition("/")[2]


def apart(board: Scoreboard, target: TargetInfo, benchmark: Benchmark) -> tuple[str, ...]:
    """What sets the numbers of one target apart: languages, training data, substitutes, samples, the task itself."""
    task = benchmark.tasks[target.name]
    here = [language for language in board.scored(target) if language in task.languages]
    said = []
    if len(here) < len(task.languages):
        said.append(f"ours: {len(here)} of {len(task.languages)} languages")
    if extra := [language for language in board.scored(target) if language not in task.languages]:
        said.append(f"{listed(extra)} not in {benchmark.title}, left out")
    sizes = trained_on(board, target)
    if task.train is not None and sizes and sizes != {task.train}:
        ours = listed([count(n) for n in sorted(sizes)])
        said.append(f"trained on {ours} examples, published on {count(task.train)}")
    said += [*target.notes, target.samples, task.note]
    return tuple(text for text in said if text)


def trained_on(board: Scoreboard, target: TargetInfo) -> set[int]:
    """How many examples of a target its last trainings were run on, as their summaries say."""
    if not target.trained:
        return set()
    cells = [cell for cell in board.results.cells if cell.target == target.name and cell.scores is not None]
    places = {cell.trainings[-1] for cell in cells if cell.trainings}
    found = set()
    for training in board.trainings:
        parts = training.summary.get("parts", []) if training.place in places else []
        # A training that several targets share has the name of one of them.
        mine = parts if len(parts) == 1 else [part for part in parts if part.get("name") == target.name]
        found |= {int(part["examples"]) for part in mine if part.get("examples")}
    return found
