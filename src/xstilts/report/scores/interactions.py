"""Contrasts of contrasts: by how much less an arm loses under perturbation than another, with intervals and tests.

With `change` the perturbed minus the clean score, the contrast of an arm with the baseline in `change` is

    (perturbed - clean) of the arm - (perturbed - clean) of the baseline = drop of the baseline - drop of the arm

so that it is above zero where the arm is the more robust one. It is linear in the same scores as any other contrast,
and goes through the same machinery: paired by test item, seeds as in `metrics.arm_means`, one hierarchy of questions
(`scores.hierarchy`). First the mean over targets and noises; then, of those found, each target and each noise.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from xstilts.core.languages import LANGUAGES
from xstilts.metrics.arm_means import MeanOfArms, TargetScores, mean_of_arms
from xstilts.metrics.gatekeeping import clipped
from xstilts.metrics.simultaneous import ALPHA, draw_errors
from xstilts.report.scores.contrast_scopes import Contrast, scope, scopes
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.hierarchy import ALONE, ONE_SEED, tested
from xstilts.report.scores.inputs import Results, StudyCell
from xstilts.report.scores.stress_draws import StressDraws
from xstilts.report.scores.target_draws import TargetDraws

NOISE = "noise: "  # begins the name of what is averaged over targets under one noise


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """A difference of drops. `noise`: under one noise, over all targets; None: over all noises."""

    contrast: Contrast
    noise: str | None

    @property
    def rank(self) -> int:
        """Its place below its contrast: first over all targets and noises, then by target, then by noise."""
        return 2 if self.noise is not None else int(self.contrast.target is not None)

    def to_dict(self) -> dict[str, Any]:
        return {**self.contrast.to_dict(), "noise": self.noise}


@dataclass(frozen=True, kw_only=True)
class ChangeEstimate:
    """A number in points with its interval, which nothing was corrected for. `low`, `high` None: there is none."""

    value: float
    low: float | None
    high: float | None
    interval: str  # as of a contrast


@dataclass(frozen=True, kw_only=True)
class GroupEffect:
    """A contrast of drops over the languages of one script or family, mean over targets."""

    contrast: str  # its title
    by: str  # "script" or "family"
    group: str
    languages: tuple[str, ...]
    estimate: ChangeEstimate

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def interactions(results: Results, stress: Sequence[StressDraws]) -> tuple[Interaction, ...]:
    """Return every contrast of the study in drops: on each target, on the mean over targets, and there under each
    noise; over the zero-shot languages where there are any."""
    if not stress:
        return ()
    seen = with_stress_cells(results)
    changes = [one.changes() for one in stress]
    noises = tuple(dict.fromkeys(noise for one in stress for noise in one.noises))
    single = [
        scope(seen, f"{NOISE}{noise}", [one.changes([noise]) for one in stress if noise in one.noises], zero_shot)
        for noise in noises
        if len(noises) > 1
        for zero_shot in (False, True)
        if not zero_shot or any(d.languages(True) for d in changes)
    ]
    found = [_interaction(contrast) for contrast in headline_contrasts(tested([*single, *scopes(seen, changes)]))]
    names = [spec.name for spec in results.contrasts]
    return tuple(sorted(found, key=lambda one: (names.index(one.contrast.name), one.rank)))


def _interaction(contrast: Contrast) -> Interaction:
    if contrast.target is None or not contrast.target.startswith(NOISE):
        return Interaction(contrast=contrast, noise=None)
    return Interaction(contrast=replace(contrast, target=None), noise=contrast.target.removeprefix(NOISE))


def with_stress_cells(results: Results) -> Results:
    """Return the results with each cell as its worst condition ended, so that what is missing is named."""
    worst = {(one.arm, one.target, one.seed): one for one in results.stress if one.status not in OK}

    def cell(of: StudyCell) -> StudyCell:
        one = worst.get((of.arm, of.target, of.seed))
        if one is None or of.scores is None:
            return of
        return replace(of, status=one.status, reason=f"{one.noise} {one.rate:g}: {one.reason}", scores=None)

    return replace(results, cells=tuple(map(cell, results.cells)))


OK = ("done", "not applicable")


def arm_change(changes: Sequence[TargetDraws], arm: str, zero_shot: bool) -> ChangeEstimate | None:
    """Return perturbed minus clean score of one arm, the mean over languages and targets; None where it lacks one."""
    means = _means(changes, None, zero_shot)
    return _estimate(means, {arm: 1.0}, changes) if means is not None else None


def change(
    changes: Sequence[TargetDraws], weights: dict[str, float], languages: Sequence[str], salt: str = ""
) -> ChangeEstimate | None:
    """Return a linear combination of arms in what stands in the place of scores, over these languages; None where an
    arm lacks one of them. `salt`: whatever else tells this draw from others."""
    means = _means(changes, languages, False)
    return _estimate(means, weights, changes, salt + " ".join(languages)) if means is not None else None


def group_effects(results: Results, stress: Sequence[StressDraws], by: str) -> tuple[GroupEffect, ...]:
    """Return the contrasts of drops over the languages of each script ("script") or family ("family"), each target that
    has one of them counting the same. Nothing is tested."""
    changes = [one.changes() for one in stress]
    trained = {d.target.train_language for d in changes}
    groups: dict[str, list[str]] = {}
    for language in dict.fromkeys(x for d in changes for x in d.languages(False)):
        facts = LANGUAGES.get(language)
        if facts is not None and language not in trained:
            groups.setdefault(getattr(facts, by), []).append(language)
    effects = []
    for group, languages in groups.items():
        means = _means(changes, languages, True)
        for spec in results.contrasts if means is not None else ():
            if means is not None and (found := _estimate(means, dict(spec.weights), changes, group)) is not None:
                effects.append(
                    GroupEffect(contrast=spec.title, by=by, group=group, languages=tuple(languages), estimate=found)
                )
    return tuple(effects)


def _means(changes: Sequence[TargetDraws], languages: Sequence[str] | None, zero_shot: bool) -> MeanOfArms | None:
    parts = []
    for one in changes:
        own = tuple(x for x in one.languages(zero_shot) or one.languages(False) if languages is None or x in languages)
        if one.draws is not None and own:
            parts.append(TargetScores(one.draws, own, one.collapsed))
    return mean_of_arms(parts) if parts else None


def _estimate(
    means: MeanOfArms, weights: dict[str, float], changes: Sequence[TargetDraws], salt: str = ""
) -> ChangeEstimate | None:
    if not means.has(list(weights)):
        return None
    rows = means.weights([weights])
    value = float((rows @ means.means.value)[0])
    one_seed = all(d.draws is None or len(d.draws.seeds) == 1 for d in changes)
    if means.groups < 2 or not (one_seed or means.can_test(list(weights))):
        return ChangeEstimate(value=value, low=None, high=None, interval="")
    rng = np.random.default_rng(zlib.crc32(repr((sorted(weights), salt)).encode()))
    low, high = clipped(value, float(draw_errors(means.means, rows, rng, each=0).reach(ALPHA)[0]))
    return ChangeEstimate(value=value, low=low, high=high, interval=ONE_SEED if one_seed else ALONE)
