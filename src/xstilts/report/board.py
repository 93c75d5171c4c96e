"""Headline scores by arm, target, seed and language, and the averages a report shows, each knowing what it averages.

Numbers are percentages. An average is taken over the languages scored in the cell; where they are fewer than in other
cells of the target, the average says so. Seeds are averaged last. Nothing that is missing is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from xstilts.report.results import Cell, Results, TargetInfo
from xstilts.report.trainings import Training, state, trainings


@dataclass(frozen=True, kw_only=True)
class Point:
    """One headline score with its floor (the best answer that ignores the input) and its interval over documents."""

    value: float
    floor: float | None = None
    low: float | None = None
    high: float | None = None
    at_chance: bool = False


@dataclass(frozen=True, kw_only=True)
class Mean:
    """An average over languages, then seeds. `value` is None where nothing was scored; then `reason` says why."""

    value: float | None
    languages: tuple[str, ...] = ()  # those averaged
    lacking: tuple[str, ...] = ()  # those other cells of the target have and this one lacks
    seeds: tuple[int, ...] = ()
    by_seed: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Board:
    """All headline scores of a study. `points`: (arm, target, seed, language) -> score; `why`: reasons for (target,
    language) pairs without data."""

    results: Results
    points: Mapping[tuple[str, str, int, str], Point]
    why: Mapping[tuple[str, str], str]

    @cached_property
    def cells(self) -> dict[tuple[str, str, int], Cell]:
        return {(cell.arm, cell.target, cell.seed): cell for cell in self.results.cells}

    @cached_property
    def trainings(self) -> tuple[Training, ...]:
        return trainings(self.results.cells)

    def scored(self, target: TargetInfo) -> tuple[str, ...]:
        """Languages of the target with a score in at least one cell, in the order of the study."""
        have = {language for _, name, _, language in self.points if name == target.name}
        return tuple(language for language in target.languages if language in have)

    def others(self, target: TargetInfo) -> tuple[str, ...]:
        """Scored languages other than the one trained in: the zero-shot ones."""
        return tuple(language for language in self.scored(target) if language != target.train_language)

    def mean(self, arm: str, target: TargetInfo, languages: Sequence[str]) -> Mean:
        """The arm's mean over `languages` in each seed, then over the seeds that were scored."""
        found: dict[int, dict[str, float]] = {}
        for seed in self.results.seeds:
            keys = {language: (arm, target.name, seed, language) for language in languages}
            values = {language: self.points[key].value for language, key in keys.items() if key in self.points}
            if values:
                found[seed] = values
        if not found:
            return Mean(value=None, reason=self.reason(arm, target, languages))
        by_seed = tuple(fmean(values.values()) for values in found.values())
        present = tuple(x for x in languages if all(x in values for values in found.values()))
        lacking = tuple(x for x in languages if x not in present)
        return Mean(value=fmean(by_seed), languages=present, lacking=lacking, seeds=tuple(found), by_seed=by_seed)

    def difference(self, arm: str, against: str, target: TargetInfo, language: str) -> float | None:
        """Mean over the seeds both arms have of `arm` minus `against` in one language, in points."""
        keys = [((arm, target.name, s, language), (against, target.name, s, language)) for s in self.results.seeds]
        found = [self.points[a].value - self.points[b].value for a, b in keys if a in self.points and b in self.points]
        return fmean(found) if found else None

    def floor(self, target: TargetInfo, languages: Sequence[str]) -> float | None:
        """The mean floor over `languages`; it depends on the test set alone, so any cell's will do."""
        floors = {key[3]: p.floor for key, p in self.points.items() if key[1] == target.name and p.floor is not None}
        values = [floors[language] for language in languages if language in floors]
        return fmean(values) if values else None

    def reason(self, arm: str, target: TargetInfo, languages: Sequence[str] = ()) -> str:
        """Why there is no score: the cells' reasons, else the languages'."""
        cells = [cell for key, cell in self.cells.items() if key[:2] == (arm, target.name) and cell.status != "done"]
        said = [f"{cell.status}: {cell.reason}" if cell.reason else cell.status for cell in cells]
        said += [self.why[target.name, language] for language in languages if (target.name, language) in self.why]
        return "; ".join(dict.fromkeys(said)) or "no score"

    def marks(self, arm: str, target: TargetInfo) -> tuple[str, ...]:
        """Warnings a reader must see beside the number: diverged, at chance, seeds that are lacking."""
        seeds = self.results.seeds
        cells = [cell for seed in seeds if (cell := self.cells.get((arm, target.name, seed)))]
        states = [state(cell, self.trainings) for cell in cells]
        done = [cell for cell in cells if cell.status == "done"]
        marks = [_share(name, states.count(name), len(seeds)) for name in ("diverged", "at chance") if name in states]
        if "at chance" not in states and done and all(self._floored(cell) for cell in done):
            marks.append("at chance")
        if done and len(done) < len(seeds):
            marks.append(f"{len(done)} of {len(seeds)} seeds")
        return tuple(marks)

    def _floored(self, cell: Cell) -> bool:
        here = [p for key, p in self.points.items() if key[:3] == (cell.arm, cell.target, cell.seed)]
        return bool(here) and all(point.at_chance for point in here)


def _share(name: str, n: int, of: int) -> str:
    return name if n == of else f"{name}: {n} of {of} seeds"
