"""Blocks of the groups of languages: heat maps and tables of gains, charts and tables against distances."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.blocks import Block, Figure, Fold, Items, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Tile, heat, scale_key
from xstilts.report.elements.formatting import interval, name_list, number, probability, signed
from xstilts.report.elements.scatter_chart import ScatterPoint, scatter
from xstilts.report.scores.group_gains import DistanceCorrelation, GroupGain
from xstilts.report.scores.language_groups import DIVISIONS, LanguageFacts
from xstilts.report.topics.language_groups.values import DRAWN, LanguageGroups

NONE = "–"
EXPLANATION = (
    "The differences of the study over groups of languages, the one trained in left out: the mean over the languages "
    "of a group that a target is tested in, then over targets. Nothing here is tested, and an interval is that of its "
    "number alone: of many groups some leave out zero by chance."
)
DISTANCE_CAPTION = (
    "Rank correlation (Spearman's rho) of a difference with a number of each language: below zero, it is smaller in "
    "languages that are further away, or have more text. The 95 % interval is over languages; p is of a permutation "
    "test, of that line alone."
)


def sections(groups: LanguageGroups) -> tuple[Section, ...]:
    first = groups.first
    blocks: list[Block] = [Prose(text=EXPLANATION), Items(items=groups.sources)]
    blocks += _figures(groups, first)
    blocks.append(gain_table(groups, first))
    blocks += _against_distance(groups, first)
    targets = dict.fromkeys(one.target for one in groups.gains if one.target != first)
    blocks += [_of_target(groups, target) for target in targets if target is not None]
    blocks.append(Fold(title="What is known of the languages", blocks=(facts_table(groups.facts),)))
    if groups.left_out:
        blocks.append(Fold(title="Targets that are not divided", blocks=(Items(items=groups.left_out),)))
    return (Section(id="groups", title="Groups of languages", blocks=tuple(blocks)),)


def _of_target(groups: LanguageGroups, target: str) -> Fold:
    blocks: list[Block] = [*_figures(groups, target), gain_table(groups, target)]
    if any(one.target == target for one in groups.correlations):
        blocks.append(correlation_table(groups, target))
    return Fold(title=f"{target}, by group of languages", blocks=tuple(blocks))


def _figures(groups: LanguageGroups, target: str | None) -> list[Block]:
    gains = [one for one in groups.gains if one.target == target]
    largest = max([0.0, *(abs(one.gain.value) for one in gains if one.gain)])
    limit = min(max(2.0, largest), 20.0)
    maps = tuple(_heat_map(groups, [one for one in gains if one.by == by], limit) for by in _divisions(gains))
    caption = f"{_title(target)}: differences in points by group of languages (how many), on one colour scale."
    return [
        Figure(svg=(scale_key(limit, largest > limit, "Colour scale"),), caption=caption),
        Figure(svg=maps, caption=""),
    ]


def _divisions(gains: Sequence[GroupGain]) -> list[str]:
    return [by for by in DIVISIONS if any(one.by == by for one in gains)]


def _title(target: str | None) -> str:
    return target or "Mean over targets"


def _heat_map(groups: LanguageGroups, gains: Sequence[GroupGain], limit: float) -> str:
    names = list(dict.fromkeys(one.group for one in gains))
    found = {(one.contrast, one.group): one for one in gains}
    rows = [(title, [_tile(found.get((title, name)), limit) for name in names]) for title in groups.contrasts]
    columns = [f"{name} ({len(found[groups.contrasts[0], name].languages)})" for name in names]
    by = gains[0].by
    return heat(columns, rows, f"by {by}", f"differences by {by}; the numbers stand in the table below")


def _tile(one: GroupGain | None, limit: float) -> Tile:
    if one is None or one.gain is None:
        return Tile(text="·", tip="missing: an arm lacks a score", missing=True)
    value = one.gain.value
    tip = f"{one.contrast}, {one.group}: {signed(value)}{interval(one.gain.low, one.gain.high, before=' ')}"
    return Tile(
        text=signed(value), tip=f"{tip}; {name_list(one.languages, 20)}", shade=max(-1.0, min(1.0, value / limit))
    )


def gain_table(groups: LanguageGroups, target: str | None) -> Table:
    """Lay out groups by contrasts: on one target, or on the mean over targets."""
    gains = [one for one in groups.gains if one.target == target]
    found = {(one.by, one.group, one.contrast): one for one in gains}
    places = {(one.by, one.group): one for one in gains}
    several = target is None
    return Table(
        caption=f"{_title(target)}: differences in points by group of languages. Small print: the 95 % interval of "
        "each number alone.",
        columns=(
            TableColumn(label="By", numeric=False),
            TableColumn(label="Group", numeric=False),
            TableColumn(label="Languages"),
            *((TableColumn(label="Targets"),) if several else ()),
            *(TableColumn(label=title) for title in groups.contrasts),
        ),
        rows=tuple(
            (
                TableCell(text=by),
                TableCell(text=group),
                TableCell(text=str(len(one.languages)), small_print=(name_list(one.languages, 8),)),
                *((TableCell(text=str(one.targets)),) if several else ()),
                *(_gain_cell(found.get((by, group, title))) for title in groups.contrasts),
            )
            for (by, group), one in places.items()
        ),
    )


def _gain_cell(one: GroupGain | None) -> TableCell:
    if one is None or one.gain is None:
        return TableCell(text=NONE, tip="an arm lacks a score", role="missing")
    reach = interval(one.gain.low, one.gain.high)
    return TableCell(text=signed(one.gain.value), small_print=(reach,) if reach else ())


def _against_distance(groups: LanguageGroups, target: str | None) -> list[Block]:
    correlations = [one for one in groups.correlations if one.target == target]
    if not correlations:
        return []
    rho = {one.contrast: one.rho for one in correlations if one.distance == DRAWN}
    charts = tuple(
        scatter(
            f"{title}{'' if rho.get(title) is None else f', rho {number(rho[title], 2)}'}",
            [
                ScatterPoint(label=p.language, tip=f"{p.language}: {signed(p.gain)}", x=p.distance, y=p.gain)
                for p in groups.points
                if p.contrast == title
            ],
        )
        for title in groups.contrasts
    )
    caption = f"{_title(target)}: the difference in each language (points) against its {DRAWN} to English."
    figure = Figure(svg=tuple(chart for chart in charts if chart), caption=caption)
    return [*((figure,) if figure.svg else ()), correlation_table(groups, target)]


def correlation_table(groups: LanguageGroups, target: str | None) -> Table:
    """Lay out the correlations of one target, or of the mean over targets."""
    lines = [one for one in groups.correlations if one.target == target]
    labels = ("Against", "Difference", "Languages", "rho", "95 % interval", "p alone")
    return Table(
        caption=f"{_title(target)}. {DISTANCE_CAPTION}",
        columns=tuple(TableColumn(label=label, numeric=label not in labels[:2]) for label in labels),
        rows=tuple(_correlation_row(one) for one in lines),
        notes=(f"{len(lines)} lines: about one in twenty is below 0.05 where there is nothing.",),
    )


def _correlation_row(one: DistanceCorrelation) -> tuple[TableCell, ...]:
    reach = "" if one.low is None or one.high is None else f"({number(one.low, 2)} to {number(one.high, 2)})"
    return (
        TableCell(text=one.distance),
        TableCell(text=one.contrast),
        TableCell(text=str(one.n)),
        TableCell(text=NONE if one.rho is None else number(one.rho, 2)),
        TableCell(text=reach or NONE),
        TableCell(text=probability(one.p) or NONE),
    )


def facts_table(facts: Sequence[LanguageFacts]) -> Table:
    """Lay out what is known of each language."""
    divisions = [by for by in DIVISIONS if by != "branch"]
    return Table(
        caption="Languages: their groups, distances to English, and the size of their corpus in GiB.",
        columns=(
            TableColumn(label="Language", numeric=False),
            *(TableColumn(label=by, numeric=False) for by in divisions),
            *(TableColumn(label=name) for name in ("syntax", "phonology", "sounds", "GiB")),
        ),
        rows=tuple(
            (
                TableCell(text=one.language),
                *(TableCell(text=one.groups.get("branch" if by == "family" else by) or one.groups.get(by, NONE))
                  for by in divisions),
                *(TableCell(text=NONE if value is None else number(value, 2))
                  for value in (one.syntax, one.phonology, one.inventory)),
                TableCell(text=NONE if one.gib is None else number(one.gib)),
            )
            for one in facts
        ),
    )  # fmt: skip
