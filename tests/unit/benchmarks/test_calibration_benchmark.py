from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


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
