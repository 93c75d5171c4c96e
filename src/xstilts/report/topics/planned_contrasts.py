"""Planned contrasts: what the study asks, on each target and in each language, all runs counted beside those that
learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from xstilts.report.elements.blocks import Fold, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, plural, signed
from xstilts.report.scores.contrast_scopes import Contrast
from xstilts.report.scores.group_gains import Gain
from xstilts.report.scores.planned_contrasts import PlannedContrast, planned_contrasts
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.contrasts import size
from xstilts.report.topics.scores import language_name
from xstilts.report.topics.topic import Topic


def compute(board: Scoreboard) -> tuple[PlannedContrast, ...] | None:
    return planned_contrasts(board.results, board.comparison) or None


def over_all_runs(planned: Sequence[PlannedContrast], name: str) -> str:
    """Say what an untested contrast on the mean over targets is over all runs; "" where that says no more.

    Returns "; with the runs that did not learn −0.2 (−2.2 to 1.9), inconclusive"."""
    of = next((one for one in planned if one.name == name), None)
    means = {c.name: c for c in of.all_runs if c.target is None} if of is not None and of.has_collapsed else {}
    mean = means.get(name)
    if mean is None or mean.low is None:
        return ""
    return f"; with the runs that did not learn {size(mean)}, {mean.verdict}"


def sections(planned: Sequence[PlannedContrast]) -> tuple[Section, ...]:
    blocks = [(target_table(one), Fold(title="Language by language", blocks=(language_table(one),))) for one in planned]
    title = "Planned contrast" if len(planned) == 1 else "Planned contrasts"
    return (Section(id="planned", title=title, blocks=tuple(block for pair in blocks for block in pair)),)


def target_table(one: PlannedContrast) -> Table:
    labels = ("Target", "What is averaged", "Difference", "Verdict", "Over all runs", "Verdict over all runs")
    used = labels if one.has_collapsed else labels[:4]
    caption = f"{one.title}: the planned contrast on every target, in points."
    if one.has_collapsed:
        caption += (
            " Runs that did not learn are set apart in the difference, which is not tested where too few are left; "
            "over all runs they count as the rest, so that this is what the arms differ by as they were trained."
        )
    return Table(
        caption=caption,
        columns=tuple(TableColumn(label=label, numeric=label in labels[2:5:2]) for label in used),
        rows=tuple(_row(*pair)[: len(used)] for pair in zip(one.reported, one.all_runs, strict=True)),
    )


def _row(reported: Contrast, all_runs: Contrast) -> tuple[TableCell, ...]:
    return (
        TableCell(text=reported.target or f"mean of {plural(len(reported.targets), 'target')}"),
        TableCell(text=reported.label),
        TableCell(
            text=size(reported), small_print=(reported.collapsed + " did not learn",) if reported.collapsed else ()
        ),
        TableCell(text=reported.verdict if reported.value is not None else MISSING),
        TableCell(text=size(all_runs)),
        TableCell(text=all_runs.verdict if all_runs.value is not None else MISSING),
    )


def language_table(one: PlannedContrast) -> Table:
    targets = [c.target for c in one.reported if c.target is not None]
    return Table(
        caption="The planned contrast, in points, in each language of each target"
        + (", over all runs" if one.has_collapsed else "")
        + ". Nothing here is tested: each 95 % interval is of its number alone, and of many some leave out zero by "
        "chance.",
        columns=(TableColumn(label="Language"), *(TableColumn(label=target, numeric=True) for target in targets)),
        rows=tuple(
            (TableCell(text=f"{language_name(language)} ({language})"), *(_gain(of.get(target)) for target in targets))
            for language, of in sorted(one.languages.items())
        ),
    )


def _gain(gain: Gain | None) -> TableCell:
    if gain is None:
        return TableCell(text="–", role="faint")
    return TableCell(text=signed(gain.value), small_print=tuple(filter(None, (interval(gain.low, gain.high),))))


def record(one: PlannedContrast) -> dict[str, Any]:
    return {
        "contrast": one.title,
        "reported": [contrast.to_dict() for contrast in one.reported],
        "all_runs": [contrast.to_dict() for contrast in one.all_runs],
        "languages": {
            language: {target: asdict(gain) for target, gain in of.items()} for language, of in one.languages.items()
        },
    }


PLANNED_CONTRASTS = Topic(
    name="planned_contrasts",
    compute=compute,
    sections=sections,
    record=lambda planned: {"planned_contrasts": [record(one) for one in planned]},
    empty_record={"planned_contrasts": []},
    tables={
        "planned_contrasts": lambda planned: [
            {"contrast": one.title, "target": target, "language": language, **asdict(gain)}
            for one in planned
            for language, of in one.languages.items()
            for target, gain in of.items()
        ]
    },
)
