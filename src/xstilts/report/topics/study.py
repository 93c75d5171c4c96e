"""The study itself: how to run it again, and with which versions it was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from xstilts.report.elements.blocks import Code, Fold, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.scores.inputs import Results, TargetInfo
from xstilts.report.topics.topic import Record, Topic


def sections(results: Results) -> tuple[Section, ...]:
    blocks = (
        Prose(
            text="To run it again, save the study below as study.yaml. What is already in the store is not repeated."
        ),
        Code(text="xstilts run study.yaml", language="sh"),
        Fold(title="The study as it was run", blocks=(Code(text=results.study_yaml, language="yaml"),)),
        Fold(title="Versions", blocks=(version_table(results.versions),)),
        Prose(
            text="When you publish these numbers, name the encoder and the xstilts version above, and cite the data "
            "sets: xstilts tasks NAME prints the citation and the licence of each."
        ),
    )
    return (Section(id="study", title="Study and versions", blocks=blocks),)


def version_table(versions: Mapping[str, str]) -> Table:
    columns = (TableColumn(label="Software", numeric=False), TableColumn(label="Version", numeric=False))
    rows = tuple((TableCell(text=name), TableCell(text=version)) for name, version in versions.items())
    return Table(caption="Software that made these numbers.", columns=columns, rows=rows)


def record(results: Results) -> Record:
    return {
        "name": results.name,
        "question": results.question,
        "encoder": results.encoder,
        "scale": results.scale,
        "arms": list(results.arms),
        "baseline": results.baseline,
        "seeds": list(results.seeds),
        "targets": [_target(target) for target in results.targets],
        "versions": dict(results.versions),
        "study": results.study_yaml,
    }


def _target(target: TargetInfo) -> dict[str, Any]:
    """Return a target under the keys that report.json has had from the first."""
    entry = asdict(target)
    entry["met"], entry["most"] = entry.pop("seen_text"), entry.pop("test_limit")
    for key in ("counterpart", "counterparts", "as_written"):  # of natural noise alone
        if not entry[key]:
            del entry[key]
    return entry


STUDY = Topic(name="study", compute=lambda board: board.results, sections=sections, record=record)
