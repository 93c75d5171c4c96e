"""The memory that a process takes from a moment on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from xstilts.train.memory import forget_peak, peak_memory

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Above:
    """`bytes`: the most that was held since this was made, beyond what was held then. On a CPU all of the process, with
    the pages of files that are mapped; where the system does not say what is held, beyond the peak until then."""

    def __init__(self, device: str) -> None:
        self.device = device
        forget_peak(device)
        with suppress(OSError):
            _FORGET.write_text("5")  # the peak is what is held now
        self.before = 0 if device.startswith("cuda") else _memory("VmRSS") or peak_memory(device)

    @property
    def bytes(self) -> int:
        """The peak of `resource` would do, if a process did not inherit that of the one that started it. Linux counts
        what is held now and the peak apart, each a few pages late, so that the peak may be found below the start."""
        on_cpu = not self.device.startswith("cuda")
        return max(0, ((on_cpu and _memory("VmHWM")) or peak_memory(self.device)) - self.before)


def _memory(name: str) -> int:
    """Bytes, 0 where the system does not say."""
    if not _STATUS.is_file():
        return 0
    lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024
