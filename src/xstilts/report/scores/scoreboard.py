"""Headline scores by arm, target, seed and language, and the averages the tables show, each knowing what it averages.

Numbers are percentages. An average takes the languages that have a score for every seed the arm was
scored with; what it lacks beside other arms of the target is named. Where nothing lacks it is the mean of `standings`,
else its partial mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from xstilts.report.scores.contrasts import Comparison
from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.standings import ArmScore, LanguageScore
from xstilts.report.scores.trainings import TrainingRun, trainings


@dataclass(frozen=True, kw_only=True)
class ArmMean:
    """An average over languages, then seeds. `value` is None where nothing was scored; then `reason` says why."""

    value: float | None
    languages: tuple[str, ...] = ()  # those averaged
    lacking: tuple[str, ...] = ()  # those that were asked for and are not averaged
    by_seed: Mapping[int, float] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Scoreboard:
    """All headline scores of a study, looked up by arm and target."""

    results: Results
    comparison: Comparison

    @cached_property
    def standings(self) -> dict[tuple[str, str], ArmScore]:
        """The standing in the main metric of each arm and target."""
        return {(s.arm, s.target): s for s in self.comparison.standings if s.main}

    @cached_property
    def cells(self) -> dict[tuple[str, str, int], StudyCell]:
        return {(cell.arm, cell.target, cell.seed): cell for cell in self.results.cells}

    @cached_property
    def trainings(self) -> tuple[TrainingRun, ...]:
        return trainings(self.results.cells)

    @cached_property
    def known(self) -> dict[str, tuple[str, ...]]:
        """Of each target, the languages that any arm has a score for, in the order of the study."""
        have = {(s.target, x.language) for s in self.standings.values() for x in s.languages if x.by_seed}
        return {t.name: tuple(x for x in t.languages if (t.name, x) in have) for t in self.results.targets}

    @cached_property
    def lines(self) -> dict[tuple[str, str], dict[str, LanguageScore]]:
        return {key: {x.language: x for x in standing.languages} for key, standing in self.standings.items()}

    def scored(self, target: TargetInfo) -> tuple[str, ...]:
        return self.known[target.name]

    def others(self, target: TargetInfo) -> tuple[str, ...]:
        """Scored languages other than the one trained in: the zero-shot ones."""
        return tuple(language for language in self.scored(target) if language != target.train_language)

    def headline(self, target: TargetInfo) -> tuple[str, ...]:
        """What the study is about: the zero-shot languages; all of them where there are no others."""
        return self.others(target) or self.scored(target)

    def mean(self, arm: str, target: TargetInfo, languages: Sequence[str]) -> ArmMean:
        """The arm's mean over `languages` in each seed that was scored, then over these seeds."""
        lines = self.lines[arm, target.name]
        seeds = [s for s in self.results.seeds if any(s in lines[x].by_seed for x in languages)]
        full = tuple(x for x in languages if seeds and all(s in lines[x].by_seed for s in seeds))
        if not full:
            return ArmMean(value=None, reason=self.reason(arm, target, languages))
        by_seed = {s: fmean(lines[x].by_seed[s] for x in full) for s in seeds}
        lacking = tuple(x for x in languages if x not in full)
        return ArmMean(value=fmean(by_seed.values()), languages=full, lacking=lacking, by_seed=by_seed)

    def whole(self, mean: ArmMean) -> bool:
        """Whether an average lacks neither a seed nor a language that another arm has."""
        return mean.value is not None and not mean.lacking and len(mean.by_seed or ()) == len(self.results.seeds)

    def difference(self, arm: str, against: str, target: TargetInfo, language: str) -> float | None:
        """`arm` minus `against` in one language, the mean over the seeds both have, in points."""
        one, other = (self.lines[name, target.name][language].by_seed for name in (arm, against))
        both = [seed for seed in one if seed in other]
        return fmean(one[seed] - other[seed] for seed in both) if both else None

    def floor(self, target: TargetInfo, languages: Sequence[str]) -> float | None:
        """The mean floor over `languages`; it depends on the test set alone, so any arm's will do."""
        floors: dict[str, float] = {}
        for arm in self.results.arms:
            for x in languages:
                if (floor := self.lines[arm, target.name][x].floor) is not None:
                    floors.setdefault(x, floor)
        return fmean(floors.values()) if floors else None

    def interval(self, arm: str, target: TargetInfo, language: str, seed: int) -> tuple[float | None, float | None]:
        """The 95 % interval over documents of one score, as the score artefact gives it."""
        cell, standing = self.cells.get((arm, target.name, seed)), self.standings[arm, target.name]
        if cell is None or cell.scores is None:
            return None, None
        languages = read_scores(cell.scores)["metrics"].get(standing.metric, {}).get("languages", {})
        low, high = languages.get(language, {}).get("interval") or (None, None)
        return low, high

    def reason(self, arm: str, target: TargetInfo, languages: Sequence[str] = ()) -> str:
        """Why there is no score, or not for every seed."""
        lines = self.lines[arm, target.name]
        said = [lines[x].reason for x in (languages or target.languages) if lines[x].reason]
        lost = [cell for key, cell in self.cells.items() if key[:2] == (arm, target.name) and cell.scores is None]
        said += [": ".join(text for text in (cell.status, cell.reason) if text) for cell in lost]
        return "; ".join(dict.fromkeys(said)) or "no score"

    def marks(self, arm: str, target: TargetInfo) -> tuple[str, ...]:
        """Warnings a reader must see beside the number: diverged, at chance, seeds that are lacking."""
        states, seeds = self.standings[arm, target.name].states, self.results.seeds
        bad = {seed: state for seed, state in states.items() if state.startswith(("diverged", "at chance"))}
        marks = []
        for state in dict.fromkeys(bad.values()):
            marks.append(_share(state, sum(s == state for s in bad.values()), len(seeds)))
        scored = [seed for seed in seeds if (cell := self.cells.get((arm, target.name, seed))) and cell.scores]
        if not bad and scored and all(self._floored(arm, target, seed) for seed in scored):
            marks.append("at chance")
        if scored and len(scored) < len(seeds):
            marks.append(f"{len(scored)} of {len(seeds)} seeds")
        return tuple(marks)

    def _floored(self, arm: str, target: TargetInfo, seed: int) -> bool:
        here = [x for x in self.standings[arm, target.name].languages if seed in x.by_seed]
        return bool(here) and all(seed in x.at_chance for x in here)


def _share(state: str, n: int, of: int) -> str:
    return state if n == of else f"{state}: {n} of {of} seeds"
