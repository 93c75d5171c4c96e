"""The answer in a few plain sentences, made from the numbers alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

from xstilts.report.elements.formatting import listed, number, plural
from xstilts.report.scores.contrasts import Contrast
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.contrasts import headlines, over, size

MOST = 3  # differences spelled out; the rest stand in the forest plot


def answer(board: Scoreboard) -> tuple[str, ...]:
    """What the overall contrasts say: one sentence for those that are significant, one for those that are not, one for
    those that cannot be had; then what limits them."""
    if not any(board.known.values()):
        return (_nothing(board),)
    shown = headlines(board.comparison.contrasts)
    overall = [c for c in shown if c.target is None]
    if not overall:
        return (_alone(board),)
    known = sorted((c for c in overall if c.value is not None), key=lambda c: -(c.value or 0.0))
    sure, unsure = [c for c in known if c.significant], [c for c in known if not c.significant]
    sentences = [
        _sure(sure),
        _unsure(board, unsure, alone=len(unsure) == len(overall)),
        "" if sure else _single(shown, {c.name for c in unsure}),
        _broken([c for c in overall if c.value is None], shown),
        _collapsed(board),
        "One seed was run: this seed only." if len(board.results.seeds) == 1 else "",
    ]
    return tuple(sentence for sentence in sentences if sentence)


def _where(c: Contrast) -> str:
    targets = f"on {c.targets[0]}" if len(c.targets) == 1 else f"on average over {plural(len(c.targets), 'target')}"
    languages = ", languages other than the one trained in" if c.zero_shot else ""
    return f"{targets} and {plural(c.seeds, 'seed')}{languages}"


def _sizes(contrasts: Sequence[Contrast]) -> str:
    """The largest differences either way, spelled out."""
    strongest = sorted(contrasts, key=lambda c: -abs(c.value or 0.0))[:MOST]
    said = [f"{over(c)} {size(c)}" for c in contrasts if c in strongest]
    more = len(contrasts) - len(said)
    return ", ".join(said) + (f" and {more} more" if more else "")


def _sure(contrasts: Sequence[Contrast]) -> str:
    if not contrasts:
        return ""
    if len(contrasts) == 1:
        (c,) = contrasts
        return f"{over(c)}: {size(c)} points {_where(c)}: significant after Holm."
    return f"Significant after Holm, in points {_where(contrasts[0])}: {_sizes(contrasts)}."


def _unsure(board: Scoreboard, contrasts: Sequence[Contrast], alone: bool) -> str:
    """One sentence for all differences that could be chance."""
    if not contrasts:
        return ""
    if alone and all(board.results.baseline in c.weights for c in contrasts):
        lead = f"No arm differs significantly from {board.results.baseline}, in points {_where(contrasts[0])}"
        return f"{lead}: {_sizes(contrasts)}."
    return f"Not significant after Holm: {_sizes(contrasts)}."


def _single(shown: Sequence[Contrast], names: Collection[str]) -> str:
    """What an average that could be chance hides."""
    single = [c for c in shown if c.name in names and c.target is not None and c.significant]
    said = [f"{over(c)} {size(c)} on {c.target}" for c in sorted(single, key=lambda c: -abs(c.value or 0.0))]
    return f"Significant on single targets: {listed(said, MOST)}." if said else ""


def _broken(contrasts: Sequence[Contrast], shown: Sequence[Contrast]) -> str:
    """Overall numbers that cannot be had, and what the single targets say."""
    if not contrasts:
        return ""
    names = {c.name for c in contrasts}
    single = [d for d in shown if d.name in names and d.target is not None]
    lost = listed(list(dict.fromkeys(str(d.target) for d in single if d.value is None))) or "some targets"
    if all(d.value is None for d in single):
        return (
            f"Nothing can be compared for {listed([over(c) for c in contrasts], MOST)}: scores are missing on {lost}."
        )
    rest = _single(shown, names) or "No single target differs significantly."
    whom = listed([over(c) for c in contrasts], MOST)
    return f"No number over all targets for {whom}: scores are missing on {lost}. {rest}"


def _collapsed(board: Scoreboard) -> str:
    """Runs that failed to learn are part of the numbers; a reader must know."""
    states = [state for standing in board.standings.values() for state in standing.states.values()]
    counts = {name: sum(state.startswith(name) for state in states) for name in ("diverged", "at chance")}
    said = listed([f"{n} {name}" for name, n in counts.items() if n])
    return f"The numbers include runs that did not learn ({said}); they are marked in the table." if said else ""


def _alone(board: Scoreboard) -> str:
    """Scores without anything to compare them with."""
    parts = []
    for arm in board.results.arms:
        means = [board.mean(arm, target, board.headline(target)).value for target in board.results.targets]
        known = [value for value in means if value is not None]
        if known:
            parts.append(f"{arm} scores {number(fmean(known))} on average over {plural(len(known), 'target')}")
    return f"Nothing is compared in this study: {listed(parts, MOST)}."


def _nothing(board: Scoreboard) -> str:
    reasons = dict.fromkeys(f"{cell.status}: {cell.reason}".removesuffix(": ") for cell in board.results.cells)
    return f"There is no answer yet: nothing was scored ({'; '.join(list(reasons)[:MOST]) or 'no cells'})."
