"""The precision of a run: what a study asks for, or what `auto` chooses by the abilities of the processor.

bf16 is several times faster where a processor multiplies it, and tens of times slower where it has to be taken apart.
What the processor says of itself decides, never a stopwatch: precision is part of identity, and two runs on one machine
must not differ. The number of threads changes the speed of both in the same way, so it is said and does not decide.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from xstilts.pipeline.options import Options, device_name, devices
from xstilts.study.schema import Study

# What /proc/cpuinfo calls instructions that multiply bf16. Intel's avx512_bf16 is slower than its fp32: without AMX
# products of e5-small's shapes took 1.9 times as long (`benchmarks/precision.py`, Xeon model 207); AMD's is faster.
BF16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")
SLOWER_THAN_FP32 = {"GenuineIntel": frozenset({"avx512_bf16"})}
_CPU_INFO = Path("/proc/cpuinfo")
_NVIDIA = Path("/proc/driver/nvidia")


@dataclass(frozen=True, kw_only=True)
class ChosenPrecision:
    """`name`: "fp32" or "bf16"; `reason`: why `auto` chose it, "" where the study asks for it."""

    name: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Processor:
    """Its maker, as /proc/cpuinfo names it, and the instructions that torch may use; nothing where unknown."""

    vendor: str = ""
    instructions: frozenset[str] = frozenset()


def chosen_precision(study: Study, options: Options) -> ChosenPrecision:
    """Return the study's precision; `auto` is settled by the device that the options name."""
    return auto_precision(options) if study.precision == "auto" else ChosenPrecision(name=study.precision)


def auto_precision(options: Options) -> ChosenPrecision:
    """Return what `auto` is on the device that the options name. A plan may name a GPU that is not here: it is taken to
    multiply bf16."""
    if device_is_cpu(options):
        return of_processor(this_processor(), options.threads)
    import torch

    if not torch.cuda.is_available():
        return ChosenPrecision(name="bf16", reason=f"{options.device}, which is not here, is taken to multiply bf16")
    device = torch.device(devices(options)[0])
    name, (major, _) = torch.cuda.get_device_name(device), torch.cuda.get_device_capability(device)
    if major >= 8:  # compute capability 8.0 and later multiply bf16
        return ChosenPrecision(name="bf16", reason=f"{name} multiplies bf16")
    return ChosenPrecision(name="fp32", reason=f"{name} does not multiply bf16")


def of_processor(processor: Processor, threads: int | None) -> ChosenPrecision:
    """Return what `auto` is on a processor.

    >>> of_processor(Processor(vendor="AuthenticAMD", instructions=frozenset({"avx2", "avx512_bf16"})), 2)
    ChosenPrecision(name='bf16', reason='this processor has avx512_bf16; 2 threads')
    """
    used = "as many threads as cores" if threads is None else f"{threads} thread{'s' if threads > 1 else ''}"
    found = [name for name in BF16_INSTRUCTIONS if name in processor.instructions]
    slower = SLOWER_THAN_FP32.get(processor.vendor, frozenset())
    if set(found) - slower:
        return ChosenPrecision(name="bf16", reason=f"this processor has {' and '.join(found)}; {used}")
    if found:
        reason = f"this processor's {' and '.join(found)} is slower without {BF16_INSTRUCTIONS[0]}; {used}"
        return ChosenPrecision(name="fp32", reason=reason)
    missing = " nor ".join(BF16_INSTRUCTIONS)
    return ChosenPrecision(name="fp32", reason=f"this processor has neither {missing}; {used}")


def this_processor() -> Processor:
    """Return the processor here; one of no instructions where the system does not say, or where `ATEN_CPU_CAPABILITY`
    forbids the newer ones."""
    if platform.machine() not in ("x86_64", "AMD64") or os.environ.get("ATEN_CPU_CAPABILITY") in ("default", "avx2"):
        return Processor()
    try:
        lines = _CPU_INFO.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return Processor()
    fields = {key.strip(): value for key, _, value in (line.partition(":") for line in reversed(lines))}
    return Processor(
        vendor=fields.get("vendor_id", "").strip(), instructions=frozenset(fields.get("flags", "").split())
    )


def device_is_cpu(options: Options) -> bool:
    """Whether steps run on the CPU. torch, which takes seconds to import, is asked only where there is a driver."""
    if options.device is not None:
        return device_name(options.device) == "cpu"
    return not _NVIDIA.exists() or devices(options)[0] == "cpu"
