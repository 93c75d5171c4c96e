"""Clean and perturbed scores of a target, resampled together: what drops, and differences of drops, are drawn from.

An example counts where it is there under every condition that its language has (an answer may vanish under one of
them), so that the clean score and all perturbed ones are of the same test items. One draw of the test items serves all
conditions, arms and seeds, so that a drop is paired by test item.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xstilts.metrics.bootstrap import GroupCounts
from xstilts.metrics.catalog import METRICS
from xstilts.metrics.significance import Axes, Draws, draw
from xstilts.report.scores.inputs import Results, StressScores, TargetInfo
from xstilts.report.scores.score_files import ItemCounts, read_item_counts
from xstilts.report.scores.target_draws import TargetDraws


class Condition(NamedTuple):
    """A kind of perturbation at one strength."""

    noise: str
    rate: float


CLEAN = Condition("", 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class StressDraws:
    """One target under every condition. C conditions, the clean input first; A arms, S seeds, L languages.

    draws: its terms are condition by condition, the arms of each in their order; None where nothing was scored.
    items: language -> examples that are there under every condition, and under the clean one.
    not_applicable: noise -> language -> why it has no such perturbation.
    """

    target: TargetInfo
    conditions: tuple[Condition, ...]
    arms: tuple[str, ...]
    draws: Draws | None
    collapsed: np.ndarray  # [A, S], of the clean scores
    items: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    not_applicable: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reason: str = ""

    @property
    def noises(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(condition.noise for condition in self.conditions[1:]))

    @property
    def point(self) -> np.ndarray:
        """Scores [C, A, S, L]; nan where there is none."""
        assert self.draws is not None
        return self.draws.point.reshape(len(self.conditions), len(self.arms), *self.draws.point.shape[1:])

    def changes(self, noises: Collection[str] = ()) -> TargetDraws:
        """Return perturbed minus clean scores in the place of scores: the mean over the rates of each noise, then over
        those of `noises` (all of them where it is empty) that a language has."""
        chosen = [noise for noise in self.noises if not noises or noise in noises]
        missing = {
            language: "; ".join(dict.fromkeys(reasons))
            for language in self.target.languages
            if (reasons := [self.not_applicable[noise][language] for noise in chosen if self._lacks(noise, language)])
            and len(reasons) == len(chosen)
        }
        if self.draws is None or not chosen:
            return TargetDraws(target=self.target, draws=None, missing={}, reason=self.reason or "not perturbed so")
        shape = (len(self.conditions), len(self.arms))
        point = self._mean_change(self.point, chosen)
        drawn = self._mean_change(
            self.draws.drawn.reshape(-1, *shape, *self.draws.drawn.shape[2:]).swapaxes(0, 1), chosen
        )
        kept = [i for i in range(len(self.draws.languages)) if np.isfinite(point[..., i]).any()]
        languages = tuple(self.draws.languages[i] for i in kept)
        if not kept:
            reason = self.reason or "; ".join(dict.fromkeys(missing.values())) or "no perturbed score"
            return TargetDraws(target=self.target, draws=None, missing={}, reason=reason)
        return TargetDraws(
            target=self.target,
            draws=Draws(
                arms=self.arms,
                seeds=self.draws.seeds,
                languages=languages,
                point=point[..., kept],
                drawn=drawn[..., kept],
                groups=self.draws.groups[kept],
            ),
            missing={x: missing.get(x, "no score") for x in self.target.languages if x not in languages},
            collapsed=self.collapsed,
        )

    def _lacks(self, noise: str, language: str) -> bool:
        return language in self.not_applicable.get(noise, {})

    def _mean_change(self, scores: np.ndarray, noises: Sequence[str]) -> np.ndarray:
        """Average perturbed minus clean scores. scores: [C, ..., L], returned without the first axis."""
        assert self.draws is not None
        total = np.zeros(scores.shape[1:])
        number = np.zeros(len(self.draws.languages))
        for noise in noises:
            has = np.array([not self._lacks(noise, language) for language in self.draws.languages])
            rates = [i for i, condition in enumerate(self.conditions) if condition.noise == noise]
            change = scores[rates].mean(axis=0) - scores[0]
            total = total + np.where(has, change, 0.0)
            number += has
        return total / np.where(number > 0, number, np.nan)


def stress_draws(results: Results, clean: TargetDraws) -> StressDraws | None:
    """Read and resample a target with all its conditions; None for one that is not perturbed. `clean`: which of its
    runs are collapsed. Raises StoreError when a score artefact cannot be read."""
    target = clean.target
    stress = [one for one in results.stress if one.target == target.name]
    if not stress:
        return None
    conditions = (CLEAN, *dict.fromkeys(Condition(one.noise, one.rate) for one in stress))
    not_applicable: dict[str, dict[str, str]] = {}
    for one in stress:
        not_applicable.setdefault(one.noise, {}).update(one.not_applicable)
    found = StressDraws(
        target=target,
        conditions=conditions,
        arms=results.arms,
        draws=None,
        collapsed=clean.collapsed,
        not_applicable=not_applicable,
    )
    if clean.draws is None:
        return replace(found, reason=clean.reason)
    if not any(one.scores for one in stress):
        reasons = dict.fromkeys(f"{one.status}: {one.reason}".removesuffix(": ") for one in stress)
        return replace(found, reason="; ".join(reasons))
    cells, items = _paired_cells(results, target, stress)
    terms = [_term(condition, arm) for condition in conditions for arm in results.arms]
    counted = {language for _, _, language in cells}
    axes = Axes(terms, results.seeds, tuple(x for x in target.languages if x in counted))
    # The seed is that of the clean scores, so that both are drawn alike.
    draws = draw(METRICS[target.main], cells, axes, np.random.default_rng(zlib.crc32(target.name.encode())))
    return replace(found, draws=draws, items=items)


def _term(condition: Condition, arm: str) -> str:
    return f"{condition.noise} {condition.rate} {arm}"


def _paired_cells(
    results: Results, target: TargetInfo, stress: Sequence[StressScores]
) -> tuple[dict[tuple[str, int, str], GroupCounts], dict[str, tuple[int, int]]]:
    """Return counts by term, seed and language, of the examples that all conditions of a language have; and by language
    how many these are, and how many the clean input has."""
    of_clean = [cell for cell in results.cells if cell.target == target.name and cell.scores is not None]
    folders: dict[tuple[str, int], Path] = {(_term(CLEAN, c.arm), c.seed): c.scores for c in of_clean if c.scores}
    folders |= {(_term(Condition(s.noise, s.rate), s.arm), s.seed): s.scores for s in stress if s.scores}
    tables: dict[tuple[str, int], dict[str, ItemCounts]] = {
        key: read_item_counts(folder, target.main) for key, folder in folders.items()
    }
    cells: dict[tuple[str, int, str], GroupCounts] = {}
    items: dict[str, tuple[int, int]] = {}
    for language in dict.fromkeys(language for table in tables.values() for language in table):
        of_language = {key: table[language] for key, table in tables.items() if language in table}
        shared = reduce(np.intersect1d, [table.ids for table in of_language.values()])
        if len(shared):
            cells |= {(*key, language): table.only(shared).by_group for key, table in of_language.items()}
        items[language] = (len(shared), max(len(table.ids) for table in of_language.values()))
    return cells, items
