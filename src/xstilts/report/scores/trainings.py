"""What the training runs wrote down: states, costs and curves. Absent or unfinished files give an empty record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.report.scores.inputs import StudyCell


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """One training run. `state`: "ok", "diverged", "at chance", or "unknown" where nothing was written."""

    name: str
    seed: int
    place: Path
    arms: tuple[str, ...]  # the arms whose route goes through it, in order
    targets: tuple[str, ...]
    summary: dict[str, Any]
    loss: tuple[tuple[float, float], ...]  # (update, loss)
    dev: tuple[tuple[float, float], ...]  # (update, score steering selection)

    @property
    def state(self) -> str:
        return str(self.summary.get("state", "unknown"))

    def fact(self, name: str) -> float | None:
        """An entry of the summary, where it is a number."""
        value = self.summary.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def trainings(cells: Sequence[StudyCell]) -> tuple[TrainingRun, ...]:
    """Every training on the routes of `cells`, each once, in the order of the study."""
    users: dict[Path, list[tuple[StudyCell, int]]] = {}
    for cell in cells:
        for position, place in enumerate(cell.trainings):
            users.setdefault(place, []).append((cell, position))
    return tuple(_training(place, uses) for place, uses in users.items())


def _training(place: Path, uses: Sequence[tuple[StudyCell, int]]) -> TrainingRun:
    first, position = uses[0]
    loss, dev = _log(place / "log.jsonl")
    name = first.training_names[position] if position < len(first.training_names) else place.name
    return TrainingRun(
        name=name,
        seed=first.seed,
        place=place,
        arms=tuple(dict.fromkeys(cell.arm for cell, _ in uses)),
        targets=tuple(dict.fromkeys(cell.target for cell, _ in uses)),
        summary=_json(place / "summary.json"),
        loss=loss,
        dev=dev,
    )


def _json(place: Path) -> dict[str, Any]:
    if not place.exists():
        return {}
    value = json.loads(place.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def _log(place: Path) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    if not place.exists():
        return (), ()
    lines = [json.loads(text) for text in place.read_text(encoding="utf-8").splitlines() if text.strip()]
    return _points(lines, "loss"), _points(lines, "score")


def _points(lines: Sequence[dict[str, Any]], key: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(x["update"]), float(x[key])) for x in lines if x.get(key) is not None and "update" in x)
