"""The counts of a target, resampled, and which of its runs are collapsed: what contrasts are drawn from."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from xstilts.metrics.bootstrap import GroupCounts
from xstilts.metrics.catalog import METRICS
from xstilts.metrics.collapsed_runs import collapsed_runs
from xstilts.metrics.significance import Axes, Draws, draw
from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.scores.score_files import ScoreRecord, read_counts, read_scores
from xstilts.report.scores.standings import run_state


@dataclass(frozen=True, kw_only=True)
class TargetDraws:
    """The counts of one target, resampled; or the reason why they cannot be."""

    target: TargetInfo
    draws: Draws | None
    missing: Mapping[str, str]  # language -> why no arm has it
    reason: str = ""
    collapsed: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))  # [A, S], as the draws

    def languages(self, zero_shot: bool) -> tuple[str, ...]:
        """Return the languages that a contrast averages: those that any arm has."""
        languages = self.draws.languages if self.draws else ()
        return tuple(x for x in languages if not (zero_shot and x == self.target.train_language))

    def collapsed_seeds(self, arm: str) -> tuple[int, ...]:
        """Return the seeds with which an arm did not learn here, where others did."""
        if self.draws is None or arm not in self.draws.arms:
            return ()
        row = self.collapsed[self.draws.arms.index(arm)]
        return tuple(seed for seed, lost in zip(self.draws.seeds, row, strict=True) if lost)


def target_draws(
    results: Results, target: TargetInfo, without: Mapping[str, np.ndarray] = MappingProxyType({})
) -> TargetDraws:
    """Read and resample all arms of one target. without: language -> ids of examples that are left out. Raises
    StoreError when a score artefact cannot be read."""
    cells = [cell for cell in results.cells if cell.target == target.name]
    scored = {(cell.arm, cell.seed): cell for cell in cells if cell.scores is not None}
    if not scored:
        reasons = dict.fromkeys(f"{c.status}: {c.reason}".removesuffix(": ") for c in cells)
        return TargetDraws(target=target, draws=None, missing={}, reason="; ".join(reasons) or "no scores")
    records = {cell.scores: read_scores(cell.scores) for cell in scored.values() if cell.scores is not None}
    main = target.main or next(iter(records.values())).main
    if main not in METRICS:
        return TargetDraws(target=target, draws=None, missing={}, reason=f"the metric '{main}' has no formula here")
    tables: dict[Path, dict[str, GroupCounts]] = {folder: read_counts(folder, main, without) for folder in records}
    counts = {
        (*key, x): table
        for key, cell in scored.items()
        if cell.scores is not None
        for x, table in tables[cell.scores].items()
    }
    counted = {language for _, _, language in counts}
    reasons_of = {x: reason for record in records.values() for x, reason in record.missing.items()}
    axes = Axes(results.arms, results.seeds, tuple(x for x in target.languages if x in counted))
    # The target's name is the seed: its draws do not depend on which other targets a study has.
    draws = draw(METRICS[main], counts, axes, np.random.default_rng(zlib.crc32(target.name.encode())))
    return TargetDraws(
        target=target,
        draws=draws,
        missing={x: reasons_of.get(x, "no score") for x in target.languages if x not in counted},
        collapsed=_collapsed(draws, scored, records, main),
    )


def _collapsed(
    draws: Draws,
    scored: Mapping[tuple[str, int], StudyCell],
    records: Mapping[Path, ScoreRecord],
    metric: str,
) -> np.ndarray:
    """Return which runs [A, S] are collapsed, by their states and by their means over all languages."""
    failed = np.zeros(draws.point.shape[:2], dtype=bool)
    floors: list[float] = []
    for (arm, seed), cell in scored.items():
        numbers = records[cell.scores].languages(metric).values() if cell.scores is not None else ()
        floors.extend(x.floor for x in numbers if x.floor is not None)
        known = [x.at_chance for x in numbers if x.at_chance is not None]
        at_chance = bool(known) and all(known)
        place = draws.arms.index(arm), draws.seeds.index(seed)
        failed[place] = at_chance or run_state(cell).startswith(("diverged", "at chance"))
    return collapsed_runs(draws.point.mean(axis=-1), failed, float(np.mean(floors)) if floors else 0.0)


def with_every_run(draws: Sequence[TargetDraws]) -> tuple[TargetDraws, ...]:
    """Return draws that count runs that did not learn as the rest."""
    return tuple(replace(one, collapsed=np.zeros_like(one.collapsed)) for one in draws)


def collapsed_share(draws: Sequence[TargetDraws], arms: Sequence[str]) -> tuple[int, int]:
    """Return how many runs of these arms are collapsed, and of how many."""
    used = [d for d in draws if d.draws is not None]
    lost = sum(len(d.collapsed_seeds(arm)) for d in used for arm in arms)
    return lost, sum(len(d.draws.seeds) for d in used if d.draws is not None) * len(arms)
