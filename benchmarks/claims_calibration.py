"""How often claims hold that are given a probability, and how often verdicts are wrong: simulated claims.

    python benchmarks/claims_calibration.py [--claims 1000] [--spread 3] [--json FILE]

Studies are those of `calibration.py`; the truth of each is drawn around it, `--spread` standard errors wide (the wider,
the less a claim's prior matters: the program has none). One core, about a minute for 1,000 claims. Printed: claims by
the probability that they were given, the share that holds with its 95 % interval, and for each comparison how often a
verdict is right, wrong or not given."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from calibration_studies import Design, study

from xstilts.claims.comparisons import Conditions, ScoreCondition
from xstilts.claims.judge import judge
from xstilts.metrics.proportions import wilson
from xstilts.metrics.simultaneous import combine_errors, draw_inflation, draw_seed_errors

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SCENARIOS, EACH = 1000, 4
KINDS = ("greater", "within", "best among", "consistent across", "not consistent across")


@dataclass(frozen=True)
class SimulatedClaim:
    """One claim: what it was given, and whether it holds."""

    kind: str
    probability: float
    verdict: str
    holds: bool


def simulate(rng: np.random.Generator, spread: float, kind: str) -> SimulatedClaim:
    """Draw a truth, scores that show it, and judge a claim of one kind."""
    design = Design(
        seeds=int(rng.choice([2, 3, 5])),
        targets=int(rng.choice([3, 6])),
        arms=int(rng.choice([4, 6])),
        deviation=float(rng.choice([0.3, 1.0, 3.0])),
        deviations=str(rng.choice(["equal", "spread"])),
    )
    plain = study(design, rng)
    units = plain.targets() if "consistent" in kind else [plain.mean]
    error = np.sqrt(np.diag(plain.covariance)) * (len(units) ** 0.5 if len(units) > 1 else 1.0)
    truths = rng.standard_normal((len(units), design.arms)) * spread * error
    weights, box = _conditions(kind, design.arms, len(units), float(np.mean(error)) * spread, rng)
    shown = np.concatenate([unit.means.value for unit in units]) + truths.ravel()
    estimates = weights @ shown
    within = weights @ truths.ravel()
    holds = bool(((within > box[0]) & (within < box[1])).all())
    own = np.concatenate([draw_seed_errors(unit.means, rng, SCENARIOS) for unit in units], axis=1)
    size = design.arms
    documents = np.zeros((len(units) * size, len(units) * size))
    for i, unit in enumerate(units):
        documents[i * size : (i + 1) * size, i * size : (i + 1) * size] = unit.means.document_covariance
    inflation = draw_inflation(min(unit.means.document_freedom for unit in units), rng, SCENARIOS)
    errors = combine_errors(weights, documents, inflation, own, rng, EACH)
    denied = kind.startswith("not ")
    conditions = Conditions(tuple(ScoreCondition(str(i), {}, *box) for i in range(len(weights))), denied=denied)
    found = judge(conditions, estimates, errors)
    return SimulatedClaim(kind, found.probability or 0.0, found.verdict, holds != denied)


def _conditions(
    kind: str, arms: int, units: int, scale: float, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[float, float]]:
    """Return weights over all means, [C, units * arms], and the bounds of each combination."""
    if kind == "best among":
        weights = np.zeros((arms - 1, arms))
        weights[:, 0], weights[np.arange(arms - 1), np.arange(1, arms)] = 1.0, -1.0
        return weights, (0.0, np.inf)
    weights = np.zeros((units, units * arms))
    for i in range(units):
        weights[i, i * arms], weights[i, i * arms + 1] = 1.0, -1.0
    if kind == "within":
        return weights, (-scale, scale)
    threshold = float(rng.standard_normal()) * scale / 2 if kind == "greater" else -scale
    return weights, (threshold, np.inf)


def bins(claims: list[SimulatedClaim]) -> Iterator[dict[str, float]]:
    """Yield, for each tenth of probability, how many claims were given one in it and the share that holds."""
    for low, high in pairwise(EDGES):
        among = [one for one in claims if low <= one.probability < high or one.probability == high == 1.0]
        if among:
            held = sum(one.holds for one in among)
            ends = wilson(held, len(among))
            yield {
                "low": low,
                "high": high,
                "claims": len(among),
                "given": sum(one.probability for one in among) / len(among),
                "holds": held / len(among),
                "from": ends[0],
                "to": ends[1],
            }


def verdicts(claims: list[SimulatedClaim]) -> Iterator[dict[str, float | str]]:
    for kind in KINDS:
        among = [one for one in claims if one.kind == kind]
        right = sum(one.verdict == ("supported" if one.holds else "contradicted") for one in among)
        open_ = sum(one.verdict == "inconclusive" for one in among)
        n = max(len(among), 1)
        yield {
            "kind": kind,
            "claims": len(among),
            "right": right / n,
            "wrong": 1 - (right + open_) / n,
            "open": open_ / n,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--spread", type=float, default=3.0, help="of true differences, in standard errors")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng([options.claims, round(100 * options.spread)])
    claims = [simulate(rng, options.spread, KINDS[i % len(KINDS)]) for i in range(options.claims)]
    lines = ["| given | claims | mean given % | holds % (95 %) |", "| --- | --- | --- | --- |"]
    for row in bins(claims):
        cells = f"{100 * row['holds']:.1f} ({100 * row['from']:.1f} to {100 * row['to']:.1f})"
        lines.append(
            f"| {row['low']:.1f} to {row['high']:.1f} | {row['claims']} | {100 * row['given']:.1f} | {cells} |"
        )
    lines += ["", "| comparison | claims | right % | wrong % | inconclusive % |", "| --- | --- | --- | --- | --- |"]
    for verdict in verdicts(claims):
        shares = " | ".join(f"{100 * float(verdict[key]):.1f}" for key in ("right", "wrong", "open"))
        lines.append(f"| {verdict['kind']} | {verdict['claims']} | {shares} |")
    sys.stdout.write("\n".join(lines) + "\n")
    if options.json:
        options.json.write_text(json.dumps({"bins": list(bins(claims)), "verdicts": list(verdicts(claims))}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
