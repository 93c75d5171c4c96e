"""Contrasts between arms, from the counts of the scores: on the mean over targets, on each target, and in the languages
of targets on which a difference was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xstilts.report.scores.contrast_scopes import Contrast, scopes
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
        contrasts=found,
        language_contrasts=in_languages(found, draws),
        target_draws=draws,
    )


def contrasts(results: Results) -> tuple[Contrast, ...]:
    """Compute the contrasts of the study: each on every target and then on the mean over targets, over all languages
    and (where that is another set) over the zero-shot ones."""
    return compare(results).contrasts


def headline_contrasts(contrasts: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Return one contrast for each name and target: over the zero-shot languages, or over all where there are no
    others."""
    zero_shot = {(c.name, c.target) for c in contrasts if c.zero_shot}
    return tuple(c for c in contrasts if c.zero_shot or (c.name, c.target) not in zero_shot)
