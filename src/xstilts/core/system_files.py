"""Files in which Linux says what a machine is, of lines "name : value": /proc/cpuinfo, /proc/meminfo."""

from __future__ import annotations

from pathlib import Path

CPU_INFO, MEMORY_INFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")


def system_field(path: Path, name: str) -> str:
    """Return the value of the first line that begins so; "" where there is none, or no such file."""
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
