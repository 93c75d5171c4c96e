"""Dev scores: how good a model is on the dev sets of its phase, and how good guessing would be. In percent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example
from xstilts.data.views import Subsample
from xstilts.heads.registry import head_key
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.metrics.bootstrap import group_counts, interval
from xstilts.metrics.tallies import headline
from xstilts.train.job import Compute, JobPart
from xstilts.train.model import Model, outputs


@dataclass(frozen=True, kw_only=True)
class DevScore:
    """A score, its 95 % interval over groups (nan with a single group) and the score of guessing."""

    score: float
    low: float
    high: float
    floor: float

    @property
    def at_chance(self) -> bool:
        """True where the interval reaches the score of guessing; with a single group, whether the score does."""
        return (self.score if math.isnan(self.low) else self.low) <= self.floor + 1e-9


class DevSet:
    """The labelled examples of a part's dev set, at most `limit` of them: always the same, whatever the seed."""

    def __init__(self, part: JobPart, limit: int | None) -> None:
        if part.dev is None:
            raise DataError(f"'{part.name}' has no dev set.")
        self.part, self.dev = part, part.dev
        if not part.dev_indices:
            problem = f"nothing of '{part.name}' is held out to steer selection: its training rows are one group"
            raise DataError(problem, hint="Give it a dev file, or more documents.")
        labelled = [i for i in part.dev_indices if self._is_scored(part.dev_examples[i])]
        if not labelled:
            raise DataError(f"the dev set of '{part.name}' has no labelled examples: nothing can steer selection.")
        keys = [self.dev.keys[i] for i in labelled]
        subset = Subsample(n=limit, seed=0).select(keys) if limit is not None else range(len(labelled))
        self.indices = [labelled[i] for i in subset]
        self.examples: Sequence[Example] = [part.dev_examples[i] for i in self.indices]

    def score(self, model: Model, compute: Compute) -> np.ndarray:
        """Return counts of the selection metric, [N, K]."""
        dev: TokenizedRows = self.dev
        rows, columns = dev.part(self.indices)
        model.encoder.adapters.set_task(self.part.task)
        key = head_key(self.part.kind)
        decoded = outputs(model, key, lambda i: dev.row(int(rows[i])), dev.lengths[rows], compute)
        return self._tally(self.part.kind.postprocess(self.examples, columns, decoded))

    def value(self, counts: np.ndarray) -> float:
        """Return the headline of counts [N, K]; 0 where it is not defined."""
        return float(np.nan_to_num(headline(self.part.selection_metric, counts.sum(axis=0))))

    def judge(self, counts: np.ndarray) -> DevScore:
        groups = group_counts([example.group for example in self.examples], counts)
        low, high = interval(self.part.selection_metric, groups, np.random.default_rng(0))
        return DevScore(score=self.value(counts), low=low, high=high, floor=self.floor)

    @cached_property
    def floor(self) -> float:
        golds = [self.part.kind.gold(example) for example in self.examples]
        return self.value(self._tally(self.part.kind.chance_guesses(golds)))

    def _is_scored(self, example: Example) -> bool:
        return example.scored and self.part.kind.gold(example) is not None

    def _tally(self, guesses: Sequence[object]) -> np.ndarray:
        return self.part.kind.count(self.part.selection_metric, self.examples, guesses, self.part.language)


def score_all(sets: Mapping[str, DevSet], model: Model, compute: Compute) -> tuple[float, dict[str, np.ndarray]]:
    """Return the mean of the dev sets' scores, each counting the same, and the counts that they come from."""
    counts = {name: dev.score(model, compute) for name, dev in sets.items()}
    return float(np.mean([sets[name].value(dev_counts) for name, dev_counts in counts.items()])), counts
