"""Tables of robustness: differences of drops, arms by target, drops by noise, differences by script and family."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.blocks import Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, name_list, number, probability, signed
from xstilts.report.elements.marks import STAR
from xstilts.report.scores.contrast_scopes import UNTESTED, Contrast
from xstilts.report.scores.interactions import ChangeEstimate, GroupEffect, Interaction
from xstilts.report.scores.robustness_measures import ArmRobustness, NoiseCurve

NONE = "–"


def interaction_table(interactions: Sequence[Interaction], baseline: str) -> Table:
    """Lay out the differences of drops: over everything, by target, by noise."""
    labels = ("Contrast", "Target", "Noise", "Difference of drops", "95 % interval", "p adjusted", "Seeds", "Verdict")
    return Table(
        caption=f"Differences of drops in points: what {baseline}, or the other side of the contrast, loses under "
        "perturbed input minus what the arm loses. Means over languages other than the one trained in (over all where "
        "there are no others), rates, then noises.",
        columns=tuple(TableColumn(label=label, numeric=label in labels[3:7]) for label in labels),
        rows=tuple(_interaction_row(one) for one in interactions),
        notes=(
            "One rate of error, 5 %, for all of them: the mean over targets and noises is tested first, then each "
            "target and each noise of those found. It is a family of its own beside the contrasts of clean scores.",
        ),
    )


def _interaction_row(one: Interaction) -> tuple[TableCell, ...]:
    c = one.contrast
    if c.value is None:
        difference = TableCell(text=MISSING, tip=c.reason, role="missing")
    else:
        star = STAR if c.significant else ""
        difference = TableCell(text=signed(c.value) + star, role="best" if c.significant else "", tip=c.note)
    return (
        TableCell(text=c.title),
        TableCell(text=c.target or "all"),
        TableCell(text=one.noise or "all"),
        difference,
        TableCell(text=interval(c.low, c.high) or NONE),
        TableCell(text=probability(c.p_adjusted) or NONE),
        TableCell(text=str(c.seeds)),
        TableCell(text=c.verdict, small_print=_why_not_tested(c)) if c.value is not None else TableCell(text=NONE),
    )


def _why_not_tested(c: Contrast) -> tuple[str, ...]:
    return (c.note,) if c.verdict == UNTESTED and c.seeds > 1 and c.note else ()


def arm_table(arms: Sequence[ArmRobustness], baseline: str) -> Table:
    """Lay out the measures of every arm on every target."""
    labels = (
        "Target",
        "Arm",
        "clean",
        "perturbed",
        "drop",
        "share lost",
        "area",
        "worst language",
        "worst quartile",
        "consistency",
        "CE",
        "relative CE",
    )
    return Table(
        caption="Arms under perturbed input, in percent and points: means over languages, rates, noises, then seeds.",
        columns=tuple(TableColumn(label=label, numeric=label not in labels[:2]) for label in labels),
        rows=tuple(_arm_row(one) for one in arms),
        notes=(
            "Share lost: of what lies above the floor. Area: under the curve over rates, 0 to the largest. Worst "
            "language and quartile: of the perturbed scores. Consistency: guesses that are as on the clean input "
            f"({NONE} where they are copied from it). CE: errors relative to those of {baseline}; relative CE: the "
            "drop relative to its drop (Hendrycks & Dietterich 2019); below 100 is better. Intervals of drops are of "
            "each number alone. Clean: of the examples that every condition has.",
        ),
    )


def _arm_row(one: ArmRobustness) -> tuple[TableCell, ...]:
    language, score = one.worst_language
    return (
        TableCell(text=one.target),
        TableCell(text=one.arm),
        TableCell(text=number(one.clean)),
        TableCell(text=number(one.perturbed)),
        _estimate_cell(one.drop),
        _or_none(one.relative_drop),
        TableCell(text=number(one.area)),
        TableCell(text=f"{number(score)} {language}"),
        TableCell(text=number(one.worst_quartile)),
        _or_none(one.consistency),
        _or_none(one.corruption_error),
        _or_none(one.relative_corruption_error),
    )


def _or_none(value: float | None) -> TableCell:
    return TableCell(text=NONE if value is None else number(value))


def _estimate_cell(estimate: ChangeEstimate | None) -> TableCell:
    if estimate is None:
        return TableCell(text=MISSING, role="missing")
    reach = interval(estimate.low, estimate.high)
    return TableCell(text=number(estimate.value), small_print=(reach,) if reach else (), tip=estimate.interval)


def noise_table(curves: Sequence[NoiseCurve], arms: Sequence[str]) -> Table:
    """Lay out what each arm loses, by target and noise."""
    return Table(
        caption="Drops by noise, in points: the mean over its rates, with the interval of each number alone.",
        columns=(
            TableColumn(label="Target", numeric=False),
            TableColumn(label="Noise", numeric=False),
            TableColumn(label="Languages"),
            *(TableColumn(label=arm) for arm in arms),
        ),
        rows=tuple(
            (
                TableCell(text=curve.target),
                TableCell(text=curve.noise),
                TableCell(text=str(len(curve.languages)), tip=name_list(curve.languages, 20)),
                *(_estimate_cell(curve.drops.get(arm)) for arm in arms),
            )
            for curve in curves
        ),
    )


def group_table(groups: Sequence[GroupEffect]) -> Table:
    """Lay out the differences of drops by script and by family of the language, one column a contrast."""
    titles = list(dict.fromkeys(one.contrast for one in groups))
    found = {(one.by, one.group, one.contrast): one for one in groups}
    places = {(one.by, one.group): one.languages for one in groups}
    return Table(
        caption="Differences of drops in points, by script and by family of the language: over all noises, the mean "
        "over the targets that have one of its languages. Not tested; the interval of each number is its own.",
        columns=(
            TableColumn(label="Languages", numeric=False),
            TableColumn(label="Which", numeric=False),
            *(TableColumn(label=title) for title in titles),
        ),
        rows=tuple(
            (
                TableCell(text=f"{by}: {group}"),
                TableCell(text=name_list(languages, 8)),
                *(_group_cell(found.get((by, group, title))) for title in titles),
            )
            for (by, group), languages in places.items()
        ),
    )


def _group_cell(effect: GroupEffect | None) -> TableCell:
    if effect is None:
        return TableCell(text=MISSING, role="missing")
    one = effect.estimate
    reach = interval(one.low, one.high)
    return TableCell(text=signed(one.value), small_print=(reach,) if reach else (), tip=one.interval)
