"""Average gains target by target: what each overall difference of a study is made of, in a sentence and as a table.

An average over targets hides where a gain comes from. A share is a target's gain divided by the number of targets, so
that the shares add up to the average.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from xstilts.report.elements.blocks import Table, TableCell, TableColumn, TerminalText
from xstilts.report.elements.formatting import name_list, plural, signed
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

DIGITS = 2  # shares are small: a target in nine is a ninth of its gain
TERMINAL_LIMIT = 3  # sentences on the terminal; the report has all


@dataclass(frozen=True, kw_only=True)
class TargetShare:
    """One target's share of an average gain, in points."""

    target: str
    gain: float  # on the target itself
    share: float  # gain / number of targets


@dataclass(frozen=True, kw_only=True)
class GainDecomposition:
    """An average gain by target.

    targets: how many the average is over, those without a known gain among them.
    average: None where a gain is missing and no average was stated.
    shares: of the targets whose gain is known, the largest change first, up or down.
    missing: targets whose gain is not known; `rest` is what they give to the average together, where that is stated.
    retrieval, without_retrieval: targets that are retrieval, and the average over the others; None where there are no
        retrieval targets, no others, or one of the others is missing.
    largest, without_largest: the target with the largest change, and the average over all others.
    """

    targets: int
    average: float | None
    shares: tuple[TargetShare, ...]
    missing: tuple[str, ...] = ()
    rest: float | None = None
    retrieval: tuple[str, ...] = ()
    without_retrieval: float | None = None
    largest: str = ""
    without_largest: float | None = None


def decompose(
    gains: Mapping[str, float | None], retrieval: Collection[str] = (), stated: float | None = None
) -> GainDecomposition:
    """Take an average gain apart.

    Args:
        gains: target -> gain in points, None where it is not known.
        retrieval: targets that are retrieval.
        stated: the average as somebody prints it, used where gains are missing.

    >>> [(s.target, s.share) for s in decompose({"qa": 1.0, "tatoeba": 5.0}).shares]
    [('tatoeba', 2.5), ('qa', 0.5)]
    """
    present = {target: gain for target, gain in gains.items() if gain is not None}
    missing = tuple(target for target in gains if target not in present)
    ordered = sorted(present, key=lambda target: -abs(present[target]))
    shares = tuple(
        TargetShare(target=target, gain=present[target], share=present[target] / len(gains)) for target in ordered
    )
    average = stated if missing else average_without(gains, ())
    retrieval_targets = tuple(target for target in gains if target in retrieval)
    largest = ordered[0] if ordered else ""
    return GainDecomposition(
        targets=len(gains),
        average=average,
        shares=shares,
        missing=missing,
        rest=average - sum(share.share for share in shares) if missing and average is not None else None,
        retrieval=retrieval_targets,
        without_retrieval=average_without(gains, retrieval_targets) if retrieval_targets else None,
        largest=largest,
        without_largest=average_without(gains, (largest,)) if largest else None,
    )


def average_without(gains: Mapping[str, float | None], left_out: Collection[str]) -> float | None:
    """Return the average over the other targets; None where there are none, or one of them is missing."""
    others = [gain for target, gain in gains.items() if target not in left_out]
    present = [gain for gain in others if gain is not None]
    return fmean(present) if present and len(present) == len(others) else None


@dataclass(frozen=True, kw_only=True)
class AverageGain:
    """An average gain, of a contrast or of one published row over another, and what it is made of."""

    name: str  # "nli over none", "X-STILTs over XLM-R Large"
    parts: GainDecomposition


def compute(board: Scoreboard) -> tuple[AverageGain, ...] | None:
    """Take apart each overall difference that the report states, where it is over two targets or more."""
    contrasts = headline_contrasts(board.comparison.contrasts)
    retrieval = [target.name for target in board.results.targets if target.is_retrieval]
    gains = []
    for overall in contrasts:
        if overall.target is None and overall.value is not None and len(overall.targets) > 1:
            single = {c.target: c.value for c in contrasts if c.name == overall.name and c.target is not None}
            of_targets = {target: single[target] for target in overall.targets}
            gains.append(AverageGain(name=overall.title, parts=decompose(of_targets, retrieval)))
    return tuple(gains) or None


def sentence(gain: AverageGain) -> str:
    """ "nli over none, +5.31 on average over 9 targets: tatoeba +2.66, ...; +2.54 without retrieval (...)." """
    parts = gain.parts
    lead = f"{gain.name}, {_signed(parts.average)} on average over {plural(parts.targets, 'target')}"
    gap = "without what is missing, " if parts.average is None else ""
    return f"{lead}: {gap}{shares(parts)}" + "".join(f"; {text}" for text in remaining_averages(parts)) + "."


def shares(parts: GainDecomposition) -> str:
    """Say what each target gives, the largest first, and what the targets without a gain of their own give together."""
    texts = [f"{share.target} {_signed(share.share)}" for share in parts.shares]
    if parts.rest is not None:
        together = " together" if len(parts.missing) > 1 else ""
        names = name_list(parts.missing)
        texts.append(f"{names}{together} {_signed(parts.rest)} (what remains: figures are missing)")
    elif parts.missing:
        texts.append(f"{name_list(parts.missing)} missing")
    return ", ".join(texts)


def remaining_averages(parts: GainDecomposition) -> tuple[str, ...]:
    """Return the average without retrieval, and without the largest target where that is not the same."""
    texts = []
    if parts.without_retrieval is not None:
        texts.append(f"{_signed(parts.without_retrieval)} without retrieval ({name_list(parts.retrieval)})")
    if parts.without_largest is not None and parts.retrieval != (parts.largest,):
        texts.append(f"{_signed(parts.without_largest)} without {parts.largest}")
    return tuple(texts)


def terminal(gains: Sequence[AverageGain]) -> tuple[TerminalText, ...]:
    """Return sentences for the terminal, where there is room for a few."""
    texts = [sentence(gain) for gain in gains[:TERMINAL_LIMIT]]
    if len(gains) > TERMINAL_LIMIT:
        texts.append(f"{len(gains) - TERMINAL_LIMIT} more in the report.")
    return tuple(TerminalText(text=text, style="dim") for text in texts)


def shares_table(gains: Sequence[AverageGain], caption: str) -> Table:
    """Lay out one line a gain: the average, each target's share of it, and the average without some."""
    labels = ("Gain", "Average", "Share of each target, the largest first", "Without retrieval", "Without the largest")
    columns = tuple(TableColumn(label=label, numeric=label in ("Average", *labels[3:])) for label in labels)
    return Table(caption=caption, columns=columns, rows=tuple(_row(gain) for gain in gains))


def gain_table(gains: Sequence[AverageGain]) -> Table:
    """Lay out the gains of a study."""
    return shares_table(
        gains,
        "What each average is made of, in points: a target's share is its difference divided by the number of targets, "
        "so that the shares add up to the average. An average can come from one target alone.",
    )


def _row(gain: AverageGain) -> tuple[TableCell, ...]:
    parts = gain.parts
    without_retrieval, without_largest = TableCell(text="–", role="faint"), TableCell(text="–")
    if parts.retrieval:
        without_retrieval = TableCell(text=_signed(parts.without_retrieval), small_print=(name_list(parts.retrieval),))
    if parts.largest:
        without_largest = TableCell(text=_signed(parts.without_largest), small_print=(parts.largest,))
    return (
        TableCell(text=gain.name),
        TableCell(text=_signed(parts.average), small_print=(f"mean of {plural(parts.targets, 'target')}",)),
        TableCell(text=shares(parts)),
        without_retrieval,
        without_largest,
    )


def _signed(value: float | None) -> str:
    return signed(value, DIGITS)


# On the page its table is part of the contrasts' section, between their plot and their table.
GAIN_BY_TARGET = Topic(
    name="gain_by_target",
    compute=compute,
    record=lambda gains: {"gains": [asdict(gain) for gain in gains]},
    empty_record={"gains": []},
    terminal=terminal,
    command_json={"gains": "gains"},
)
