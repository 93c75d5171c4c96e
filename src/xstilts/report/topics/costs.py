"""What each arm costs before its targets, beside what it reaches: trained parameters, bytes stored and seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Block, Table, TableCell, TableColumn
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.trainings import TrainingRun

BEFORE = ("language", "intermediate")  # roles of trainings that come before a target's
F1 = "f1"


@dataclass(frozen=True, kw_only=True)
class ArmCost:
    """One arm. Sums over its trainings before the targets, each once, in the mean over seeds; None where one of them
    wrote nothing down. f1: the mean over targets that are scored in F1, of their zero-shot languages' mean."""

    arm: str
    trainings: float
    parameters: float | None
    stored_bytes: float | None
    seconds: float | None
    f1: float | None


def costs(board: Scoreboard) -> tuple[ArmCost, ...]:
    """() where no arm is known to train anything before its targets."""
    known = {training.place: training for training in board.trainings}
    before = {arm: _before(board, arm) for arm in board.results.arms}
    if not any(places for seeds in before.values() for places in seeds.values()):
        return ()
    f1 = _means(board, _f1(board))
    return tuple(
        _cost(arm, [[known[place] for place in places] for places in seeds.values()], f1.get(arm))
        for arm, seeds in before.items()
    )


def costs_blocks(board: Scoreboard) -> tuple[Block, ...]:
    found = costs(board)
    targets = list(dict.fromkeys(target for _, target, _ in _f1(board)))
    return (_table(found, targets, len(board.results.seeds)),) if found else ()


def _f1(board: Scoreboard) -> dict[tuple[str, str, int], float]:
    """(arm, target, seed) -> F1, the mean over the zero-shot languages, where the main metric has a value of that
    name."""
    targets, found = {target.name: target for target in board.results.targets}, {}
    for cell in board.results.cells:
        if cell.scores is None:
            continue
        target, record = targets[cell.target], read_scores(cell.scores)
        lines, wanted = record["metrics"][target.main or record["main"]]["languages"], board.headline(target)
        values = [lines.get(language, {}).get("values", {}).get(F1) for language in wanted]
        if values and None not in values:
            found[cell.arm, cell.target, cell.seed] = fmean(values)
    return found


def _means(board: Scoreboard, values: Mapping[tuple[str, str, int], float]) -> dict[str, float]:
    """Arm -> its mean; an arm that lacks a target or a seed that another one has is left out."""
    wanted = {(target, seed) for _, target, seed in values}
    whole = [arm for arm in board.results.arms if wanted and all((arm, *one) in values for one in wanted)]
    return {arm: fmean(values[arm, target, seed] for target, seed in wanted) for arm in whole}


def _before(board: Scoreboard, arm: str) -> dict[int, tuple[Path, ...]]:
    """Seed -> the trainings of an arm that come before its targets, each once."""
    found: dict[int, dict[Path, None]] = {seed: {} for seed in board.results.seeds}
    for cell in board.results.cells:
        if cell.arm == arm:
            pairs = zip(cell.trainings, cell.training_roles, strict=False)
            found[cell.seed] |= {place: None for place, role in pairs if role in BEFORE}
    return {seed: tuple(places) for seed, places in found.items()}


def _cost(arm: str, seeds: Sequence[Sequence[TrainingRun]], f1: float | None) -> ArmCost:
    def total(fact: str) -> float | None:
        facts = [[training.fact(fact) for training in one] for one in seeds]
        if any(value is None for one in facts for value in one):
            return None
        return fmean(sum(value or 0.0 for value in one) for one in facts)

    return ArmCost(
        arm=arm,
        trainings=fmean(len(one) for one in seeds),
        parameters=total("trained_parameters"),
        stored_bytes=total("stored_bytes"),
        seconds=total("seconds"),
        f1=f1,
    )


def _table(found: Sequence[ArmCost], targets: Sequence[str], seeds: int) -> Table:
    labels = ("Arm", *(("Mean F1",) if targets else ()), "Trainings", "Trained", "Weights", "Time")
    rows = tuple(
        (
            TableCell(text=one.arm),
            *([TableCell(text=formatting.MISSING if one.f1 is None else formatting.number(one.f1))] if targets else []),
            TableCell(text=f"{one.trainings:g}"),
            TableCell(text=formatting.count(one.parameters)),
            TableCell(text=formatting.size(one.stored_bytes)),
            TableCell(text=formatting.seconds(one.seconds)),
        )
        for one in found
    )
    over = (
        f" Mean F1: over {formatting.listed(targets)}, of each the mean of its zero-shot languages." if targets else ""
    )
    caption = (
        f"What each arm costs before its targets, in the mean over {formatting.plural(seeds, 'seed')}: its trainings, "
        "each once, though other arms may share them; parameters trained; the size of what was written; time of "
        f"training.{over}"
    )
    return Table(caption=caption, columns=tuple(TableColumn(label=x, numeric=x != "Arm") for x in labels), rows=rows)
