"""Energy by counters in files: whole packages, a counter that begins again, and machines that tell nothing."""

from __future__ import annotations

import sys
import time
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.engine.energy import Counter, gpus, measured, packages


def powercap(root: Path, name: str, microjoules: int, *, span: int = 1_000_000, folder: str = "intel-rapl:0") -> Path:
    """A zone as Linux shows it; returns the file of its counter."""
    zone = root / folder
    zone.mkdir(parents=True, exist_ok=True)
    (zone / "name").write_text(f"{name}\n")
    (zone / "max_energy_range_uj").write_text(f"{span}\n")
    (zone / "energy_uj").write_text(f"{microjoules}\n")
    return zone / "energy_uj"


def test_energy_is_what_the_counters_of_whole_packages_counted(tmp_path: Path):
    first = powercap(tmp_path, "package-0", 100)
    second = powercap(tmp_path, "package-1", 5, folder="intel-rapl:1")
    powercap(tmp_path, "core", 0, folder="intel-rapl:0:0")
    powercap(tmp_path, "psys", 0, folder="intel-rapl:2")
    with measured(("cpu",), tmp_path) as energy:
        first.write_text("600100\n")
        second.write_text("400005\n")
    assert energy.joules == pytest.approx(1.0)
    assert energy.record == {"energy": {"joules": 1.0, "covers": "processor package-0, processor package-1"}}


def test_a_counter_that_begins_again_is_followed(tmp_path: Path):
    file = powercap(tmp_path, "package-0", 900_000, span=1_000_000)
    with measured(("cpu",), tmp_path) as energy:
        file.write_text("100000\n")
    assert energy.joules == pytest.approx(0.2)


@given(st.lists(st.integers(0, 999_999), max_size=20), st.integers(0, 999_999))
def test_steps_shorter_than_the_span_add_up_however_often_it_begins_again(steps: list[int], start: int):
    values = [start]
    for step in steps:
        values.append((values[-1] + step) % 1_000_000)
    told = iter(values)
    counter = Counter("processor", lambda: next(told), 1_000_000)
    for _ in steps:
        counter.look()
    assert counter.joules == pytest.approx(sum(steps) / 1e6)


def test_a_counter_is_looked_at_while_the_step_runs(tmp_path: Path):
    file = powercap(tmp_path, "package-0", 0, span=1_000_000)
    with measured(("cpu",), tmp_path, interval=0.01) as energy:
        for value in (600_000, 200_000, 800_000):  # twice around were it looked at but once
            (tmp_path / "next").write_text(f"{value}\n")
            (tmp_path / "next").replace(file)
            time.sleep(0.3)
    assert energy.joules == pytest.approx(1.8)


def test_nothing_is_told_where_nothing_can_be_read(tmp_path: Path):
    with measured(("cpu",), tmp_path) as none:
        pass
    assert none.joules is None and none.record == {}
    file = powercap(tmp_path, "package-0", 5)
    file.write_text("")
    with measured(("cpu",), tmp_path) as empty:
        pass
    assert empty.record == {}
    file.write_text("5\n")
    with measured(("cpu",), tmp_path) as gone:
        file.unlink()
    assert gone.record == {}, "a counter that cannot be read at the end has counted nothing"


def test_a_step_that_fails_raises_what_it_raised(tmp_path: Path):
    powercap(tmp_path, "package-0", 5)
    with pytest.raises(ValueError, match="mine"), measured(("cpu",), tmp_path):
        raise ValueError("mine")


def nvml(names: list[str], millijoules: list[int]) -> types.ModuleType:
    module = types.ModuleType("pynvml")
    module.nvmlInit = lambda: None  # type: ignore[attr-defined]
    module.nvmlDeviceGetCount = lambda: len(names)  # type: ignore[attr-defined]
    module.nvmlDeviceGetHandleByIndex = lambda i: i  # type: ignore[attr-defined]
    module.nvmlDeviceGetName = lambda i: names[i]  # type: ignore[attr-defined]
    module.nvmlDeviceGetTotalEnergyConsumption = lambda i: millijoules[i]  # type: ignore[attr-defined]
    return module


def test_gpus_are_those_that_the_step_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    used = [1_000, 2_000, 3_000]
    monkeypatch.setitem(sys.modules, "pynvml", nvml(["A", "A", "A"], used))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
    with measured(("cuda:0",), tmp_path) as energy:
        used[2] += 500
        used[0] += 70
    assert energy.record == {"energy": {"joules": 0.5, "covers": "GPU 2"}}
    assert gpus(("cpu",)) == [] and gpus(("cuda:7",)) == []
    monkeypatch.setitem(sys.modules, "pynvml", nvml(["A", "B"], used))
    assert gpus(("cuda:0",)) == [], "it is open which of them torch calls cuda:0"
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpus(("cuda:0",)) == []


def test_zones_below_a_package_are_parts_of_it(tmp_path: Path):
    powercap(tmp_path, "package-0", 1)
    powercap(tmp_path, "dram", 1, folder="intel-rapl:0:1")
    assert [counter.covers for counter in packages(tmp_path)] == ["processor package-0"]
