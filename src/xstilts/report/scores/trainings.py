"""Read what trainings wrote down: states, costs and curves. Absent or unfinished files give an empty record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.report.scores.inputs import StudyCell

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """One training. `state`: "ok", "diverged", "at chance", or "unknown" where nothing was written."""

    name: str
    seed: int
    folder: Path
    arms: tuple[str, ...]  # the arms whose route goes through it, in order
    targets: tuple[str, ...]
    summary: Mapping[str, Any]  # summary.json as it is
    loss: Points  # (update, loss)
    dev_scores: Points  # (update, score that selects the checkpoint)

    @property
    def state(self) -> str:
        return str(self.summary.get("state", "unknown"))

    def number(self, name: str) -> float | None:
        """Return an entry of the summary where it is a number ("best_score", "floor", "seconds"), else None."""
        value = self.summary.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def examples(self) -> dict[str, int]:
        """Task -> training examples, of the tasks whose number is known."""
        parts = self.summary.get("parts", [])
        return {str(part.get("name")): int(part["examples"]) for part in parts if part.get("examples")}

    @property
    def task_count(self) -> int:
        return len(self.summary.get("parts", []))


def trainings(cells: Sequence[StudyCell]) -> tuple[TrainingRun, ...]:
    """Return every training on the routes of `cells`, each once, in the order of the study."""
    users: dict[Path, list[tuple[StudyCell, int]]] = {}
    for cell in cells:
        for position, folder in enumerate(cell.trainings):
            users.setdefault(folder, []).append((cell, position))
    return tuple(_training(folder, uses) for folder, uses in users.items())


def read_state(folder: Path) -> str | None:
    """Return the state that a training ended in ("ok", "diverged", "at chance"); None where it wrote none."""
    return str(summary.get("state", "ok")) if (summary := read_summary(folder)) else None


def read_summary(folder: Path) -> dict[str, Any]:
    """Read `summary.json` of a train artefact; {} where it is not there."""
    path = folder / "summary.json"
    if not path.exists():
        return {}
    value = json.loads(path.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def _training(folder: Path, uses: Sequence[tuple[StudyCell, int]]) -> TrainingRun:
    first, position = uses[0]
    loss, dev_scores = read_curves(folder)
    return TrainingRun(
        name=first.training_names[position] if position < len(first.training_names) else folder.name,
        seed=first.seed,
        folder=folder,
        arms=tuple(dict.fromkeys(cell.arm for cell, _ in uses)),
        targets=tuple(dict.fromkeys(cell.target for cell, _ in uses)),
        summary=read_summary(folder),
        loss=loss,
        dev_scores=dev_scores,
    )


def read_curves(folder: Path) -> tuple[Points, Points]:
    """Return (update, loss) and (update, score that selects the checkpoint) of a train artefact; () where it wrote
    none."""
    path = folder / "log.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return curves_of(text)


def curves_of(log: str) -> tuple[Points, Points]:
    """Return the same of the lines of a log. Raises ValueError for what is no log."""
    updates = [json.loads(line) for line in log.splitlines() if line.strip()]
    return _points(updates, "loss"), _points(updates, "score")


def _points(updates: Sequence[dict[str, Any]], key: str) -> Points:
    return tuple((float(x["update"]), float(x[key])) for x in updates if x.get(key) is not None and "update" in x)
