"""The depth of an encoder: which of its layers a task's settings mean, known once the encoder is found."""

from __future__ import annotations

from dataclasses import replace

from xstilts.core.errors import StudyError
from xstilts.study.availability import LocatedStudy


def at_depth(located: LocatedStudy, layers: int | None) -> LocatedStudy:
    """Return the study for an encoder of `layers` blocks (None: not known yet): layers of sweeps are numbers of its
    own, and a note says which of them is a target's score.

    Raises StudyError for a layer that the encoder has not, before anything is trained.
    """
    sweeps, targets = dict(located.sweeps), dict(located.targets)
    if layers is not None:
        for name, task in located.targets.items():
            try:
                kind = task.kind.at_depth(layers)
                if name in sweeps:
                    sweeps[name] = sweeps[name].at_depth(layers)
                    targets[name] = task.replace(kind=kind)
            except StudyError as error:
                raise error.moved(f"settings.{name}.{error.where}") from error
    sweeps = {name: sweep for name, sweep in sweeps.items() if sweep.others}
    notes = {name: (*located.notes.get(name, ()), sweep.note) for name, sweep in sweeps.items()}
    return replace(located, sweeps=sweeps, targets=targets, notes={**located.notes, **notes})
