"""How much of a study's time is not training: reading and tokenising, predicting, scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xstilts.report.elements import formatting
from xstilts.report.scores.inputs import StepInfo

TRAINING = "train"  # the kind of step that is training


def seconds_by_kind(steps: Sequence[StepInfo]) -> dict[str, float]:
    """Kind of step -> compute seconds, in the order of the run graph; the cost of reused steps is included."""
    spent = dict.fromkeys((step.name for step in steps), 0.0)
    for step in steps:
        spent[step.name] += step.seconds or 0.0
    return spent


def beyond_training(seconds: Mapping[str, float]) -> float | None:
    """The share (0 to 1) of the time of all kinds of steps that is not training; None where no time is known.

    >>> beyond_training({"prepare": 4.0, "train": 90.0, "predict": 6.0})
    0.1
    """
    whole = sum(seconds.values())
    return sum(spent for kind, spent in seconds.items() if kind != TRAINING) / whole if whole else None


def others(seconds: Mapping[str, float]) -> str:
    """What was not training, the longest first.

    >>> others({"prepare": 4.0, "train": 90.0, "predict": 72.0, "score": 0.0})
    'predict 1 min 12 s, prepare 4.0 s'
    """
    found = sorted(((spent, kind) for kind, spent in seconds.items() if spent and kind != TRAINING), reverse=True)
    return ", ".join(f"{kind} {formatting.seconds(spent)}" for spent, kind in found)


def sentence(seconds: Mapping[str, float]) -> str:
    """The line of a report; "" where no time is known or nothing was trained.

    >>> sentence({"prepare": 4.0, "train": 90.0, "predict": 6.0})
    '10.0% of the time was not training: predict 6.0 s, prepare 4.0 s.'
    """
    share = beyond_training(seconds)
    if share is None or not seconds.get(TRAINING):
        return ""
    rest = others(seconds)
    return f"{share:.1%} of the time was not training{f': {rest}' if rest else ''}."
