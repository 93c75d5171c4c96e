"""Shares of average differences: by target, language, family, script and resource level; each adds up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from xstilts.metrics.apportion import apportioned
from xstilts.report.elements.blocks import Block, Fold, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import signed
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.gain_shares import DIVISIONS, GainShare, gain_shares
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

DIGITS = 2
OPEN = "family"  # the division that is shown at once


def compute(board: Scoreboard) -> tuple[GainShare, ...] | None:
    """Take apart every average difference that has a value."""
    means = [c for c in headline_contrasts(board.comparison.contrasts) if c.target is None and c.value is not None]
    return tuple(share for c in means for share in gain_shares(c, board.target_draws, board.results)) or None


def sections(shares: Sequence[GainShare]) -> tuple[Section, ...]:
    tables = {by: share_table(shares, by) for by in DIVISIONS}
    blocks: list[Block] = [tables[OPEN]]
    blocks += [Fold(title=f"By {by}", blocks=(table,)) for by, table in tables.items() if by != OPEN]
    return (Section(id="shares", title="What differences are made of", blocks=tuple(blocks)),)


def share_table(shares: Sequence[GainShare], by: str) -> Table:
    """Lay out the parts of one division, one column a contrast."""
    of = {(one.contrast, one.part): one for one in shares if one.by == by}
    contrasts = list(dict.fromkeys(one.contrast for one in shares))
    parts = list(dict.fromkeys(part for _, part in of))
    columns = {title: _column([of[title, part] for part in parts if (title, part) in of]) for title in contrasts}
    weights = {part: max(one.weight for one in of.values() if one.part == part) for part in parts}
    return Table(
        caption=f"Shares of each average difference by {by}, in points: the difference on each target in each "
        "language, weighted as the average weighs it, summed over what belongs together; below it the mean within the "
        "part. Shares add up to the average, rounded so that they do as they stand here.",
        columns=(
            TableColumn(label=by.capitalize(), numeric=False),
            TableColumn(label="Weight", small_print=("%",)),
            *(TableColumn(label=title) for title in contrasts),
        ),
        rows=tuple(
            (
                TableCell(text=part),
                TableCell(text=f"{100 * weights[part]:.0f}"),
                *(_cell(of.get((title, part)), columns[title].get(part)) for title in contrasts),
            )
            for part in parts
        ),
        foot=(
            (
                TableCell(text="average"),
                TableCell(text="100"),
                *(TableCell(text=signed(sum(columns[title].values()), DIGITS)) for title in contrasts),
            ),
        ),
    )


def _column(shares: Sequence[GainShare]) -> dict[str, float]:
    """Return part -> its share as it is printed."""
    rounded = apportioned([one.share for one in shares], DIGITS)
    return {one.part: value for one, value in zip(shares, rounded, strict=True)}


def _cell(share: GainShare | None, printed: float | None) -> TableCell:
    if share is None:
        return TableCell(text="–", role="faint")
    return TableCell(text=signed(printed, DIGITS), small_print=(f"within {signed(share.gain)}",))


GAIN_SHARES = Topic(
    name="gain_shares",
    compute=compute,
    sections=sections,
    record=lambda shares: {"gain_shares": [asdict(one) for one in shares]},
    empty_record={"gain_shares": []},
    tables={"gain_shares": lambda shares: [asdict(one) for one in shares]},
)
