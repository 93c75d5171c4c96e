"""The catalogue of trackers, by name. A further one is one file here and one line below."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.trackers.base import Tracker
from xstilts.trackers.mlflow import MlflowTracker
from xstilts.trackers.tensorboard import TensorBoardTracker
from xstilts.trackers.trackio import TrackioTracker
from xstilts.trackers.wandb import WandbTracker

OPTION = "--track"


@dataclass(frozen=True)
class NamedTracker:
    """A tracker by name, and the package that it needs. `make` gets the study's name, the place behind the colon (""
    for none) and a folder of the store for what is kept here."""

    name: str
    make: Callable[[str, str, Path], Tracker]
    package: str


TRACKERS: Catalog[NamedTracker] = Catalog(
    "tracker",
    NamedTracker("tensorboard", TensorBoardTracker, "tensorboard"),
    NamedTracker("mlflow", MlflowTracker, "mlflow"),
    NamedTracker("wandb", WandbTracker, "wandb"),
    NamedTracker("trackio", TrackioTracker, "trackio"),
)


def find_tracker(text: str) -> tuple[NamedTracker, str]:
    """Return the tracker that `NAME` or `NAME:PLACE` stands for, and the place. Raises StudyError for an unknown name,
    and where its package is not installed."""
    name, _, place = text.partition(":")
    found = TRACKERS.find(name, where=OPTION)
    if importlib.util.find_spec(found.package) is None:
        raise StudyError(
            f"the tracker '{name}' needs the package {found.package}, which is not installed.",
            where=OPTION,
            value=name,
            hint=f"Install it: pip install 'xstilts[{name}]'.",
        )
    return found, place
