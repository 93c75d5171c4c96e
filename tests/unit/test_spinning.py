"""How the threads of a step wait for each other: a short spin, then sleep, unless the user says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from xstilts import _SPIN, _bound_spinning


def test_threads_spin_shortly_unless_the_user_says_how_they_wait() -> None:
    plain: dict[str, str] = {}
    _bound_spinning(plain)
    assert plain == {"GOMP_SPINCOUNT": _SPIN}
    for said in ({"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "ACTIVE"}):
        environment = dict(said)
        _bound_spinning(environment)
        assert environment == said


def test_torch_is_loaded_with_the_short_spin() -> None:
    code = "import xstilts, torch"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | {"OMP_DISPLAY_ENV": "VERBOSE"}, capture_output=True, text=True
    )
    told = [line for line in done.stderr.splitlines() if "GOMP_SPINCOUNT" in line]
    if not told:
        pytest.skip("this torch does not thread by libgomp")
    assert _SPIN in told[0]
