"""What a planned study can see: the least difference on the mean over targets that its seeds find in 80 of 100 studies.

Variances are those of the study's own scores in the store, where two seeds of an arm are there; of other targets rules
of thumb that come with the program, by kind of task: orders of magnitude for small encoders, not measurements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, variance
from typing import Any

from xstilts.metrics.power import POWER, StudyPower
from xstilts.pipeline.results import contrasts
from xstilts.pipeline.session import Session
from xstilts.report.scores.score_files import read_scores

EFFECTS = (0.5, 1.0, 2.0, 5.0)  # points
# Of one run's mean over languages, in points: deviation over seeds by kind of task.
SEED_DEVIATIONS = {"classification": 1.2, "choice": 1.2, "tagging": 0.5, "span_qa": 0.8, "retrieval": 0.8}
OTHER_KINDS = 0.8
TEST_EXAMPLES = 1000  # of a language whose test set has not been scored
SHARED_BY_LANGUAGES = 0.4  # of the variance over test items: parallel test sets
SHARED_BY_ARMS = 0.5


@dataclass(frozen=True, kw_only=True)
class PowerForecast:
    """What a study can see. `measured`: targets whose variances are of the store; `packaged`: the others."""

    study: StudyPower
    seeds: int
    targets: int
    measured: tuple[str, ...]
    packaged: tuple[str, ...]

    @property
    def detectable(self) -> float | None:
        """The least difference in points that is found in 80 of 100 studies; None where nothing is tested."""
        return self.study.detectable(self.seeds)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for `xstilts plan --json`."""
        return {
            "seeds": self.seeds,
            "power": POWER,
            "contrasts": self.study.contrasts,
            "detectable": self.detectable,
            "seeds_for": {f"{effect:g}": self.study.seeds_for(effect) for effect in EFFECTS},
            "seed_deviation": math.sqrt(self.study.seed_variance),
            "item_deviation": math.sqrt(self.study.document_variance),
            "measured": list(self.measured),
            "packaged": list(self.packaged),
        }

    def sentences(self) -> tuple[str, ...]:
        """Say it in words; nothing where nothing is compared."""
        if not self.study.contrasts or not self.targets:
            return ()
        where = "on the target" if self.targets == 1 else f"on the mean over {self.targets} targets"
        needed = [f"{_seeds(self.study.seeds_for(effect))} for {effect:g}" for effect in EFFECTS]
        if self.seeds < 2:
            lead = f"One seed tests nothing; to find a difference {where} in 80 of 100 studies takes seeds:"
            return (f"{lead} {', '.join(needed)} points ({self._basis()}).",)
        if self.detectable is None:
            found = f"fewer than 80 of 100 studies find a difference {where}, however large"
        else:
            found = f"80 of 100 studies find a difference of {self.detectable:.1f} points {where}"
        lead = f"With {self.seeds} seeds, {found} ({self._basis()})"
        return (f"{lead}. Seeds it takes: {', '.join(needed)} points.",)

    def _basis(self) -> str:
        if not self.packaged:
            return "variances measured in this store"
        if not self.measured:
            return "packaged variances"
        return f"variances measured in this store, packaged for {', '.join(self.packaged)}"


def power_forecast(session: Session) -> PowerForecast:
    """Return what the study of a session can see."""
    located, study = session.located, session.study
    targets = [name for name in study.targets if name not in located.missing_targets]
    found = {name: measured for name in targets if (measured := _measured(session, name))}
    variances = [found.get(name) or _packaged(session, name) for name in targets]
    count = max(1, len(targets))
    arms = [arm for arm in study.arms if arm not in located.missing_arms]
    tested = [c for c in contrasts(study) if all(arm in arms for arm in c.weights)]
    return PowerForecast(
        study=StudyPower(
            seed_variance=sum(seeds for seeds, _ in variances) / count**2,
            document_variance=sum(documents for _, documents in variances) / count**2,
            arms=len(arms),
            contrasts=len(tested),
        ),
        seeds=len(study.seeds),
        targets=len(targets),
        measured=tuple(found),
        packaged=tuple(name for name in targets if name not in found),
    )


def _seeds(needed: int | None) -> str:
    return "more than 100" if needed is None else str(needed)


def _measured(session: Session, target: str) -> tuple[float, float] | None:
    """Return the variances of runs and of test items of a target, from scores in the store; None without two seeds of
    an arm. The median over arms: a collapsed run is no variance."""
    means: dict[str, list[float]] = {}
    documents: list[float] = []
    train = session.located.targets[target].train
    for (arm, name, _), step in session.steps.scores.items():
        if name == target and session.store.is_done(step):
            record = read_scores(session.store.path(step))
            scored = {x: n for x, n in record.languages(record.main).items() if n.headline is not None}
            others = [n for x, n in scored.items() if train is None or x != train.language] or list(scored.values())
            means.setdefault(arm, []).append(fmean(n.headline for n in others if n.headline is not None))
            documents.append(_of_documents([n.interval for n in others]))
    several = [variance(values) for values in means.values() if len(values) > 1]
    return (median(several), median(documents)) if several else None


def _of_documents(intervals: Sequence[tuple[float | None, float | None]]) -> float:
    """Return the variance over test items of a difference of two arms' means over languages."""
    widths = [(high - low) / 3.92 for low, high in intervals if low is not None and high is not None]
    return _difference([width**2 for width in widths]) if widths else 0.0


def _difference(of_languages: Sequence[float]) -> float:
    shared = SHARED_BY_LANGUAGES + (1 - SHARED_BY_LANGUAGES) / len(of_languages)
    return 2 * (1 - SHARED_BY_ARMS) * fmean(of_languages) * shared


def _packaged(session: Session, target: str) -> tuple[float, float]:
    """Return the variances that come with the program: by kind of task, and by the number of test examples."""
    task = session.located.targets[target]
    deviations: Mapping[str, float] = SEED_DEVIATIONS
    examples = session.study.take.test or TEST_EXAMPLES
    document = 100**2 * 0.65 * 0.35 / examples
    return deviations.get(task.kind.name, OTHER_KINDS) ** 2, _difference([document] * max(1, len(task.test)))
