"""Are the parameters of scaling curves recovered? Synthetic curves of known truth, how often the bands hold it, and how
often noise around a level is taken for a law.

    python benchmarks/scaling_recovery.py [--draws 100] [--seeds 3] [--noise 1.0] [--json FILE]

See README.md beside this and `xstilts.scaling`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from xstilts.scaling.curve_fit import fit_curve
from xstilts.scaling.fits import RESAMPLES, fit_models
from xstilts.scaling.models import CONSTANT, LOG_LINEAR, LOGISTIC, POWER_LAW, ScalingModel
from xstilts.scaling.sized_scores import SizeCurve, SizedScore

SIZES = (250, 500, 1000, 2000, 4000, 8000)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A model with its true parameters, and the curve that they make."""

    model: ScalingModel
    parameters: Mapping[str, float]
    score: Callable[[float], float]


TRUTHS = (
    Truth(model=CONSTANT, parameters={"level": 60}, score=lambda n: 60.0),
    Truth(
        model=LOG_LINEAR,
        parameters={"at_smallest": 50, "per_doubling": 3},
        score=lambda n: 50 + 3 * float(np.log2(n / 250)),
    ),
    Truth(
        model=POWER_LAW,
        parameters={"error_floor": 20, "at_smallest": 40, "exponent": 0.5},
        score=lambda n: 80 - 40 * (n / 250) ** -0.5,
    ),
    Truth(
        model=LOGISTIC,
        parameters={"lower": 30, "upper": 80, "slope": 2, "midpoint": 1000},
        score=lambda n: 30 + 50 / (1 + (n / 1000) ** -2.0),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """Of so many draws: how often each parameter's band held the truth, and which models and verdicts were chosen."""

    truth: str
    draws: int
    held: Mapping[str, int]
    chosen: Mapping[str, int]
    verdicts: Mapping[str, int]
    seconds: float


def drawn_curve(truth: Truth, noise: float, seeds: int, draw: int) -> SizeCurve:
    """A curve of the truth with normal noise, in points, on every run."""
    rng = np.random.default_rng([draw, seeds])
    runs = [
        SizedScore(size=size, seed=seed, score=float(np.clip(truth.score(size) + noise * rng.normal(), 0, 100)))
        for size in SIZES
        for seed in range(seeds)
    ]
    return SizeCurve(truth.model.name, tuple(runs))


def recovered(truth: Truth, draws: int, noise: float, seeds: int, resamples: int, choose: bool) -> Recovered:
    """Fit many draws of one truth with its own model; `choose`: and let all models compete for them."""
    start, held = time.perf_counter(), dict.fromkeys(truth.parameters, 0)
    chosen: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for draw in range(draws):
        curve = drawn_curve(truth, noise, seeds, draw)
        (fit,) = fit_models(curve, resamples, draw, (truth.model,))
        bands = fit.bands
        for name, value in truth.parameters.items():
            held[name] += bands[name].low <= value <= bands[name].high
        if choose:
            whole = fit_curve(curve, resamples=resamples, seed=draw)
            chosen[whole.chosen.model.name if whole.chosen else "none"] += 1
            verdicts[whole.verdict] += 1
    return Recovered(
        truth=truth.model.name, draws=draws, held=held, chosen=dict(chosen), verdicts=dict(verdicts),
        seconds=round(time.perf_counter() - start, 2),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noise", type=float, default=1.0, help="standard deviation of a run, in points")
    parser.add_argument("--resamples", type=int, default=RESAMPLES)
    parser.add_argument("--no-choice", action="store_true", help="fit the true model alone")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    found = []
    for truth in TRUTHS:
        one = recovered(truth, given.draws, given.noise, given.seeds, given.resamples, not given.no_choice)
        found.append(one)
        held = ", ".join(f"{name} {count}" for name, count in one.held.items())
        print(f"{one.truth}: of {one.draws}: {held}; chosen {one.chosen}; {one.verdicts}; {one.seconds} s")  # noqa: T201
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
