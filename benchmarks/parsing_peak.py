"""Peak memory of this process; both environments of parsing.py read it here."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def own_peak() -> int:
    """Bytes. From the kernel's own line where there is one: the `ru_maxrss` of a child begins at what the process that
    started it held."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
