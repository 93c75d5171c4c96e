"""The contrasts of a study before they are tested: what each averages, its value, and why one is missing.

What a contrast averages is fixed before its numbers are seen. A language or target that no arm has a score for is left
out and named in `note`; where some of the cells it needs are there and others are not, the contrast is missing and
`reason` says why. It is never computed over fewer languages or seeds for one arm than for another. Runs that collapsed
are set apart and counted: `value` compares the runs that trained, `value_of_all_runs` all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from xstilts.metrics.arm_means import MeanOfArms, TargetScores, mean_of_arms
from xstilts.report.scores.inputs import ContrastSpec, Results, TargetInfo, contrast_title
from xstilts.report.scores.target_draws import TargetDraws, collapsed_share

UNTESTED, INCONCLUSIVE, EQUIVALENT = "not tested", "inconclusive", "equivalent"


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A difference in points. `value` None: missing, and `reason` says why; `low`, `high`, `p` are None where there is
    no interval (a language with one test item)."""

    name: str
    weights: Mapping[str, float]  # the positive ones sum to 1, the negative ones to -1
    target: str | None  # None: the mean over `targets`
    targets: tuple[str, ...]
    language: str | None = None  # None: the mean over `languages`
    zero_shot: bool  # over the languages other than the one trained in; else over all
    languages: tuple[str, ...]  # those averaged (of a mean over targets: all of them together)
    label: str  # what is averaged: "14 languages other than en"
    seeds: int
    value: float | None = None  # over the runs that trained
    value_of_all_runs: float | None = None  # collapsed ones among them
    collapsed: str = ""  # "1 of 6 runs"; "" where every run trained
    low: float | None = None
    high: float | None = None
    p: float | None = None  # alone, as if it were the only question; None where it is not tested
    p_adjusted: float | None = None  # over the study's hierarchy of questions
    # "significant": `p_adjusted` below 0.05; "equivalent": within the study's margin; "inconclusive": neither; or "not
    # tested"
    verdict: str = UNTESTED
    interval: str = ""  # what the interval is: "simultaneous", "alone", "over test items, this training"
    by_seed: tuple[float, ...] = ()  # of all runs
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

    @property
    def level(self) -> str:
        """The level of the hierarchy of questions: "mean over targets", "target" or "language"."""
        if self.language is not None:
            return "language"
        return "mean over targets" if self.target is None else "target"

    @property
    def significant(self) -> bool:
        return self.verdict == "significant"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: the fields, the level and whether it is significant."""
        return {**asdict(self), "level": self.level, "significant": self.significant}


@dataclass(frozen=True, kw_only=True)
class ScopeMeans:
    """What the contrasts of one scope share: the targets and languages averaged, and the arms' means over them.
    `means` is None where no arm has every score."""

    target: str | None
    zero_shot: bool
    used: tuple[TargetDraws, ...]
    contrasts: tuple[Contrast, ...]  # with their values, not yet tested
    means: MeanOfArms | None


def scopes(results: Results, draws: Sequence[TargetDraws]) -> tuple[ScopeMeans, ...]:
    """Return each target and then the mean over targets, over all and over the zero-shot languages."""
    sets = [(single,) for single in draws] + [tuple(draws)]
    found = []
    for i, of in enumerate(sets):
        target = of[0].target.name if i < len(draws) else None
        for zero_shot in (False, True):
            others = [d for d in of if d.target.only_language is None]  # else there is nothing zero-shot to miss
            if not zero_shot or any(d.languages(True) != d.languages(False) for d in others):
                found.append(scope(results, target, of, zero_shot))
    return tuple(found)


def scope(results: Results, target: str | None, draws: Sequence[TargetDraws], zero_shot: bool) -> ScopeMeans:
    """Return the mean over `draws` under the name `target` (None: the mean over targets)."""
    used = tuple(d for d in draws if d.languages(zero_shot)) or tuple(draws)
    parts = [
        TargetScores(d.draws, d.languages(zero_shot), d.collapsed)
        for d in used
        if d.draws is not None and d.languages(zero_shot)
    ]
    means = mean_of_arms(parts) if len(parts) == len(used) and parts else None
    untested = [
        replace(_with_value(_contrast(results, spec, draws, used, zero_shot), means, used, zero_shot), target=target)
        for spec in results.contrasts
    ]
    return ScopeMeans(target=target, zero_shot=zero_shot, used=used, contrasts=tuple(untested), means=means)


def _contrast(
    results: Results, spec: ContrastSpec, draws: Sequence[TargetDraws], used: Sequence[TargetDraws], zero_shot: bool
) -> Contrast:
    """Describe one contrast over one or several targets; `reason` says what is missing."""
    notes = [_left_out(d) for d in draws if d.missing or d not in used]
    if len(results.seeds) == 1:
        notes.append("this seed only")
    missing = [reason for d in used if (reason := _reason_missing(results, d, spec, zero_shot))]
    return Contrast(
        name=spec.name,
        weights=dict(spec.weights),
        target=None,
        targets=tuple(d.target.name for d in used),
        zero_shot=zero_shot,
        languages=tuple(dict.fromkeys(x for d in used for x in d.languages(zero_shot))),
        label=_label(used, len(draws), zero_shot),
        seeds=len(results.seeds),
        note="; ".join(notes),
        reason="; ".join(dict.fromkeys(missing)),
    )


def _with_value(empty: Contrast, means: MeanOfArms | None, used: Sequence[TargetDraws], zero_shot: bool) -> Contrast:
    """Put the difference in, of the runs that trained and of all."""
    if means is None or empty.reason or not means.has(list(empty.weights)):
        return empty
    value = float(means.weights([dict(empty.weights)])[0] @ means.means.value)
    every_run = [d.draws.contrast(empty.weights, d.languages(zero_shot))[0] for d in used if d.draws is not None]
    by_seed = np.mean(every_run, axis=0)
    lost, of = collapsed_share(used, list(empty.weights))
    notes = [empty.note] if empty.note else []
    if lost:
        is_apart = abs(by_seed.mean() - value) > 1e-9
        notes.append(
            f"{lost} of {of} runs collapsed" + (", set apart here" if is_apart else ", in the number all the same")
        )
    if means.groups < 2:
        notes.append("a language has a single test item: no interval")
    return replace(
        empty,
        value=value,
        value_of_all_runs=float(by_seed.mean()),
        collapsed=f"{lost} of {of} runs" if lost else "",
        by_seed=tuple(float(x) for x in by_seed),
        note="; ".join(notes),
    )


def _label(used: Sequence[TargetDraws], target_count: int, zero_shot: bool) -> str:
    """Say in words what is averaged: "mean of 3 of 4 targets, languages other than those trained in"."""
    if target_count == 1:
        n, expected = len(used[0].languages(zero_shot)), used[0].target.languages
        home = used[0].target.train_language
        if zero_shot:
            return f"{_share(n, len([x for x in expected if x != home]))} languages other than {home}"
        only = used[0].target.only_language
        return f"{only} only" if only else f"{_share(n, len(expected))} languages"
    scope = "languages other than the one trained in" if zero_shot else "all languages"
    return f"mean of {_share(len(used), target_count)} targets, {scope}"


def _share(n: int, of: int) -> str:
    return str(n) if n == of else f"{n} of {of}"


def _left_out(draws: TargetDraws) -> str:
    if draws.target.only_language and not draws.reason:
        return f"{draws.target.name}: {draws.target.only_language} only"
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
