"""Contrasts between arms, from the counts of the scores: one for each target and one for the mean over targets.

What a contrast averages is fixed before its numbers are seen. A language or target that no arm has a score for is left
out and named in `note`; where some of the cells it needs are there and others are not, the contrast is missing and
`reason` says why. It is never computed over fewer languages or seeds for one arm than for another.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from xstilts.metrics.bootstrap import GroupCounts
from xstilts.metrics.catalog import METRICS
from xstilts.metrics.significance import ALPHA, Axes, Draws, Estimate, contrast, draw, holm
from xstilts.report.scores.inputs import ContrastSpec, Results, TargetInfo, contrast_title
from xstilts.report.scores.score_files import read_counts, read_scores
from xstilts.report.scores.standings import ArmScore, standings


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A difference in points. `value` None: missing, and `reason` says why; `low`, `high`, `p` are None where there is
    no interval (a language with one document)."""

    name: str
    weights: Mapping[str, float]
    target: str | None  # None: the mean over `targets`
    targets: tuple[str, ...]
    zero_shot: bool  # over the languages other than the one trained in; else over all
    languages: tuple[str, ...]  # those averaged (of a mean over targets: all of them together)
    label: str  # what is averaged: "14 languages other than en"
    seeds: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None  # corrected over every contrast of the study
    significant: bool = False  # p_holm below 0.05
    by_seed: tuple[float, ...] = ()
    note: str = ""
    reason: str = ""

    @property
    def title(self) -> str:
        """ "nli over none", or the contrast's own name."""
        return contrast_title(self.name, self.weights)

    @property
    def scope(self) -> str:
        """The languages that are averaged: "zero-shot" (not trained in) or "all"."""
        return "zero-shot" if self.zero_shot else "all"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything a report says in numbers."""

    standings: tuple[ArmScore, ...]
    contrasts: tuple[Contrast, ...]
    target_draws: tuple[TargetDraws, ...] = field(default=(), compare=False)  # what the contrasts were drawn from


@dataclass(frozen=True, kw_only=True)
class TargetDraws:
    """The counts of one target, resampled; or the reason why they cannot be."""

    target: TargetInfo
    draws: Draws | None
    missing: Mapping[str, str]  # language -> why no arm has it
    reason: str = ""

    def languages(self, zero_shot: bool) -> tuple[str, ...]:
        """Return the languages that a contrast averages: those that any arm has."""
        languages = self.draws.languages if self.draws else ()
        return tuple(x for x in languages if not (zero_shot and x == self.target.train_language))


def compare(results: Results) -> Comparison:
    """Compute score rows and contrasts of a study. Raises StoreError when a score artefact cannot be read."""
    draws = tuple(_target_draws(results, target) for target in results.targets)
    return Comparison(standings=standings(results), contrasts=contrasts(results, draws), target_draws=draws)


def contrasts(results: Results, draws: Sequence[TargetDraws] | None = None) -> tuple[Contrast, ...]:
    """Compute all contrasts of the study.

    For each: every target and then the mean over targets, over all languages and (where that is another set) over the
    zero-shot ones. Holm's correction runs over all of them.
    """
    draws = [_target_draws(results, target) for target in results.targets] if draws is None else draws
    uncorrected: list[Contrast] = []
    for spec in results.contrasts:
        scopes = [(single,) for single in draws] + [tuple(draws)]
        for i, scope in enumerate(scopes):
            for zero_shot in (False, True):
                if not zero_shot or any(d.languages(True) != d.languages(False) for d in scope):
                    target = scope[0].target.name if i < len(draws) else None
                    uncorrected.append(replace(_contrast(results, spec, scope, zero_shot), target=target))
    return _corrected(uncorrected)


def headline_contrasts(contrasts: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Return one contrast for each name and scope: over the zero-shot languages, or over all where there are no
    others."""
    zero_shot = {(c.name, c.target) for c in contrasts if c.zero_shot}
    return tuple(c for c in contrasts if c.zero_shot or (c.name, c.target) not in zero_shot)


def _corrected(uncorrected: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Apply Holm's correction over all tests; a test printed twice (one target is its own mean) counts once."""
    tests = {(c.name, c.targets, c.zero_shot): c.p for c in uncorrected if c.p is not None}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    corrected = []
    for c in uncorrected:
        p = adjusted.get((c.name, c.targets, c.zero_shot))
        corrected.append(replace(c, p_holm=p, significant=p is not None and p < ALPHA))
    return tuple(corrected)


def _contrast(results: Results, spec: ContrastSpec, draws: Sequence[TargetDraws], zero_shot: bool) -> Contrast:
    """Compute one contrast over one or several targets, not yet corrected."""
    used = [d for d in draws if d.languages(zero_shot)] or list(draws)
    notes = [_left_out(d) for d in draws if d.missing or d not in used]
    if len(results.seeds) == 1:
        notes.append("this seed only")
    empty = Contrast(
        name=spec.name,
        weights=dict(spec.weights),
        target=None,
        targets=tuple(d.target.name for d in used),
        zero_shot=zero_shot,
        languages=tuple(dict.fromkeys(x for d in used for x in d.languages(zero_shot))),
        label=_label(used, len(draws), zero_shot),
        seeds=len(results.seeds),
        note="; ".join(notes),
    )
    if reasons := [reason for d in used if (reason := _reason_missing(results, d, spec, zero_shot))]:
        return replace(empty, reason="; ".join(dict.fromkeys(reasons)))
    parts = [(d.draws, d.languages(zero_shot)) for d in used if d.draws is not None]
    return _with_estimate(empty, contrast(parts, spec.weights))


def _with_estimate(empty: Contrast, estimate: Estimate) -> Contrast:
    filled = replace(empty, value=estimate.value, by_seed=estimate.by_seed)
    if np.isnan(estimate.p):
        note = "; ".join(text for text in (empty.note, "a language has one document: no interval") if text)
        return replace(filled, note=note)
    return replace(filled, low=estimate.low, high=estimate.high, p=estimate.p)


def _label(used: Sequence[TargetDraws], target_count: int, zero_shot: bool) -> str:
    """Say in words what is averaged: "mean of 3 of 4 targets, languages other than those trained in"."""
    if target_count == 1:
        n, expected = len(used[0].languages(zero_shot)), used[0].target.languages
        home = used[0].target.train_language
        if zero_shot:
            return f"{_share(n, len([x for x in expected if x != home]))} languages other than {home}"
        return f"{_share(n, len(expected))} languages"
    scope = "languages other than the one trained in" if zero_shot else "all languages"
    return f"mean of {_share(len(used), target_count)} targets, {scope}"


def _share(n: int, of: int) -> str:
    return str(n) if n == of else f"{n} of {of}"


def _left_out(draws: TargetDraws) -> str:
    reasons = "; ".join(dict.fromkeys([*draws.missing.values(), *([draws.reason] if draws.reason else [])]))
    languages = ", ".join(draws.missing) if draws.draws else "every language"
    return f"{draws.target.name} without {languages} ({reasons or 'no score'})"


def _reason_missing(results: Results, draws: TargetDraws, spec: ContrastSpec, zero_shot: bool) -> str:
    """Say why a contrast cannot be computed for a target; "" where every cell it needs has its scores."""
    if draws.draws is None:
        return f"{draws.target.name}: {draws.reason}"
    languages = draws.languages(zero_shot)
    if not languages:
        return f"{draws.target.name}: no language but the one trained in"
    for arm in spec.weights:
        if arm not in draws.draws.arms:
            return f"there is no arm '{arm}'"
        for seed in results.seeds:
            if missing := [x for x in languages if not draws.draws.has(arm, seed, x)]:
                reason = _cell_reason(results, draws.target, arm, seed)
                return f"{arm}, {draws.target.name}, seed {seed}: {reason} ({', '.join(missing)})"
    return ""


def _cell_reason(results: Results, target: TargetInfo, arm: str, seed: int) -> str:
    for cell in results.cells:
        if (cell.arm, cell.target, cell.seed) == (arm, target.name, seed):
            return cell.outcome if cell.scores is None else "no score"
    return "not in this study"


def _target_draws(results: Results, target: TargetInfo) -> TargetDraws:
    """Read and resample all arms of one target."""
    cells = [cell for cell in results.cells if cell.target == target.name]
    scored = {(cell.arm, cell.seed): cell.scores for cell in cells if cell.scores is not None}
    if not scored:
        reasons = dict.fromkeys(f"{c.status}: {c.reason}".removesuffix(": ") for c in cells)
        return TargetDraws(target=target, draws=None, missing={}, reason="; ".join(reasons) or "no scores")
    records = {folder: read_scores(folder) for folder in set(scored.values())}
    main = target.main or next(iter(records.values())).main
    if main not in METRICS:
        return TargetDraws(target=target, draws=None, missing={}, reason=f"the metric '{main}' has no formula here")
    tables: dict[Path, dict[str, GroupCounts]] = {folder: read_counts(folder, main) for folder in records}
    counts = {(*key, x): table for key, folder in scored.items() for x, table in tables[folder].items()}
    counted = {language for _, _, language in counts}
    reasons_of = {x: reason for record in records.values() for x, reason in record.missing.items()}
    axes = Axes(results.arms, results.seeds, tuple(x for x in target.languages if x in counted))
    # The target's name is the seed: its draws do not depend on which other targets a study has.
    rng = np.random.default_rng(zlib.crc32(target.name.encode()))
    return TargetDraws(
        target=target,
        draws=draw(METRICS[main], counts, axes, rng),
        missing={x: reasons_of.get(x, "no score") for x in target.languages if x not in counted},
    )
