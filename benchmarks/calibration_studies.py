"""Invented studies for `calibration.py`, at the level of an arm's mean over languages: what a report's tests are given.

A score is a level, plus what another test set would change (documents, shared by all runs of an arm), plus the luck of
a seed, part of which an arm's targets share, plus the luck of one run on these documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xstilts.metrics.arm_means import MeanOfArms, TargetMeans, fill_collapsed, over_targets
from xstilts.metrics.collapsed_runs import collapsed_runs

LEVEL, FLOOR = 65.0, 33.3
GROUPS = 200
DOCUMENT_DEVIATION = 2.0  # of one arm in one language, beyond what all arms share: about 500 examples
SHARED_BY_LANGUAGES = 0.4  # of its variance: parallel test sets
RUN_DEVIATION = 0.8  # of one run's luck on the documents of one language
SHARED_BY_TARGETS = 0.3  # of a seed's variance: the intermediate phase
LANGUAGES = (5, 40)


@dataclass(frozen=True, kw_only=True)
class Design:
    """What is varied. deviations: how arms vary over seeds, as factors of `deviation` (points): "equal", "one arm 3x",
    "spread" (0.5 to 2) or "baseline 3x". collapsed: the share of runs that end at the floor."""

    seeds: int
    targets: int
    deviation: float
    arms: int = 6
    deviations: str = "equal"
    collapsed: float = 0.0

    def of_arms(self) -> np.ndarray:
        """Return each arm's deviation over seeds on one target, [A]."""
        factors = np.ones(self.arms)
        if self.deviations == "one arm 3x":
            factors[-1] = 3.0
        elif self.deviations == "baseline 3x":
            factors[0] = 3.0
        elif self.deviations == "spread":
            factors = np.random.default_rng(self.arms).permutation(np.geomspace(0.5, 2.0, self.arms))
        return self.deviation * factors

    @property
    def varies_alike(self) -> bool:
        """Whether every run of every arm is drawn from one distribution."""
        return self.deviations == "equal" and not self.collapsed

    @property
    def weights(self) -> np.ndarray:
        """Return every arm against the first, [C, A]."""
        return np.hstack([-np.ones((self.arms - 1, 1)), np.eye(self.arms - 1)])


@dataclass(frozen=True, eq=False)
class Study:
    """One invented study. mean: what the tests are given; parts: what it is the mean of; scores: [T, A, S];
    covariance: the true one of the arms' means over targets, [A, A]; documents: the part of each of its variances that
    no number of runs makes smaller."""

    mean: MeanOfArms
    parts: list[TargetMeans]
    scores: np.ndarray
    covariance: np.ndarray
    documents: float

    def targets(self) -> list[MeanOfArms]:
        """Return what the tests of each target are given."""
        return [over_targets(self.mean.arms, [part]) for part in self.parts]


def study(design: Design, rng: np.random.Generator, effects: np.ndarray | None = None) -> Study:
    """Invent a study. effects: points that each arm gains on each target, [T, A]; None for none."""
    shape = design.targets, design.arms, design.seeds
    languages = int(rng.integers(LANGUAGES[0], LANGUAGES[1] + 1))
    document = DOCUMENT_DEVIATION**2 * (SHARED_BY_LANGUAGES + (1 - SHARED_BY_LANGUAGES) / languages)
    luck = RUN_DEVIATION**2 / languages
    own = design.of_arms()[:, None]
    shared = rng.standard_normal(shape[1:]) * own * SHARED_BY_TARGETS**0.5
    scores = LEVEL + shared + rng.standard_normal(shape) * own * (1 - SHARED_BY_TARGETS) ** 0.5
    scores += rng.standard_normal(shape[:2])[..., None] * document**0.5 + rng.standard_normal(shape) * luck**0.5
    if effects is not None:
        scores += effects[..., None]
    lost = rng.random(shape) < design.collapsed
    scores[lost] = FLOOR + rng.standard_normal(int(lost.sum()))
    estimated = rng.chisquare(GROUPS - 1, (design.targets, 2)) / (GROUPS - 1)
    means = []
    for target, factors in zip(scores, estimated, strict=True):
        collapsed = collapsed_runs(target, np.zeros(shape[1:], dtype=bool), FLOOR)
        runs = (~collapsed).sum(axis=1)
        documents = np.eye(design.arms) * (document + luck / design.seeds) * factors[0]
        filled = fill_collapsed(target, collapsed)
        means.append(TargetMeans(filled, documents, np.full(design.arms, luck * factors[1]), runs, GROUPS))
    names = tuple(map(str, range(design.arms)))
    seed_variance = own[:, 0] ** 2 * (SHARED_BY_TARGETS + (1 - SHARED_BY_TARGETS) / design.targets)
    variance = (document + luck / design.seeds) / design.targets + seed_variance / design.seeds
    return Study(over_targets(names, means), means, scores, np.diag(variance), document / design.targets)
