"""How often the report's tests are wrong, and what they find: simulated studies with known truth.

    python benchmarks/calibration.py [--studies 2000] [--only TEXT] [--json FILE]

One core, about twenty minutes. The tests are the program's own functions. Printed for each design, over
`--studies` studies: the rate of studies without any difference that show one (with its 95 % interval), how often all
intervals hold the truth, the power on one contrast as a share of an oracle's that knows the variances (at effects that
the oracle finds in 80 and in 95 of 100 studies) beside that of a t test that is told that arms vary
alike, and the first rate for plain alternatives."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from calibration_methods import ALTERNATIVES, family, found, oracle_deviation, oracle_quantile, pooled_reach, verdicts
from calibration_studies import Design, study

from xstilts.metrics.gatekeeping import hierarchical_tests
from xstilts.metrics.proportions import wilson
from xstilts.metrics.simultaneous import simultaneous

EVERY = 4  # alternatives are tried on every fourth study
POWERS = {"80": 0.8416, "95": 1.6449}  # normal quantiles of the oracle's power
SPREAD_OF_TRUTH = 3.0  # standard errors, where intervals are to hold true differences


def designs() -> Iterator[Design]:
    """Return the designs of the table."""
    for seeds in (2, 3, 5):
        for targets in (1, 3, 9):
            for deviation in (0.3, 1.0, 6.0):
                yield Design(seeds=seeds, targets=targets, deviation=deviation)
        for arms in (3, 12):
            yield Design(seeds=seeds, targets=3, deviation=1.0, arms=arms)
        for targets in (1, 9):
            for deviations in ("one arm 3x", "spread", "baseline 3x"):
                yield Design(seeds=seeds, targets=targets, deviation=1.0, deviations=deviations)
        for targets in (1, 3, 9):
            yield Design(seeds=seeds, targets=targets, deviation=1.0, collapsed=0.1)


def measure(design: Design, studies: int) -> dict[str, Any]:
    """Simulate one design."""
    rng = np.random.default_rng([design.seeds, design.targets, design.arms, round(10 * design.deviation)])
    false, covered, tested = 0, 0, 0
    ours, ceiling, oracle = (dict.fromkeys(POWERS, 0) for _ in range(3))
    others = dict.fromkeys(ALTERNATIVES, 0)
    for i in range(studies):
        one = study(design, rng)
        tests = family(design, one.mean, rng)
        outcomes = verdicts(tests)
        false += found(outcomes).any()
        tested += sum(v is not None for v in outcomes)
        deviation = oracle_deviation(design, one)
        truth = rng.standard_normal(len(deviation)) * SPREAD_OF_TRUTH * deviation
        held = [v is None or v.low <= t <= v.high for v, t in zip(verdicts(tests, truth), truth, strict=True)]
        covered += all(held)
        quantile = oracle_quantile(design.weights @ one.covariance @ design.weights.T)
        value = float((design.weights @ one.scores.mean(axis=(0, 2)))[0])
        reach, pooled = simultaneous(tests.values, tests.errors).reach[0], pooled_reach(design, one)
        for name, beyond in POWERS.items():
            effect = (quantile + beyond) * deviation[0]
            ours[name] += abs(value + effect) > reach
            ceiling[name] += abs(value + effect) > pooled
            oracle[name] += abs(value + effect) > quantile * deviation[0]
        if i % EVERY == 0:
            for name, method in ALTERNATIVES.items():
                others[name] += method(design, one, rng).any()
    tried = len(range(0, studies, EVERY))
    return {
        **asdict(design),
        "studies": studies,
        "false": false / studies,
        "false_interval": wilson(false, studies),
        "covered": covered / studies,
        "tested": tested / studies / (design.arms - 1),
        # With collapsed runs there is no oracle: it would have to know which.
        "power": {n: None if design.collapsed else ours[n] / max(oracle[n], 1) for n in POWERS},
        "ceiling": {n: ceiling[n] / max(oracle[n], 1) if design.varies_alike else None for n in POWERS},
        "alternatives": {name: count / tried for name, count in others.items()},
    }


def measure_targets(design: Design, studies: int) -> dict[str, Any]:
    """Every arm gains on the first target alone: the gates are open. How often is a false target found?"""
    rng = np.random.default_rng([design.seeds, design.targets, 99])
    effects = np.zeros((design.targets, design.arms))
    effects[0, 1:] = 12.0 * design.targets**0.5 * design.deviation
    false = opened = 0
    for _ in range(studies):
        one = study(design, rng, effects)
        families = [family(design, means, rng) for means in (one.mean, *one.targets())]
        outcomes = hierarchical_tests(families[0], families[1:])
        opened += found(outcomes.mean).mean()
        false += any(found(target).any() for target in outcomes.targets[1:])
    return {**asdict(design), "studies": studies, "opened": opened / studies, "false": false / studies}


def line(row: dict[str, Any]) -> str:
    """Return one line of the Markdown table."""
    low, high = row["false_interval"]
    shares = [row[name][n] for n in POWERS for name in ("power", "ceiling")]
    powers = [" – " if share is None else f"{share:.2f}" for share in shares]
    others = [f"{100 * rate:.0f}" for rate in row["alternatives"].values()]
    collapsed = f", {row['collapsed']:.0%} collapsed" if row["collapsed"] else ""
    cells = [
        f"{row['seeds']}",
        f"{row['targets']}",
        f"{row['arms']}",
        f"{row['deviation']:g}, {row['deviations']}{collapsed}",
        f"{100 * row['false']:.1f} ({100 * low:.1f} to {100 * high:.1f})",
        f"{100 * row['covered']:.1f}",
        *powers,
        *others,
    ]
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| seeds | targets | arms | deviation of seeds | false % | intervals hold % | "
    f"{' | '.join(f'power, {n} | ceiling, {n}' for n in POWERS)} | "
    f"{' | '.join(ALTERNATIVES)} |\n|{' --- |' * (6 + 2 * len(POWERS) + len(ALTERNATIVES))}"
)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--only", default="", help="designs whose line holds this text, such as 'collapsed'")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows, start = [], time.perf_counter()
    say(HEAD)
    for design in designs():
        if options.only in str(design):
            rows.append(measure(design, options.studies))
            say(line(rows[-1]))
    gates = []
    for seeds in (2, 3, 5):
        design = Design(seeds=seeds, targets=9, deviation=1.0)
        if options.only in str(design):
            gates.append(measure_targets(design, max(1, options.studies // 4)))
            say(f"targets, {seeds} seeds: {100 * gates[-1]['false']:.1f} % false, {gates[-1]['opened']:.0%} open")
    if options.json:
        options.json.write_text(json.dumps({"designs": rows, "targets": gates}, indent=1), "utf-8")
    say(f"{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
