"""The machine as a study sees it: processor, memory, GPUs, threads and the precision that follows."""

from __future__ import annotations

import os
from dataclasses import dataclass

from xstilts.core.environment import default_threads, usable_cores
from xstilts.core.system_files import CPU_INFO, MEMORY_INFO, system_field
from xstilts.pipeline.options import Options
from xstilts.pipeline.precision import auto_precision, device_is_cpu, this_processor

SPEED_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "avx512_vnni")  # that training is faster with


@dataclass(frozen=True, kw_only=True)
class Gpu:
    name: str
    memory: int  # bytes
    capability: str


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the system says of itself.

    Attributes:
        processor: its name; "" where the system does not say.
        cores: that this process may use, of `all_cores`.
        instructions: those of `SPEED_FLAGS` that it has.
        memory: bytes; None where the system does not say.
        threads: of one step, where a command gives none; threads_from: what says so.
        precision, precision_reason: what `precision: auto` is here.
    """

    processor: str
    cores: int
    all_cores: int
    instructions: tuple[str, ...]
    memory: int | None
    gpus: tuple[Gpu, ...]
    threads: int
    threads_from: str
    precision: str
    precision_reason: str


def look_at_machine(options: Options) -> Machine:
    """Return what is here. torch is loaded only where there is a driver for a GPU."""
    instructions = this_processor().instructions
    chosen = auto_precision(options)
    named = os.environ.get("OMP_NUM_THREADS")
    threads = options.threads or default_threads(options.jobs)
    return Machine(
        processor=system_field(CPU_INFO, "model name"),
        cores=usable_cores(),
        all_cores=os.cpu_count() or 1,
        instructions=tuple(name for name in SPEED_FLAGS if name in instructions),
        memory=_memory(),
        gpus=() if device_is_cpu(options) else _gpus(),
        threads=threads,
        threads_from="OMP_NUM_THREADS" if named and str(threads) == named.partition(",")[0].strip() else "the cores",
        precision=chosen.name,
        precision_reason=chosen.reason,
    )


def _memory() -> int | None:
    number = system_field(MEMORY_INFO, "MemTotal").partition(" ")[0]
    return int(number) * 1024 if number.isdecimal() else None


def _gpus() -> tuple[Gpu, ...]:
    import torch

    found = (torch.cuda.get_device_properties(number) for number in range(torch.cuda.device_count()))
    return tuple(Gpu(name=one.name, memory=one.total_memory, capability=f"{one.major}.{one.minor}") for one in found)
