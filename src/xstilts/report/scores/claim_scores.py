"""Claims against a study's scores: the numbers that a predicate needs, from the counts behind the contrasts."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xstilts.claims.claim import ALL, ZERO_SHOT, ClaimPredicate
from xstilts.claims.comparisons import Cells, Conditions, Term, Unit, conditions_of
from xstilts.claims.judge import Judgement, judge, judge_untested, not_measured
from xstilts.core.sentences import listed
from xstilts.metrics.arm_means import TargetScores
from xstilts.metrics.joint_errors import UnitMeans, can_test, joint_errors
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.target_draws import TargetDraws, target_draws


@dataclass(frozen=True, kw_only=True)
class MissingScores:
    """What a claim lacks. kind: "arm", "target" or "language". reason: why it is not there. in_study: whether the study
    has it, so that running the study would measure it."""

    kind: str
    name: str
    reason: str
    in_study: bool = True


def missing_sentences(missing: Sequence[MissingScores]) -> tuple[str, ...]:
    """Say what is missing, once for each reason: "the targets xnli and panx are missing: not run"."""
    of_reason: dict[tuple[str, str], list[str]] = {}
    for one in missing:
        names = of_reason.setdefault((one.kind, one.reason), [])
        names += [one.name] if one.name not in names else []
    return tuple(
        f"the {kind}{'s' if len(names) > 1 else ''} {listed(names)} {'are' if len(names) > 1 else 'is'} missing: "
        f"{reason.removeprefix('missing: ').rstrip('.')}"
        for (kind, reason), names in of_reason.items()
    )


@dataclass(frozen=True, kw_only=True)
class MeasuredClaim:
    """A claim judged by a study's scores.

    missing: what it lacks, where it is not measured. cells: target -> languages that were averaged. seeds: of each arm.
    test_items: counted in each language.
    """

    judgement: Judgement
    missing: tuple[MissingScores, ...] = ()
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seeds: int = 0
    test_items: int = 0


def measure(results: Results, draws: Mapping[str, TargetDraws], predicate: ClaimPredicate, name: str) -> MeasuredClaim:
    """Judge a predicate by a study's scores. `draws`: target -> its counts, resampled. `name`: of the claim, which
    seeds its draws.

    Raises StoreError when a score artefact cannot be read.
    """
    chosen = _draws(results, draws, predicate)
    cells, missing = _cells(results, chosen, predicate)
    missing += _missing_arms(results, predicate)
    missing = missing or _missing_cells(results, chosen, cells, predicate)
    if missing or not cells:
        said = "; ".join(missing_sentences(missing)) or "no target has such languages"
        return MeasuredClaim(judgement=not_measured(said), missing=tuple(missing))
    conditions = conditions_of(predicate, cells)
    if not conditions.each:
        return MeasuredClaim(judgement=not_measured("there is nothing to compare these targets with"))
    items = sum(_items(chosen[name], languages) for name, languages in cells.items())
    return MeasuredClaim(
        judgement=_judge(results, chosen, conditions, name),
        cells=cells,
        seeds=len(results.seeds),
        test_items=items,
    )


def _items(target: TargetDraws, languages: Sequence[str]) -> int:
    """Count the test items of a target, in each language."""
    draws = target.draws
    return 0 if draws is None else sum(int(draws.groups[draws.languages.index(language)]) for language in languages)


def _draws(results: Results, draws: Mapping[str, TargetDraws], predicate: ClaimPredicate) -> dict[str, TargetDraws]:
    """Return the counts of the targets that a predicate is about, in its metric."""
    named = predicate.targets if predicate.targets is not None else tuple(draws)
    chosen = {}
    for target in results.targets:
        if target.name in named:
            is_main = predicate.metric in ("", target.main)
            other = None if is_main else target_draws(results, replace(target, main=predicate.metric))
            chosen[target.name] = draws[target.name] if other is None else other
    return chosen


def _cells(
    results: Results, draws: Mapping[str, TargetDraws], predicate: ClaimPredicate
) -> tuple[Cells, list[MissingScores]]:
    """Return the languages of each target, and the targets and languages that are asked for and not there."""
    missing = [
        MissingScores(kind="target", name=name, reason="not in this study", in_study=False)
        for name in predicate.targets or ()
        if name not in draws
    ]
    cells: dict[str, tuple[str, ...]] = {}
    for name, target in draws.items():
        if target.draws is None:
            missing.append(MissingScores(kind="target", name=name, reason=target.reason))
            continue
        expected = _expected(target, predicate.languages)
        lacking = [language for language in expected if language not in target.draws.languages]
        missing += [
            MissingScores(
                kind="language",
                name=f"{language} of {name}",
                reason=target.missing.get(language, "not in this study"),
                in_study=language in target.target.languages,
            )
            for language in lacking
            if isinstance(predicate.languages, tuple)  # "all" and "zero-shot" are what is here, as in contrasts
        ]
        if languages := tuple(language for language in expected if language in target.draws.languages):
            cells[name] = languages
    asked = predicate.languages if isinstance(predicate.languages, tuple) else ()
    found = {language for languages in cells.values() for language in languages}
    known = {language for target in results.targets for language in target.languages}
    missing += [
        MissingScores(kind="language", name=language, reason="no target has it here", in_study=language in known)
        for language in asked
        if language not in found and not any(one.name.startswith(f"{language} of ") for one in missing)
    ]
    return cells, missing


def _expected(target: TargetDraws, languages: str | tuple[str, ...]) -> tuple[str, ...]:
    info = target.target
    if languages == ALL:
        return info.languages
    if languages == ZERO_SHOT:
        return tuple(language for language in info.languages if language != info.train_language)
    return tuple(language for language in languages if language in info.languages)


def _missing_arms(results: Results, predicate: ClaimPredicate) -> list[MissingScores]:
    return [
        MissingScores(kind="arm", name=arm, reason="not in this study", in_study=False)
        for arm in dict.fromkeys(predicate.arms)
        if arm not in results.arms
    ]


def _missing_cells(
    results: Results, draws: Mapping[str, TargetDraws], cells: Cells, predicate: ClaimPredicate
) -> list[MissingScores]:
    """Return the arms that lack a score that the predicate needs."""
    missing = []
    outcomes = {(cell.arm, cell.target, cell.seed): cell.outcome for cell in results.cells}
    for name, languages in cells.items():
        of_target = draws[name].draws
        for arm in dict.fromkeys(predicate.arms):
            for seed in results.seeds:
                if of_target is None or all(of_target.has(arm, seed, language) for language in languages):
                    continue
                lacking = [language for language in languages if not of_target.has(arm, seed, language)]
                outcome = outcomes.get((arm, name, seed), "not in this study")
                reason = f"on {name}, seed {seed}, " + (
                    outcome if len(lacking) == len(languages) else f"no score in {', '.join(lacking)}"
                )
                missing.append(MissingScores(kind="arm", name=arm, reason=reason))
                break
    return missing


def _judge(results: Results, draws: Mapping[str, TargetDraws], conditions: Conditions, name: str) -> Judgement:
    units = {unit: _unit(unit, draws) for unit in dict.fromkeys(term.unit for term in conditions.terms)}
    terms = [(units[term.unit], term.arm) for term in conditions.terms]
    weights = _weights(conditions)
    estimates = weights @ np.array([unit.value(arm) for unit, arm in terms])
    if len(results.seeds) == 1:
        return judge_untested(conditions, estimates, "one seed: another training may differ by as much")
    if not can_test(terms):
        return judge_untested(conditions, estimates, "too few runs trained, or a language has too few test items")
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return judge(conditions, estimates, joint_errors(terms, weights, rng))


def _unit(unit: Unit, draws: Mapping[str, TargetDraws]) -> UnitMeans:
    parts = []
    for target, languages in unit.cells:
        of_target = draws[target]
        assert of_target.draws is not None  # `_cells` has left it out
        parts.append(TargetScores(of_target.draws, languages, of_target.collapsed))
    return UnitMeans.over(parts)


def _weights(conditions: Conditions) -> np.ndarray:
    """Return the weights of the conditions over their terms, [C, P]."""
    terms: Sequence[Term] = conditions.terms
    return np.array([[condition.weights.get(term, 0.0) for term in terms] for condition in conditions.each])
