"""Average gains target by target: what each overall difference of a study is made of, in a sentence and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.elements.blocks import Table, TableCell, TableColumn
from xstilts.report.elements.formatting import listed, plural, signed
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.contrasts import headlines, over
from xstilts.report.topics.gain_parts import GainDecomposition, decompose

DIGITS = 2  # shares are small: a target in nine is a ninth of its gain
MOST = 3  # sentences on the terminal; the report has all


@dataclass(frozen=True, kw_only=True)
class AverageGain:
    """An average gain, of a contrast or of one published row over another, and what it is made of."""

    name: str  # "nli over none", "X-STILTs over XLM-R Large"
    parts: GainDecomposition


def gains(board: Scoreboard) -> tuple[AverageGain, ...]:
    """One for each overall difference that the report states, where it is over two targets or more."""
    shown = headlines(board.comparison.contrasts)
    retrieval = [target.name for target in board.results.targets if target.is_retrieval]
    found = []
    for whole in shown:
        if whole.target is None and whole.value is not None and len(whole.targets) > 1:
            single = {c.target: c.value for c in shown if c.name == whole.name and c.target is not None}
            parts = {target: single[target] for target in whole.targets}
            found.append(AverageGain(name=over(whole), parts=decompose(parts, retrieval)))
    return tuple(found)


def sentence(gain: AverageGain) -> str:
    """ "nli over none, +5.31 on average over 9 targets: tatoeba +2.66, ...; +2.54 without retrieval (...)." """
    parts = gain.parts
    lead = f"{gain.name}, {_signed(parts.average)} on average over {plural(parts.targets, 'target')}"
    known = "without what is missing, " if parts.average is None else ""
    return f"{lead}: {known}{shares(parts)}" + "".join(f"; {text}" for text in remains(parts)) + "."


def shares(parts: GainDecomposition) -> str:
    """What each target gives, the largest first, and what the targets without a gain of their own give together."""
    said = [f"{share.target} {_signed(share.share)}" for share in parts.shares]
    if parts.rest is not None:
        together = " together" if len(parts.missing) > 1 else ""
        said.append(f"{listed(parts.missing)}{together} {_signed(parts.rest)} (what remains: figures are missing)")
    elif parts.missing:
        said.append(f"{listed(parts.missing)} missing")
    return ", ".join(said)


def remains(parts: GainDecomposition) -> tuple[str, ...]:
    """The average without retrieval, and without the largest target where that is not the same."""
    said = []
    if parts.without_retrieval is not None:
        said.append(f"{_signed(parts.without_retrieval)} without retrieval ({listed(parts.retrieval)})")
    if parts.without_largest is not None and parts.retrieval != (parts.largest,):
        said.append(f"{_signed(parts.without_largest)} without {parts.largest}")
    return tuple(said)


def lines(found: Sequence[AverageGain]) -> tuple[str, ...]:
    """Sentences for the terminal, where there is room for a few."""
    more = len(found) - MOST
    return (*(sentence(gain) for gain in found[:MOST]), *([f"{more} more in the report."] if more > 0 else []))


def shares_table(found: Sequence[AverageGain], caption: str) -> Table:
    """One line a gain: the average, each target's share of it, and the average without some."""
    labels = ("Gain", "Average", "Share of each target, the largest first", "Without retrieval", "Without the largest")
    columns = tuple(TableColumn(label=label, numeric=label in ("Average", *labels[3:])) for label in labels)
    return Table(caption=caption, columns=columns, rows=tuple(_row(gain) for gain in found))


def study_table(found: Sequence[AverageGain]) -> Table:
    return shares_table(
        found,
        "What each average is made of, in points: a target's share is its difference divided by the number of targets, "
        "so that the shares add up to the average. An average can come from one target alone.",
    )


def _row(gain: AverageGain) -> tuple[TableCell, ...]:
    parts = gain.parts
    without = (
        (TableCell(text=_signed(parts.without_retrieval), under=(listed(parts.retrieval),)))
        if parts.retrieval
        else None
    )
    return (
        TableCell(text=gain.name),
        TableCell(text=_signed(parts.average), under=(f"mean of {plural(parts.targets, 'target')}",)),
        TableCell(text=shares(parts)),
        without or TableCell(text="–", role="faint"),
        TableCell(text=_signed(parts.without_largest), under=(parts.largest,))
        if parts.largest
        else TableCell(text="–"),
    )


def _signed(value: float | None) -> str:
    return signed(value, DIGITS)
