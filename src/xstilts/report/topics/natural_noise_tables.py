"""Tables of natural noise: what each arm loses on it against its clean counterpart, and differences of these."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.blocks import Block, Prose, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, name_list, number, signed
from xstilts.report.scores.interactions import ChangeEstimate
from xstilts.report.scores.natural_noise import NaturalContrast, NaturalDifference, NaturalNoise

EXPLANATION = (
    "Natural noise and mixed language: the score on a treebank of it minus the mean score on its clean counterparts, "
    "by the same checkpoint. These are different sentences, so that topic, length and annotation differ as well: read "
    "the differences between arms rather than the numbers themselves. Where the counterpart is the same sentences, "
    "their misspellings corrected, the difference is paired by test item, and of misspellings alone."
)
ALL = "mean"


def natural_blocks(natural: NaturalNoise, arms: Sequence[str]) -> tuple[Block, ...]:
    """Lay out all of it; nothing where nothing is compared."""
    if not natural.differences:
        return ()
    tables: list[Block] = [Prose(text=EXPLANATION), difference_table(natural.differences, arms)]
    return (*tables, contrast_table(natural)) if natural.contrasts else tuple(tables)


def difference_table(differences: Sequence[NaturalDifference], arms: Sequence[str]) -> Table:
    """Lay out a line for each test set of natural noise, and one for the mean over them."""
    found = {(one.target, one.counterpart, one.language, one.arm): one for one in differences}
    lines = {key[:3]: one for key, one in found.items()}
    return Table(
        caption="Natural noise minus its clean counterpart, in points, with the interval of each number alone; below, "
        "both scores in percent. The mean is over languages other than the one trained in (over all where there are no "
        "others), then seeds. Nothing is tested.",
        columns=_columns(("Target", "Language", "Clean counterpart"), arms),
        rows=tuple(
            (
                TableCell(text=key[0]),
                TableCell(text=key[2] or ALL),
                TableCell(text=_counterpart(one)),
                *(_difference_cell(found.get((*key, arm))) for arm in arms),
            )
            for key, one in lines.items()
        ),
    )


def _columns(names: Sequence[str], numbers: Sequence[str]) -> tuple[TableColumn, ...]:
    return (*(TableColumn(label=name, numeric=False) for name in names), *(TableColumn(label=one) for one in numbers))


def _counterpart(one: NaturalDifference) -> str:
    if one.same_sentences:
        return f"{one.counterpart}: the same sentences"
    return " ".join(filter(None, (one.counterpart, name_list(one.clean_languages, 9) if one.clean_languages else "")))


def _difference_cell(one: NaturalDifference | None) -> TableCell:
    if one is None or one.difference is None or one.natural is None or one.clean is None:
        return TableCell(text=MISSING, role="missing")
    scores = f"{number(one.natural)} − {number(one.clean)}"
    return _cell(one.difference, scores)


def _cell(estimate: ChangeEstimate, *beside: str) -> TableCell:
    reach = interval(estimate.low, estimate.high)
    return TableCell(
        text=signed(estimate.value), small_print=tuple(filter(None, (reach, *beside))), tip=estimate.interval
    )


def contrast_table(natural: NaturalNoise) -> Table:
    """Lay out the contrasts of the study in these differences, a line a target and counterpart."""
    titles = list(dict.fromkeys(one.contrast for one in natural.contrasts))
    found = {(one.target, one.counterpart, one.contrast): one for one in natural.contrasts}
    languages = {(one.target, one.counterpart): one.languages for one in natural.contrasts}
    return Table(
        caption="Differences of drops under natural noise, in points: above zero, the first of the two loses less. Not "
        "tested; the interval of each number is its own.",
        columns=_columns(("Target", "Clean counterpart", "Languages"), titles),
        rows=tuple(
            (
                TableCell(text=key[0]),
                TableCell(text=key[1]),
                TableCell(text=name_list(of_target, 16)),
                *(_contrast_cell(found.get((*key, title))) for title in titles),
            )
            for key, of_target in languages.items()
        ),
    )


def _contrast_cell(one: NaturalContrast | None) -> TableCell:
    return TableCell(text=MISSING, role="missing") if one is None else _cell(one.estimate)
