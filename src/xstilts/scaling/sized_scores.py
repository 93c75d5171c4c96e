"""Sized scores: what a curve is made of, the scores of runs that differ in the size of their training data.

Scores are percentages. Whatever cannot be a score is refused here, so that no formula meets it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xstilts.core.errors import DataError

LARGEST_SIZE = 10**15


@dataclass(frozen=True, kw_only=True)
class SizedScore:
    """One run: the examples it was trained on, its seed, its score in percent.

    examples: test examples behind the score, where that is known. place: where it was read ("file:line").
    """

    size: int
    seed: int
    score: float
    examples: int | None = None
    place: str = field(default="", compare=False)


@dataclass(frozen=True, eq=False)
class SizeCurve:
    """The runs of one curve, in any order; several at one size differ in their seed.

    K sizes, R resamples of the test set. `deviations` [R, K]: what the mean of each size does when the test examples
    are resampled, in points, where the examples are known; else the error of the examples is taken to be binomial.

    Raises DataError for a size below 1, a score outside 0 to 100 or not finite, and a run that stands twice.
    """

    name: str
    runs: tuple[SizedScore, ...]
    deviations: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not self.runs:
            raise DataError(f"The curve '{self.name}' has no scores.")
        seen: dict[tuple[int, int], SizedScore] = {}
        for run in self.runs:
            _check(run, self.name)
            if (run.size, run.seed) in seen:
                raise DataError(
                    f"The curve '{self.name}' has seed {run.seed} at size {run.size:,} twice.",
                    where=run.place or None,
                    hint="Give each run a seed of its own, or each curve a name.",
                )
            seen[run.size, run.seed] = run
        if self.deviations is not None and self.deviations.shape[1:] != self.sizes.shape:
            raise DataError(f"The curve '{self.name}' has {len(self.sizes)} sizes, and deviations of another number.")

    @cached_property
    def sizes(self) -> np.ndarray:
        """The distinct sizes [K], ascending."""
        return np.array(sorted({run.size for run in self.runs}), dtype=np.float64)

    @cached_property
    def of_size(self) -> tuple[np.ndarray, ...]:
        """The scores of each size, by seed."""
        runs = sorted(self.runs, key=lambda run: run.seed)
        return tuple(np.array([run.score for run in runs if run.size == size]) for size in self.sizes)

    @cached_property
    def means(self) -> np.ndarray:
        """The mean score of each size [K]."""
        return np.array([scores.mean() for scores in self.of_size])

    @cached_property
    def counts(self) -> np.ndarray:
        """The runs of each size [K]."""
        return np.array([len(scores) for scores in self.of_size])

    @property
    def seeds(self) -> int:
        """How many seeds there are at the size that has the most."""
        return int(self.counts.max())

    @cached_property
    def squares_of_seeds(self) -> float:
        """The squares that no curve can take away: of runs around the mean of their size."""
        return float(sum(((scores - scores.mean()) ** 2).sum() for scores in self.of_size))

    @cached_property
    def example_errors(self) -> np.ndarray:
        """The standard error of each size's mean over test examples [K], in points; 0 where their number is not known.

        All seeds are scored on the same examples, so more seeds make it no smaller. Binomial, with two right and two
        wrong examples added (Agresti and Coull 1998, The American Statistician 52), so that 0 and 100 have one too."""
        errors = []
        for size, mean in zip(self.sizes, self.means, strict=True):
            known = [run.examples for run in self.runs if run.size == size and run.examples is not None]
            examples = min(known, default=0)
            share = (mean / 100 * examples + 2) / (examples + 4)
            errors.append(100 * math.sqrt(share * (1 - share) / (examples + 4)) if known else 0.0)
        return np.array(errors)


def _check(run: SizedScore, name: str) -> None:
    where = run.place or None
    if isinstance(run.size, bool) or run.size != int(run.size) or not 1 <= run.size <= LARGEST_SIZE:
        raise DataError(f"The size {run.size} of curve '{name}' is no number of examples, 1 or more.", where=where)
    if not math.isfinite(run.score) or not 0 <= run.score <= 100:
        raise DataError(f"The score {run.score} of curve '{name}' is no percentage, 0 to 100.", where=where)
    if run.examples is not None and run.examples < 1:
        raise DataError(f"{run.examples} test examples of curve '{name}' can have no score.", where=where)


def curves_by_name(runs: Sequence[tuple[str, SizedScore]]) -> tuple[SizeCurve, ...]:
    """Return one curve a name, in the order in which the names come. Raises DataError as `SizeCurve` does."""
    by_name: dict[str, list[SizedScore]] = {}
    for name, run in runs:
        by_name.setdefault(name, []).append(run)
    return tuple(SizeCurve(name, tuple(of_name)) for name, of_name in by_name.items())
