"""The topic of groups of languages, with what report.json and the tables hold of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from xstilts.report.scores.group_gains import DistanceCorrelation, GroupGain
from xstilts.report.topics.language_groups.blocks import sections
from xstilts.report.topics.language_groups.values import LanguageGroups, compute
from xstilts.report.topics.topic import Topic


def gain_line(one: GroupGain) -> dict[str, Any]:
    """Return one line of the table: "all" for the mean over targets."""
    return {
        "contrast": one.contrast,
        "target": one.target or "all",
        "targets": one.targets,
        "by": one.by,
        "group": one.group,
        "n": len(one.languages),
        "languages": " ".join(one.languages),
        "value": one.gain.value if one.gain else None,
        "low": one.gain.low if one.gain else None,
        "high": one.gain.high if one.gain else None,
    }


def correlation_line(one: DistanceCorrelation) -> dict[str, Any]:
    return {**asdict(one), "target": one.target or "all"}


def record(groups: LanguageGroups) -> dict[str, Any]:
    """Return what is shown first: the mean over targets, or the only target; the tables hold every target."""
    return {
        "language_groups": {
            "sources": list(groups.sources),
            "left_out": list(groups.left_out),
            "languages": [{**asdict(one), "groups": dict(one.groups)} for one in groups.facts],
            "gains": [gain_line(one) for one in groups.gains if one.target == groups.first],
            "correlations": [correlation_line(one) for one in groups.correlations if one.target == groups.first],
        }
    }


LANGUAGE_GROUPS = Topic(
    name="language_groups",
    compute=compute,
    sections=sections,
    record=record,
    empty_record={"language_groups": None},
    tables={
        "language_groups": lambda groups: [gain_line(one) for one in groups.gains],
        "distance_correlations": lambda groups: [correlation_line(one) for one in groups.correlations],
    },
)
