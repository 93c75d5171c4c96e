from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """The studies and the methods of the benchmark."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("calibration_studies"), importlib.import_module("calibration_methods")


def test_a_short_calibration_prints_its_table() -> None:
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "calibration.py"),
        "--studies",
        "50",
        "--only",
        "collapsed=0.1",
    ]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith(("| 2", "| 3", "| 5"))]
    assert len(rows) == 9 and all(float(row[4].split()[0]) <= 16 for row in rows)


@pytest.mark.parametrize(("seeds", "deviation"), [(2, 6.0), (3, 6.0), (3, 0.3)])
def test_the_t_test_that_knows_that_arms_vary_alike_errs_in_5_of_100_studies(
    scripts: tuple[ModuleType, ModuleType], seeds: int, deviation: float
) -> None:
    invented, methods = scripts
    design, rng, false = invented.Design(seeds=seeds, targets=3, deviation=deviation), np.random.default_rng(0), 0
    for _ in range(800):
        study = invented.study(design, rng)
        values = design.weights @ study.scores.mean(axis=(0, 2))
        false += np.abs(values).max() > methods.pooled_reach(design, study)
    assert false / 800 == pytest.approx(0.05, abs=0.024)  # three standard errors


def test_more_seeds_bring_the_ceiling_to_the_oracle(scripts: tuple[ModuleType, ModuleType]) -> None:
    invented, methods = scripts
    ratios = []
    for seeds in (2, 5, 200):
        design = invented.Design(seeds=seeds, targets=1, deviation=6.0)
        studies = [invented.study(design, np.random.default_rng(i)) for i in range(60)]
        reach = np.mean([methods.pooled_reach(design, study) for study in studies])
        oracle = np.mean([methods.oracle_deviation(design, study)[0] for study in studies])
        quantile = methods.oracle_quantile(design.weights @ studies[0].covariance @ design.weights.T)
        ratios.append(float(reach / (quantile * oracle)))
    assert ratios[0] > ratios[1] > ratios[2] == pytest.approx(1.0, abs=0.03)


def test_official_holm_of_the_alternatives(scripts: tuple[ModuleType, ModuleType], shared_golden: Path) -> None:
    folder = shared_golden / "statistics"
    tables = json.loads((folder / "tables.json").read_text("utf-8"))["p_values"]
    official = json.loads((folder / "official.json").read_text("utf-8"))["corrections"]
    for p_values, row in zip(tables, official, strict=True):
        assert scripts[1].holm(np.array(p_values)).tolist() == [p < 0.05 for p in row["holm"]["adjusted"]]
