"""The scoreboard: headline scores by arm, target, seed and language, and the averages that the tables show.

Numbers are percentages. An average takes the languages that have a score for every seed the arm was scored with; what
it lacks, compared with other arms of the target, is named. Where nothing lacks it is the mean of `standings`, else its
partial mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any, TypeVar

from xstilts.report.scores.contrasts import Comparison
from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.scores.published_rows import PublishedRow
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.standings import ArmScore, LanguageScore
from xstilts.report.scores.target_draws import TargetDraws
from xstilts.report.scores.trainings import TrainingRun, trainings

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class ArmMean:
    """An arm's average over languages, then seeds. `value` is None where nothing was scored; `reason` says why."""

    value: float | None
    languages: tuple[str, ...] = ()  # those averaged
    lacking: tuple[str, ...] = ()  # those that were asked for and are not averaged
    by_seed: Mapping[int, float] | None = None
    reason: str = ""


def mean_over_seeds(by_seed: Mapping[int, Mapping[str, float]], languages: Sequence[str]) -> ArmMean | None:
    """Average over the languages that every scored seed has, then over these seeds; None where nothing is left.

    by_seed: seed -> language -> score; a seed without any was not scored.
    """
    seeds = {seed: found for seed, found in by_seed.items() if found}
    full = tuple(x for x in languages if seeds and all(x in found for found in seeds.values()))
    if not full:
        return None
    means = {seed: fmean(found[x] for x in full) for seed, found in seeds.items()}
    lacking = tuple(x for x in languages if x not in full)
    return ArmMean(value=fmean(means.values()), languages=full, lacking=lacking, by_seed=means)


@dataclass(frozen=True)
class Scoreboard:
    """All headline scores of a study, looked up by arm and target.

    published_rows: rows that the reader asked to see with the study; () for none.
    """

    results: Results
    comparison: Comparison
    published_rows: tuple[PublishedRow, ...] = ()

    @cached_property
    def standings(self) -> dict[tuple[str, str], ArmScore]:
        """(arm, target) -> its scores in the target's main metric."""
        return {(s.arm, s.target): s for s in self.comparison.standings if s.main}

    @cached_property
    def cells(self) -> dict[tuple[str, str, int], StudyCell]:
        """(arm, target, seed) -> cell."""
        return {(cell.arm, cell.target, cell.seed): cell for cell in self.results.cells}

    @cached_property
    def trainings(self) -> tuple[TrainingRun, ...]:
        return trainings(self.results.cells)

    @cached_property
    def target_draws(self) -> dict[str, TargetDraws]:
        """Target -> its counts, resampled."""
        return {draws.target.name: draws for draws in self.comparison.target_draws}

    @cached_property
    def scored_languages(self) -> dict[str, tuple[str, ...]]:
        """Target -> the languages that any arm has a score for, in the order of the study."""
        have = {(s.target, x.language) for s in self.standings.values() for x in s.languages if x.by_seed}
        return {t.name: tuple(x for x in t.languages if (t.name, x) in have) for t in self.results.targets}

    @cached_property
    def language_scores(self) -> dict[tuple[str, str], dict[str, LanguageScore]]:
        """(arm, target) -> language -> its score in the target's main metric."""
        return {key: {x.language: x for x in standing.languages} for key, standing in self.standings.items()}

    @cached_property
    def _computed(self) -> dict[Callable[[Scoreboard], Any], Any]:
        return {}

    def once(self, compute: Callable[[Scoreboard], Value]) -> Value:
        """Return `compute` of these scores. It is called once, so that several topics can read the same value."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        value: Value = self._computed[compute]
        return value

    def scored(self, target: TargetInfo) -> tuple[str, ...]:
        """Return the languages of a target that any arm has a score for."""
        return self.scored_languages[target.name]

    def zero_shot(self, target: TargetInfo) -> tuple[str, ...]:
        """Return the scored languages other than the one trained in."""
        return tuple(language for language in self.scored(target) if language != target.train_language)

    def headline(self, target: TargetInfo) -> tuple[str, ...]:
        """Return the languages the study is about: the zero-shot ones; all of them where there are no others."""
        return self.zero_shot(target) or self.scored(target)

    def mean(self, arm: str, target: TargetInfo, languages: Sequence[str]) -> ArmMean:
        """Average an arm over `languages` in each seed that was scored, then over these seeds."""
        scores = self.language_scores[arm, target.name]
        by_seed = {
            s: {x: scores[x].by_seed[s] for x in languages if s in scores[x].by_seed} for s in self.results.seeds
        }
        mean = mean_over_seeds(by_seed, languages)
        return mean or ArmMean(value=None, reason=self.reason(arm, target, languages))

    def is_complete(self, mean: ArmMean) -> bool:
        """Say whether an average lacks neither a seed nor a language that another arm has."""
        return mean.value is not None and not mean.lacking and len(mean.by_seed or ()) == len(self.results.seeds)

    def difference(self, arm: str, baseline: str, target: TargetInfo, language: str) -> float | None:
        """Return `arm` minus `baseline` in one language, in points: the mean over the seeds that both have."""
        arm_scores = self.language_scores[arm, target.name][language].by_seed
        base_scores = self.language_scores[baseline, target.name][language].by_seed
        shared = [seed for seed in arm_scores if seed in base_scores]
        return fmean(arm_scores[seed] - base_scores[seed] for seed in shared) if shared else None

    def floor(self, target: TargetInfo, languages: Sequence[str]) -> float | None:
        """Return the mean floor over `languages`; it depends on the test set alone, so any arm's will do."""
        floors: dict[str, float] = {}
        for arm in self.results.arms:
            for x in languages:
                if (floor := self.language_scores[arm, target.name][x].floor) is not None:
                    floors.setdefault(x, floor)
        return fmean(floors.values()) if floors else None

    def candidates(self, target: TargetInfo) -> str:
        """Return how many candidates a query of a retrieval target searches, where that is a part of them ("of 300
        candidates"); "" otherwise."""
        if not target.cuts_candidates:
            return ""
        records = [read_scores(c.scores) for c in self.results.cells if c.target == target.name and c.scores]
        entries = [entry for record in records for entry in record.languages(target.main or record.main).values()]
        sizes = sorted({entry.candidates for entry in entries if entry.candidates is not None})
        if not sizes:
            return "of a part of the candidates"
        return f"of {' to '.join(f'{n:,}' for n in dict.fromkeys((sizes[0], sizes[-1])))} candidates"

    def interval(self, arm: str, target: TargetInfo, language: str, seed: int) -> tuple[float | None, float | None]:
        """Return the 95 % interval over test items of one score, as the score artefact gives it."""
        cell, standing = self.cells.get((arm, target.name, seed)), self.standings[arm, target.name]
        if cell is None or cell.scores is None:
            return None, None
        numbers = read_scores(cell.scores).languages(standing.metric).get(language)
        return numbers.interval if numbers else (None, None)

    def reason(self, arm: str, target: TargetInfo, languages: Sequence[str] = ()) -> str:
        """Say why there is no score, or not for every seed."""
        scores = self.language_scores[arm, target.name]
        reasons = [scores[x].reason for x in (languages or target.languages) if scores[x].reason]
        reasons += [c.outcome for key, c in self.cells.items() if key[:2] == (arm, target.name) and c.scores is None]
        return "; ".join(dict.fromkeys(reasons)) or "no score"

    def warnings(self, arm: str, target: TargetInfo) -> tuple[str, ...]:
        """Return what a reader must see with the number: diverged, at chance, seeds that are lacking."""
        states, seeds = self.standings[arm, target.name].states, self.results.seeds
        bad = {seed: state for seed, state in states.items() if state.startswith(("diverged", "at chance"))}
        warnings = []
        for state in dict.fromkeys(bad.values()):
            n = sum(s == state for s in bad.values())
            warnings.append(state if n == len(seeds) else f"{state}: {n} of {len(seeds)} seeds")
        scored = [seed for seed in seeds if (cell := self.cells.get((arm, target.name, seed))) and cell.scores]
        if not bad and scored and all(self._is_at_chance(arm, target, seed) for seed in scored):
            warnings.append("at chance")
        if scored and len(scored) < len(seeds):
            warnings.append(f"{len(scored)} of {len(seeds)} seeds")
        return tuple(warnings)

    def _is_at_chance(self, arm: str, target: TargetInfo, seed: int) -> bool:
        scored = [x for x in self.standings[arm, target.name].languages if seed in x.by_seed]
        return bool(scored) and all(seed in x.at_chance for x in scored)
