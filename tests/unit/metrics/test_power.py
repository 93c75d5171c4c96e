from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from xstilts.metrics.power import StudyPower, power_of_pairs, power_of_two_groups


def test_official_power(shared_golden: Path) -> None:
    for row in json.loads((shared_golden / "statistics" / "official.json").read_text("utf-8"))["power"]:
        d, alpha = row["d"], row["alpha"]
        assert power_of_pairs(d, 3, alpha) == pytest.approx(row["power_with_3_pairs"], rel=1e-6)
        assert power_of_pairs(d, 5, alpha) == pytest.approx(row["power_with_5_pairs"], rel=1e-6)
        assert power_of_two_groups(d, 5, alpha) == pytest.approx(row["power_with_5_and_5"], rel=1e-6)
        assert power_of_pairs(d, row["n_paired"], alpha) == pytest.approx(row["power"], rel=1e-6)
        assert power_of_two_groups(d, row["n_each_of_two_groups"], alpha) == pytest.approx(row["power"], rel=1e-6)


STUDY = StudyPower(seed_variance=1.0, document_variance=0.2, arms=6, contrasts=5)


def test_more_seeds_see_smaller_differences() -> None:
    seen = [STUDY.detectable(seeds) for seeds in (2, 3, 5, 10)]
    assert all(a is not None and b is not None and a > b for a, b in pairwise(seen))
    assert STUDY.detectable(1) is None and STUDY.power(50.0, 1) == 0.0


def test_seeds_for_a_difference_are_the_least_that_find_it() -> None:
    seeds = STUDY.seeds_for(3.0)
    assert seeds is not None and STUDY.power(3.0, seeds) >= 0.8 > STUDY.power(3.0, seeds - 1)
    assert STUDY.seeds_for(0.1) is None  # documents alone hide it


def test_power_is_that_of_simulated_t_tests() -> None:
    from scipy.stats import t

    rng, plain = np.random.default_rng(0), StudyPower(seed_variance=1.0, document_variance=0.0, arms=2, contrasts=1)
    a, b = rng.normal(2.0, 1.0, (20_000, 3)), rng.normal(0.0, 1.0, (20_000, 3))
    error = np.sqrt((a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1)) / 3)
    found = np.abs(a.mean(axis=1) - b.mean(axis=1)) / error > t.ppf(0.975, 4)
    assert plain.power(2.0, 3) == pytest.approx(found.mean(), abs=0.01)
