"""Training summary: how a run ended and what it cost, written into its artefact as `summary.json`. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from xstilts.core.files import read_json, write_json

FILE = "summary.json"


@dataclass(frozen=True, kw_only=True)
class TrainSummary:
    """Contents of `summary.json`. Scores in percent, memory in bytes.

    state: "ok", "diverged" (a loss or gradient that is no number) or "at chance" (the dev interval of every task that
    steers reaches the floor).
    dev: for each task that selects, its score at the best update, the 95 % interval and the floor.
    """

    state: str
    seed: int  # the seed of the attempt that counts
    best_update: int | None
    best_score: float | None
    floor: float | None  # mean over the tasks that select
    interval: list[float | None] | None  # where one task selects
    dev: dict[str, dict[str, Any]]
    curve: list[list[float]]
    updates: int  # done; fewer than planned where patience ended the run
    planned_updates: int
    rows: int
    parts: list[dict[str, Any]]
    heads: dict[str, dict[str, Any]]
    restarts: int
    tries: list[dict[str, Any]]
    tokens: int
    seconds: float
    tokens_per_second: float
    peak_memory: int
    precision: str
    forward_tokens: int
    machine: dict[str, Any]
    notes: list[str]
    trained_parameters: int
    stored_bytes: int  # of the weight files

    def write(self, folder: Path) -> None:
        """Write `summary.json`. Raises StoreError on a full disk."""
        write_json(folder / FILE, plain(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> TrainSummary:
        """Read the summary of a train artefact. Raises StoreError where it cannot be read; what an older release did
        not write is None."""
        record = read_json(folder / FILE)
        return cls(**{field.name: record.get(field.name) for field in fields(cls)})


def plain(value: Any) -> Any:
    """Replace nan and infinity, which JSON does not have, by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
