"""Contrasts between arms, from the counts of the scores: on the mean over targets, on each target, and in the languages
of targets on which a difference was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from xstilts.report.scores.contrast_scopes import EQUIVALENT, INCONCLUSIVE, Contrast, scopes
from xstilts.report.scores.hierarchy import in_languages, tested
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.standings import ArmScore, standings
from xstilts.report.scores.target_draws import TargetDraws, target_draws


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything a report says in numbers. `language_contrasts`: each language of the targets on which a difference was
    found."""

    standings: tuple[ArmScore, ...]
    contrasts: tuple[Contrast, ...]
    language_contrasts: tuple[Contrast, ...] = ()
    target_draws: tuple[TargetDraws, ...] = field(default=(), compare=False)  # what the contrasts were drawn from


def compare(results: Results) -> Comparison:
    """Compute score rows and contrasts of a study. Raises StoreError when a score artefact cannot be read."""
    draws = tuple(target_draws(results, target) for target in results.targets)
    found = tested(scopes(results, draws))
    return Comparison(
        standings=standings(results),
        contrasts=with_equivalence(found, results.margin),
        language_contrasts=with_equivalence(in_languages(found, draws), results.margin),
        target_draws=draws,
    )


def with_equivalence(contrasts: Sequence[Contrast], margin: float | None) -> tuple[Contrast, ...]:
    """Call a difference that was not found equivalent where its whole interval lies within the margin, in points.

    That is two one-sided tests, with the correction of the interval: at 2.5 % each or less, as it is one of 95 %."""
    return tuple(
        replace(c, verdict=EQUIVALENT)
        if margin is not None and c.verdict == INCONCLUSIVE and _is_within(c, margin)
        else c
        for c in contrasts
    )


def _is_within(contrast: Contrast, margin: float) -> bool:
    return contrast.low is not None and contrast.high is not None and -margin < contrast.low and contrast.high < margin


def contrasts(results: Results) -> tuple[Contrast, ...]:
    """Compute the contrasts of the study: each on every target and then on the mean over targets, over all languages
    and (where that is another set) over the zero-shot ones."""
    return compare(results).contrasts


def headline_contrasts(contrasts: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Return one contrast for each name and target: over the zero-shot languages, or over all where there are no
    others."""
    zero_shot = {(c.name, c.target) for c in contrasts if c.zero_shot}
    return tuple(c for c in contrasts if c.zero_shot or (c.name, c.target) not in zero_shot)
