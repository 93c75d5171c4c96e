"""The topic of scaling, and what report.json holds of it."""

from __future__ import annotations

from typing import Any

from xstilts.report.topics.scaling.blocks import scaling_sections, scaling_terminal
from xstilts.report.topics.scaling.curves import StudyScaling, compute
from xstilts.report.topics.topic import Topic
from xstilts.scaling.records import curve_record, exchange_record


def _curves(scaling: StudyScaling) -> list[dict[str, Any]]:
    return [
        {
            "name": curve.arms.name,
            "axis": curve.arms.axis,
            "budget": curve.arms.budget,
            "target": curve.target,
            "measure": curve.measure,
            "languages": list(curve.languages),
            "without": curve.level,
            "missing": curve.missing,
            "mean": curve_record(curve.fit),
            "by_language": [curve_record(fit) for fit in curve.by_language],
        }
        for curve in scaling.curves
    ]


def _exchanges(scaling: StudyScaling) -> list[dict[str, Any]]:
    return [
        {
            "target": one.target,
            "curve": one.curve,
            "without": one.without,
            "phase_examples": one.phase_examples,
            "reason": one.reason,
            "rates": exchange_record(one.rates),
        }
        for one in scaling.exchange
    ]


SCALING = Topic(
    name="scaling",
    compute=compute,
    sections=scaling_sections,
    record=lambda scaling: {"scaling": _curves(scaling), "exchange": _exchanges(scaling)},
    empty_record={"scaling": [], "exchange": []},
    terminal=scaling_terminal,
)
