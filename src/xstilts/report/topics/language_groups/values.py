"""The values behind the groups of languages: gains of every contrast over every group, and against distances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xstilts.core import corpus_sizes, typology
from xstilts.report.scores.group_gains import (
    DistanceCorrelation,
    GroupGain,
    distance_correlation,
    gains_by_language,
    group_gains,
)
from xstilts.report.scores.language_groups import DISTANCES, LanguageFacts, grouped, language_facts
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.target_draws import TargetDraws

DRAWN = next(iter(DISTANCES))  # the distance that gains are drawn against


@dataclass(frozen=True, kw_only=True)
class LanguagePoint:
    """One language: a distance, and the gain there on the mean over targets."""

    contrast: str
    language: str
    distance: float
    gain: float


@dataclass(frozen=True, kw_only=True)
class LanguageGroups:
    """All that is said of groups of languages.

    contrasts: their titles. gains, correlations: over the mean over targets (`target` None) where there are several,
    then target by target. points: of the chart. sources: where the facts are from. left_out: targets that are not
    divided, and why.
    """

    contrasts: tuple[str, ...]
    facts: tuple[LanguageFacts, ...]
    gains: tuple[GroupGain, ...]
    correlations: tuple[DistanceCorrelation, ...]
    points: tuple[LanguagePoint, ...]
    sources: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def first(self) -> str | None:
        """What is shown first: the mean over targets, or the only target."""
        return self.gains[0].target if self.gains else None


def compute(board: Scoreboard) -> LanguageGroups | None:
    """Return None for a study in which nothing can be compared, or whose targets are tested in fewer than two languages
    beside the one trained in."""
    results = board.results
    draws = [d for d in board.comparison.target_draws if d.draws is not None and len(d.languages(True)) > 1]
    if not draws or not results.contrasts:
        return None
    languages = tuple(dict.fromkeys(x for d in draws for x in d.languages(True)))
    facts = language_facts(results, languages)
    groups = grouped(facts)
    scopes: list[tuple[str | None, Sequence[TargetDraws]]] = [(d.target.name, [d]) for d in draws]
    if len(draws) > 1:
        scopes.insert(0, (None, draws))
    gains = [gain for target, of in scopes for gain in group_gains(results.contrasts, of, groups, target)]
    if not any(one.gain for one in gains):
        return None
    return LanguageGroups(
        contrasts=tuple(spec.title for spec in results.contrasts),
        facts=facts,
        gains=tuple(gains),
        correlations=tuple(_correlations(board, facts, scopes)),
        points=tuple(_points(board, facts, scopes[0][1])),
        sources=_sources(board),
        left_out=tuple(
            f"{d.target.name}: {d.reason or 'it is tested in fewer than two languages beside the one trained in'}"
            for d in board.comparison.target_draws
            if d not in draws
        ),
    )


def _from_english(draws: Sequence[TargetDraws]) -> list[TargetDraws]:
    """Return the targets that are trained in English: distances are to it."""
    return [d for d in draws if d.target.train_language == typology.ENGLISH]


def _correlations(
    board: Scoreboard, facts: Sequence[LanguageFacts], scopes: Sequence[tuple[str | None, Sequence[TargetDraws]]]
) -> Iterator[DistanceCorrelation]:
    numbers = {distance: _numbers(facts, distance) for distance in DISTANCES}
    for target, draws in scopes:
        gains = [(spec, gains_by_language(spec, _from_english(draws))) for spec in board.results.contrasts]
        for distance in DISTANCES:
            for spec, by_language in gains:
                if found := distance_correlation(spec, by_language, distance, numbers[distance], target):
                    yield found


def _numbers(facts: Sequence[LanguageFacts], distance: str) -> dict[str, float]:
    """Return language -> its number, where it is known."""
    return {one.language: number for one in facts if (number := DISTANCES[distance](one)) is not None}


def _points(board: Scoreboard, facts: Sequence[LanguageFacts], draws: Sequence[TargetDraws]) -> Iterator[LanguagePoint]:
    numbers = _numbers(facts, DRAWN)
    for spec in board.results.contrasts:
        for language, gain in gains_by_language(spec, _from_english(draws)).items():
            if language in numbers:
                yield LanguagePoint(contrast=spec.title, language=language, distance=numbers[language], gain=gain)


def _sources(board: Scoreboard) -> tuple[str, ...]:
    results = board.results
    if results.encoder_languages is None:
        read = f"pretraining: the languages of {results.encoder} are not known here, so nothing is divided by them"
    else:
        read = f"pretraining: languages that {results.encoder} has read: {results.encoder_languages_source}"
    return (
        "family, branch, script: XTREME's table (Hu et al. 2020), and common usage outside it",
        f"distance: {typology.SOURCE}; not known where sources state less than a third of a language's features",
        f"corpus: {corpus_sizes.SOURCE}, whatever encoder the study has",
        read,
    )
