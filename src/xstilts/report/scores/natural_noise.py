"""Natural noise minus its clean counterpart: what a checkpoint scores on tweets, dialects or mixed language, minus what
it scores on the standard language; and on sentences as they were written, minus the same ones with their misspellings
corrected.

Two treebanks are different test sets, of different sentences, so that nothing is paired by test item but arms, which
are compared on the same ones: the difference varies by both. It holds whatever else differs between two treebanks
(topic, length, annotators), so that differences between arms say more than the difference itself. Sentences as written
and corrected are paired by test item, through what resamples perturbed input (`scores.stress_draws`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from xstilts.metrics.significance import Draws
from xstilts.report.scores.inputs import Results, StressScores
from xstilts.report.scores.interactions import ChangeEstimate, change
from xstilts.report.scores.stress_draws import stress_draws
from xstilts.report.scores.target_draws import TargetDraws


@dataclass(frozen=True, kw_only=True)
class NaturalDifference:
    """One arm on one test set of natural noise, or on the mean over them (`language` "").

    natural, clean, difference: scores in percent, and the first minus the second in points; None: it lacks one.
    clean_languages: the test sets of the counterpart, whose mean the clean score is. same_sentences: whether it holds
    the same sentences, corrected.
    """

    target: str
    counterpart: str
    language: str
    clean_languages: tuple[str, ...]
    same_sentences: bool
    arm: str
    natural: float | None
    clean: float | None
    difference: ChangeEstimate | None


@dataclass(frozen=True, kw_only=True)
class NaturalContrast:
    """A contrast of the study in these differences, over a target's languages other than the one trained in: above
    zero, the first arm loses less under natural noise."""

    contrast: str
    target: str
    counterpart: str
    languages: tuple[str, ...]
    estimate: ChangeEstimate


@dataclass(frozen=True, kw_only=True)
class NaturalNoise:
    """All that is said of natural noise. missing: sentences on what has no clean counterpart here."""

    differences: tuple[NaturalDifference, ...] = ()
    contrasts: tuple[NaturalContrast, ...] = ()
    missing: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class _Pair(NamedTuple):
    """Natural noise and its clean counterpart. changes: the first minus the second in the place of scores; None where
    they cannot be compared. counterparts: language -> those of `clean`."""

    noisy: TargetDraws
    clean: TargetDraws
    changes: TargetDraws | None
    counterparts: Mapping[str, Sequence[str]]
    same_sentences: bool


def natural_noise(results: Results, draws: Sequence[TargetDraws]) -> NaturalNoise:
    """Compare each target of natural noise with its clean counterparts, where the study has them as targets as well.
    Raises StoreError when a score artefact cannot be read."""
    differences: list[NaturalDifference] = []
    contrasts: list[NaturalContrast] = []
    missing: list[str] = []
    for pair in _pairs(results, draws):
        missing += _lacking(pair)
        if pair.changes is None or pair.changes.draws is None:
            continue
        differences += _differences(results, pair, pair.changes)
        contrasts += _contrasts(results, pair, pair.changes)
    return NaturalNoise(differences=tuple(differences), contrasts=tuple(contrasts), missing=tuple(missing))


def _pairs(results: Results, draws: Sequence[TargetDraws]) -> Iterator[_Pair]:
    by_name = {one.target.name: one for one in draws}
    for one in draws:
        other = by_name.get(one.target.counterpart)
        if one.target.counterparts and other is not None:
            yield _Pair(one, other, _minus(one, other), one.target.counterparts, False)
        for name in dict.fromkeys(one.target.as_written.values()):
            languages = tuple(x for x, target in one.target.as_written.items() if target == name)
            if name in by_name and set(languages) & set(one.target.languages) & set(by_name[name].target.languages):
                changes = _as_written(results, one, name, languages)
                yield _Pair(by_name[name], one, changes, {x: (x,) for x in languages}, True)


def _as_written(results: Results, corrected: TargetDraws, name: str, languages: Sequence[str]) -> TargetDraws | None:
    """Return the scores of the sentences of target `name` minus those of the same ones corrected."""
    there = tuple(x for x in corrected.target.languages if x in languages)
    cells = [cell for cell in results.cells if cell.target == name]
    written = [
        StressScores(
            target=corrected.target.name, arm=c.arm, seed=c.seed, noise="as written", rate=1.0, scores=c.scores
        )
        for c in cells
    ]
    clean = replace(corrected, target=replace(corrected.target, languages=there))
    found = stress_draws(replace(results, stress=tuple(written)), clean)
    return found.changes() if found is not None else None


def _contrasts(results: Results, pair: _Pair, changes: TargetDraws) -> Iterator[NaturalContrast]:
    languages = changes.languages(True) or changes.languages(False)
    target, counterpart = pair.noisy.target.name, pair.clean.target.name
    for spec in results.contrasts:
        estimate = change([changes], dict(spec.weights), languages, salt=target)
        if estimate is not None:
            yield NaturalContrast(
                contrast=spec.title, target=target, counterpart=counterpart, languages=languages, estimate=estimate
            )


def _minus(noisy: TargetDraws, clean: TargetDraws) -> TargetDraws | None:
    """Return noisy minus clean scores in the place of scores, in the languages whose counterparts are all here; each of
    the two is drawn by itself. None where there are none."""
    one, other = noisy.draws, clean.draws
    if one is None or other is None or noisy.target.main != clean.target.main:
        return None
    pairs = {
        language: [other.languages.index(each) for each in counterparts]
        for language in one.languages
        if (counterparts := noisy.target.counterparts.get(language)) and set(counterparts) <= set(other.languages)
    }
    if not pairs:
        return None
    places = [one.languages.index(language) for language in pairs]

    def minus(noisy_scores: np.ndarray, clean_scores: np.ndarray) -> np.ndarray:
        means = [clean_scores[..., of].mean(axis=-1) for of in pairs.values()]
        return np.asarray(noisy_scores[..., places] - np.stack(means, axis=-1))

    groups = [
        min(one.groups[at], *(other.groups[i] for i in of)) for at, of in zip(places, pairs.values(), strict=True)
    ]
    return TargetDraws(
        target=noisy.target,
        draws=Draws(
            arms=one.arms,
            seeds=one.seeds,
            languages=tuple(pairs),
            point=minus(one.point, other.point),
            drawn=minus(one.drawn, other.drawn),
            groups=np.asarray(groups),
        ),
        missing={},
        collapsed=noisy.collapsed | clean.collapsed,
    )


def _lacking(pair: _Pair) -> list[str]:
    """Say which languages of natural noise are compared with nothing, and why."""
    if pair.same_sentences:
        return []
    noisy, clean = pair.noisy, pair.clean
    there = clean.draws.languages if clean.draws else ()
    sentences = []
    for language in noisy.languages(False):
        if pair.changes is not None and language in pair.changes.languages(False):
            continue
        absent = [each for each in pair.counterparts.get(language, ()) if each not in there]
        in_target = f"no score of {' and '.join(absent)} in {clean.target.name}"
        why = in_target if absent else "it has no clean counterpart"
        sentences.append(f"{noisy.target.name}, {language}: not compared: {why}")
    return sentences


def _differences(results: Results, pair: _Pair, changes: TargetDraws) -> Iterator[NaturalDifference]:
    of_all = changes.languages(True) or changes.languages(False)
    rows: list[tuple[str, tuple[str, ...]]] = [(language, (language,)) for language in changes.languages(False)]
    for language, languages in [("", of_all), *rows]:
        for arm in results.arms:
            clean = [_mean_score(pair.clean, arm, pair.counterparts[each]) for each in languages]
            yield NaturalDifference(
                target=pair.noisy.target.name,
                counterpart=pair.clean.target.name,
                language=language,
                clean_languages=tuple(pair.counterparts[language]) if language else (),
                same_sentences=pair.same_sentences,
                arm=arm,
                natural=_mean_score(pair.noisy, arm, languages),
                clean=_mean_of(clean),
                difference=change([changes], {arm: 1.0}, languages, salt=pair.noisy.target.name),
            )


def _mean_score(scores: TargetDraws, arm: str, languages: Sequence[str]) -> float | None:
    """Return the mean over seeds and languages; None where an arm lacks one."""
    assert scores.draws is not None
    places = [scores.draws.languages.index(language) for language in languages]
    value = float(scores.draws.point[scores.draws.arms.index(arm)][:, places].mean())
    return value if np.isfinite(value) else None


def _mean_of(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
