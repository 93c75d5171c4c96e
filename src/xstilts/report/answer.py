"""The answer in a few plain sentences, made from the numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from xstilts.report.board import Board
from xstilts.report.compare import Contrast
from xstilts.report.differences import headlines, over, size
from xstilts.report.words import listed, number, plural, signed

MOST = 3  # differences spelled out; the rest stand in the forest plot


def answer(board: Board) -> tuple[str, ...]:
    """What the overall contrasts say: first those that are significant, then those that are not, then those that
    cannot be had, with what single targets say instead."""
    if not any(board.known.values()):
        return (_nothing(board),)
    shown = headlines(board.comparison.contrasts)
    overall = [c for c in shown if c.target is None]
    if not overall:
        return (_alone(board),)
    known = sorted((c for c in overall if c.value is not None), key=lambda c: -(c.value or 0.0))
    sure, unsure = [c for c in known if c.significant], [c for c in known if not c.significant]
    sentences = [f"{_spoken(c)}: significant after Holm." for c in sure[:MOST]]
    if len(sure) > MOST:
        sentences.append(f"Significant as well: {listed([f'{over(c)} ({signed(c.value)})' for c in sure[MOST:]])}.")
    sentences += _unsure(board, unsure, whole=len(unsure) == len(overall))
    sentences += [_broken(c, shown) for c in overall if c.value is None][:MOST]
    sentences += _collapsed(board)
    if len(board.results.seeds) == 1:
        sentences.append("One seed was run: this seed only.")
    return tuple(sentences)


def _spoken(c: Contrast) -> str:
    where = f"on {c.targets[0]}" if len(c.targets) == 1 else f"on average over {plural(len(c.targets), 'target')}"
    languages = ", languages other than the one trained in" if c.zero_shot else ""
    return f"{over(c)}: {size(c)} points {where} and {plural(c.seeds, 'seed')}{languages}"


def _unsure(board: Board, contrasts: Sequence[Contrast], whole: bool) -> list[str]:
    """One sentence for all differences that could be chance."""
    if not contrasts:
        return []
    said = "; ".join(f"{over(c)} {size(c)}" for c in contrasts[:MOST])
    more = f" and {len(contrasts) - MOST} more" if len(contrasts) > MOST else ""
    plain = all(board.results.baseline in c.weights for c in contrasts)
    lead = f"No arm differs significantly from {board.results.baseline}" if whole and plain else "Not significant"
    where = f"over {plural(len(contrasts[0].targets), 'target')} and {plural(contrasts[0].seeds, 'seed')}"
    return [f"{lead}: {said}{more} points, {where}."]


def _broken(c: Contrast, shown: Sequence[Contrast]) -> str:
    """An overall number that cannot be had, and what the single targets say."""
    single = [d for d in shown if d.name == c.name and d.target is not None]
    lost = listed([str(d.target) for d in single if d.value is None]) or "some targets"
    sure = [f"{d.target} {size(d)}" for d in single if d.significant]
    rest = f"significant on {listed(sure)}" if sure else "not significant on any single target"
    return f"{over(c)}: no number over all targets, because scores are missing on {lost}; {rest}."


def _collapsed(board: Board) -> list[str]:
    """Runs that failed to learn are part of the numbers; a reader must know."""
    states = [state for standing in board.standings.values() for state in standing.states.values()]
    counts = {name: sum(state.startswith(name) for state in states) for name in ("diverged", "at chance")}
    said = [f"{n} {name}" for name, n in counts.items() if n]
    return (
        [f"The numbers include runs that did not learn ({listed(said)}); they are marked in the table."] if said else []
    )


def _alone(board: Board) -> str:
    """Scores without anything to compare them with."""
    parts = []
    for arm in board.results.arms:
        means = [board.mean(arm, target, board.headline(target)).value for target in board.results.targets]
        known = [value for value in means if value is not None]
        if known:
            parts.append(f"{arm} scores {number(fmean(known))} on average over {plural(len(known), 'target')}")
    return f"Nothing is compared in this study: {listed(parts, MOST)}."


def _nothing(board: Board) -> str:
    reasons = dict.fromkeys(f"{cell.status}: {cell.reason}".removesuffix(": ") for cell in board.results.cells)
    return f"There is no answer yet: nothing was scored ({'; '.join(list(reasons)[:MOST]) or 'no cells'})."
