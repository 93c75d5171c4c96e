"""Rank stability: how often each arm would be the best one, on other test items and with other seeds.

Ranks are of arms' means over all targets, in truths that the scores leave possible (estimate minus error), drawn like
those of claims. An arm that is best in half of them is no winner, whatever the table says.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from xstilts.metrics.arm_means import TargetScores
from xstilts.metrics.joint_errors import UnitMeans, can_test, joint_errors
from xstilts.report.elements.blocks import Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import number, plural
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

LEAST_ARMS = 3  # of two, a contrast says all


@dataclass(frozen=True, kw_only=True)
class ArmRank:
    """One arm: its mean over targets, its rank by it, how often it is best, and the ranks it has in 95 % of draws."""

    arm: str
    mean: float
    rank: int
    best: float  # share of draws
    first: int
    last: int
    targets: int


def compute(board: Scoreboard) -> tuple[ArmRank, ...] | None:
    """Return the arms that have every score, the highest mean first; None with fewer than three, or where seeds or
    test items say nothing of the luck in a mean."""
    scored = [draws for draws in board.target_draws.values() if draws.draws is not None and draws.languages(False)]
    if not scored:
        return None
    parts = [TargetScores(d.draws, d.languages(True) or d.languages(False), d.collapsed) for d in scored if d.draws]
    unit = UnitMeans.over(parts)
    arms = unit.means.arms
    terms = [(unit, arm) for arm in arms]
    if len(arms) < LEAST_ARMS or not can_test(terms):
        return None
    weights = np.eye(len(arms)) - 1.0 / len(arms)
    errors = joint_errors(terms, weights, np.random.default_rng(zlib.crc32(b"ranks"))).errors
    return _ranks(arms, unit.means.means.value, weights @ unit.means.means.value - errors, len(parts))


def _ranks(arms: Sequence[str], means: np.ndarray, truths: np.ndarray, targets: int) -> tuple[ArmRank, ...]:
    """Return ranks of arms. truths: means less what all arms share, [N, A]."""
    ranks = 1 + np.argsort(np.argsort(-truths, axis=1), axis=1)
    low, high = np.percentile(ranks, (2.5, 97.5), axis=0, method="nearest")
    by_mean = 1 + np.argsort(np.argsort(-means))
    found = [
        ArmRank(
            arm=arm,
            mean=float(means[i]),
            rank=int(by_mean[i]),
            best=float((ranks[:, i] == 1).mean()),
            first=int(low[i]),
            last=int(high[i]),
            targets=targets,
        )
        for i, arm in enumerate(arms)
    ]
    return tuple(sorted(found, key=lambda one: one.rank))


def table(ranks: Sequence[ArmRank]) -> Table:
    columns = ("Arm", "Mean", "Rank", "Best in", "Ranks in 95 %")
    return Table(
        caption=f"How stable the order of arms is, by their means over {plural(ranks[0].targets, 'target')} (languages "
        "other than the one trained in): in what share of draws, over other test items and seeds, an arm is the best.",
        columns=tuple(TableColumn(label=label, numeric=label != "Arm") for label in columns),
        rows=tuple(
            (
                TableCell(text=one.arm),
                TableCell(text=number(one.mean)),
                TableCell(text=str(one.rank)),
                TableCell(text=f"{100 * one.best:.0f} %"),
                TableCell(text=str(one.first) if one.first == one.last else f"{one.first} to {one.last}"),
            )
            for one in ranks
        ),
    )


RANK_STABILITY = Topic(
    name="rank_stability",
    compute=compute,
    sections=lambda ranks: (Section(id="differences", title="Differences", blocks=(table(ranks),)),),
    record=lambda ranks: {"ranks": [asdict(one) for one in ranks]},
    empty_record={"ranks": []},
)
