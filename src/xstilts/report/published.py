"""Published figures, each with its source and the words or row it was read from. All lie in `published.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, kw_only=True)
class PublishedFigure:
    """One published number. `task` is a task's name, a category ("qa") or "all"; `value` is in percent, or in points
    for a gain. `quote` is what stands at `place` of the work `cite`."""

    benchmark: str
    task: str
    model: str
    metric: str
    value: float
    quote: str
    cite: str
    address: str
    place: str


@cache
def published() -> tuple[PublishedFigure, ...]:
    """Every figure, in the order of the file."""
    record = json.loads((files("xstilts.report") / "published.json").read_text(encoding="utf-8"))
    lines = [(record["sources"][line.pop("source")], line) for line in record["figures"]]
    return tuple(PublishedFigure(**source, **line) for source, line in lines)


def figures(task: str, benchmark: str = "xtreme") -> tuple[PublishedFigure, ...]:
    """The figures of one task."""
    return tuple(figure for figure in published() if (figure.task, figure.benchmark) == (task, benchmark))
