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
from xstilts.report.scores.inputs import ContrastSpec, Results, StudyCell, TargetInfo
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
    def scope(self) -> str:
        """Which languages are averaged: "zero-shot" (not trained in) or "all"."""
        return "zero-shot" if self.zero_shot else "all"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything a report says in numbers."""

    standings: tuple[ArmScore, ...]
    contrasts: tuple[Contrast, ...]
    fields: tuple[TargetDraws, ...] = field(default=(), compare=False)  # what the contrasts were drawn from


@dataclass(frozen=True, kw_only=True)
class TargetDraws:
    """One target, resampled; or the reason why it cannot be."""

    target: TargetInfo
    draws: Draws | None
    why: Mapping[str, str]  # language -> why no arm has it
    reason: str = ""

    def languages(self, zero_shot: bool) -> tuple[str, ...]:
        """What a contrast averages: the languages that any arm has."""
        have = self.draws.languages if self.draws else ()
        return tuple(x for x in have if not (zero_shot and x == self.target.train_language))


def compare(results: Results) -> Comparison:
    """Score rows and contrasts of a study. Raises StoreError when a score artefact cannot be read."""
    fields = tuple(_field(results, target) for target in results.targets)
    return Comparison(standings=standings(results), contrasts=contrasts(results, fields), fields=fields)


def contrasts(results: Results, fields: Sequence[TargetDraws] | None = None) -> tuple[Contrast, ...]:
    """All contrasts of the study: for each, every target and then the mean over targets, over all languages and (where
    that is another set) over the zero-shot ones. Holm's correction runs over all of them."""
    fields = [_field(results, target) for target in results.targets] if fields is None else fields
    found: list[Contrast] = []
    for spec in results.contrasts:
        scopes = [(field,) for field in fields] + [tuple(fields)]
        for i, scope in enumerate(scopes):
            for zero_shot in (False, True):
                if not zero_shot or any(f.languages(True) != f.languages(False) for f in scope):
                    made = _contrast(results, spec, scope, zero_shot)
                    found.append(replace(made, target=scope[0].target.name if i < len(fields) else None))
    return _corrected(found)


def _corrected(found: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Holm over all tests; the same test printed twice (one target is its own mean) counts once."""
    tests = {(c.name, c.targets, c.zero_shot): c.p for c in found if c.p is not None}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    corrected = []
    for c in found:
        p = adjusted.get((c.name, c.targets, c.zero_shot))
        corrected.append(replace(c, p_holm=p, significant=p is not None and p < ALPHA))
    return tuple(corrected)


def _contrast(results: Results, spec: ContrastSpec, fields: Sequence[TargetDraws], zero_shot: bool) -> Contrast:
    """One contrast over one or several targets, not yet corrected."""
    used = [field for field in fields if field.languages(zero_shot)] or list(fields)
    languages = tuple(dict.fromkeys(x for field in used for x in field.languages(zero_shot)))
    notes = [_left_out(field) for field in fields if field.why or field not in used]
    if len(results.seeds) == 1:
        notes.append("this seed only")
    made = Contrast(
        name=spec.name,
        weights=dict(spec.weights),
        target=None,
        targets=tuple(field.target.name for field in used),
        zero_shot=zero_shot,
        languages=languages,
        label=_label(used, len(fields), zero_shot),
        seeds=len(results.seeds),
        note="; ".join(notes),
    )
    if reasons := [r for field in used if (r := _lacking(results, field, spec, zero_shot))]:
        return replace(made, reason="; ".join(dict.fromkeys(reasons)))
    parts = [(field.draws, field.languages(zero_shot)) for field in used if field.draws is not None]
    estimate = contrast(parts, spec.weights)
    return _with(made, estimate)


def _with(made: Contrast, estimate: Estimate) -> Contrast:
    known = replace(made, value=estimate.value, by_seed=estimate.by_seed)
    if np.isnan(estimate.p):
        note = "; ".join(text for text in (made.note, "a language has one document: no interval") if text)
        return replace(known, note=note)
    return replace(known, low=estimate.low, high=estimate.high, p=estimate.p)


def _label(used: Sequence[TargetDraws], of: int, zero_shot: bool) -> str:
    """What is averaged, in words: "mean of 3 of 4 targets, languages other than those trained in"."""
    if of == 1:
        n, expected = len(used[0].languages(zero_shot)), len(used[0].target.languages)
        home = used[0].target.train_language
        if zero_shot:
            n_expected = len([x for x in used[0].target.languages if x != home])
            return f"{_share(n, n_expected)} languages other than {home}"
        return f"{_share(n, expected)} languages"
    scope = "languages other than the one trained in" if zero_shot else "all languages"
    return f"mean of {_share(len(used), of)} targets, {scope}"


def _share(n: int, of: int) -> str:
    return str(n) if n == of else f"{n} of {of}"


def _left_out(field: TargetDraws) -> str:
    reasons = "; ".join(dict.fromkeys([*field.why.values(), *([field.reason] if field.reason else [])]))
    what = ", ".join(field.why) if field.draws else "every language"
    return f"{field.target.name} without {what} ({reasons or 'no score'})"


def _lacking(results: Results, field: TargetDraws, spec: ContrastSpec, zero_shot: bool) -> str:
    """Why a contrast cannot be had for a target; "" where every cell it needs is there."""
    if field.draws is None:
        return f"{field.target.name}: {field.reason}"
    languages = field.languages(zero_shot)
    if not languages:
        return f"{field.target.name}: no language but the one trained in"
    for arm in spec.weights:
        if arm not in field.draws.arms:
            return f"there is no arm '{arm}'"
        for seed in results.seeds:
            lost = [x for x in languages if not field.draws.has(arm, seed, x)]
            if lost:
                return f"{arm}, {field.target.name}, seed {seed}: {_why(results, field, arm, seed)} ({', '.join(lost)})"
    return ""


def _why(results: Results, field: TargetDraws, arm: str, seed: int) -> str:
    for cell in _cells(results, field.target):
        if (cell.arm, cell.seed) == (arm, seed):
            return ": ".join(text for text in (cell.status, cell.reason) if text) if cell.scores is None else "no score"
    return "not in this study"


def _cells(results: Results, target: TargetInfo) -> list[StudyCell]:
    return [cell for cell in results.cells if cell.target == target.name]


def _field(results: Results, target: TargetInfo) -> TargetDraws:
    """Reads and resamples all arms of one target."""
    scored = {(cell.arm, cell.seed): cell.scores for cell in _cells(results, target) if cell.scores is not None}
    if not scored:
        reasons = dict.fromkeys(f"{c.status}: {c.reason}".removesuffix(": ") for c in _cells(results, target))
        return TargetDraws(target=target, draws=None, why={}, reason="; ".join(reasons) or "no scores")
    records = {folder: read_scores(folder) for folder in set(scored.values())}
    main = target.main or next(iter(records.values()))["main"]
    if main not in METRICS:
        return TargetDraws(target=target, draws=None, why={}, reason=f"the metric '{main}' has no formula here")
    tables: dict[Path, dict[str, GroupCounts]] = {folder: read_counts(folder, main) for folder in records}
    counts = {(*key, x): table for key, folder in scored.items() for x, table in tables[folder].items()}
    have = {language for _, _, language in counts}
    said = {x: reason for record in records.values() for x, reason in record.get("missing", {}).items()}
    axes = Axes(results.arms, results.seeds, tuple(x for x in target.languages if x in have))
    rng = np.random.default_rng(zlib.crc32(target.name.encode()))
    return TargetDraws(
        target=target,
        draws=draw(METRICS[main], counts, axes, rng),
        why={x: said.get(x, "no score") for x in target.languages if x not in have},
    )
