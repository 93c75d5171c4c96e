"""Energy that a step took, where the machine counts it: processor packages by Intel's RAPL, GPUs by NVML.

Linux shows RAPL's counters as files (docs.kernel.org/power/powercap); they begin again at `max_energy_range_uj`, in
less than an hour under load, so that they are looked at every `_INTERVAL` seconds. NVML is asked where the package
pynvml is there. Nothing is estimated: where no counter can be read, there is no energy.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
_INTERVAL = 60.0  # seconds between two looks; a counter of 262 kJ under 300 W is through in 15 minutes


@dataclass
class Counter:
    """A counter of energy. `read` returns microjoules, None where it cannot; `span`: where it begins again, None: it
    does not. `joules`: what it counted since the first look."""

    covers: str
    read: Callable[[], int | None]
    span: int | None = None
    joules: float = 0.0
    last: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.read()

    def look(self) -> None:
        """Add what was counted since the last look; a counter that fails once counts for nothing from then on."""
        now = self.read() if self.last is not None else None
        if now is not None and self.last is not None:
            difference = now - self.last
            if difference < 0:
                difference = difference + self.span if self.span is not None else 0
            self.joules += difference / 1e6
        self.last = now


@dataclass
class Energy:
    """What was measured over a stretch of time: joules, and what they are those of; None where nothing was."""

    joules: float | None = None
    covers: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """The entry of a step's record; {} where nothing was measured."""
        return {} if self.joules is None else {"energy": {"joules": round(self.joules, 3), "covers": self.covers}}


@contextlib.contextmanager
def measured(devices: Sequence[str], root: Path = POWERCAP, interval: float = _INTERVAL) -> Iterator[Energy]:
    """Measure what is done within; what was counted stands in the value once it is left. `devices`: "cpu", "cuda:0"."""
    energy, counters = Energy(), [counter for counter in (*packages(root), *gpus(devices)) if counter.last is not None]
    if not counters:
        yield energy
        return
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(interval):
            for counter in counters:
                counter.look()

    watcher = threading.Thread(target=watch, name="energy", daemon=True)
    watcher.start()
    try:
        yield energy
    finally:
        stopped.set()
        watcher.join()
        for counter in counters:
            counter.look()
        if whole := [counter for counter in counters if counter.last is not None]:
            energy.joules = sum(counter.joules for counter in whole)
            energy.covers = ", ".join(counter.covers for counter in whole)


def packages(root: Path = POWERCAP) -> list[Counter]:
    """The counters of whole processor packages, of everything that runs on them; those below are parts of these."""
    found = []
    for folder in sorted(root.glob("intel-rapl:*")):
        name = _text(folder / "name")
        if folder.name.count(":") == 1 and name.startswith("package"):
            span = _text(folder / "max_energy_range_uj")
            file = folder / "energy_uj"
            counter = Counter(f"processor {name}", partial(_number, file), int(span) if span else None)
            found.append(counter)
    return found


def gpus(devices: Sequence[str]) -> list[Counter]:
    """The counters of the GPUs among `devices`, of everything that runs on them. None where NVML is not here, and
    where GPUs of several kinds leave open which of them torch calls "cuda:0"."""
    numbers = [int(device.partition(":")[2] or 0) for device in devices if device.startswith("cuda")]
    if not numbers:
        return []
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        if len({pynvml.nvmlDeviceGetName(handle) for handle in handles}) != 1:
            return []
        visible = _visible(os.environ.get("CUDA_VISIBLE_DEVICES"), len(handles))
        return [
            Counter(
                f"GPU {visible[number]}",
                partial(_microjoules, pynvml, handles[visible[number]]),
            )
            for number in numbers
        ]
    except Exception:  # noqa: BLE001 - a foreign package: no driver, no such GPU, no counter
        return []


def _visible(setting: str | None, number: int) -> list[int]:
    """The GPUs that a process sees, by NVML's numbers. Raises ValueError for names that are no numbers."""
    return list(range(number)) if setting is None else [int(name) for name in setting.split(",") if name.strip()]


def _microjoules(nvml: Any, handle: Any) -> int | None:
    try:
        return int(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) * 1000
    except Exception:  # noqa: BLE001 - a GPU without the counter
        return None


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.isdigit() else None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError:  # not here, or readable by root alone
        return ""
