"""The batch script of an array: which step each of its tasks is, and how a step's process is started on a node."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from xstilts.engine.slurm.options import JobOptions

_SCRIPT = """\
#!/bin/sh
# Steps of a study, one a task. What a step reports is kept in a folder of its own in the store.
case "$SLURM_ARRAY_TASK_ID" in
{cases}
*) echo "this array has no task $SLURM_ARRAY_TASK_ID" >&2; exit 1 ;;
esac
exec >>"$folder/events.jsonl" 2>>"$folder/output.txt" || exit 1
printf '{{"began": {{"node": "%s", "at": %d}}}}\\n' "${{SLURMD_NODENAME:-$(hostname)}}" "$(date +%s)"
export {environment}
export XSTILTS_ON_INTERRUPT="$hook"
exec "$@"
"""


def batch_script(tasks: Sequence[tuple[Path, Sequence[str]]], environment: Mapping[str, str], requeues: int) -> str:
    """Return the script of an array whose tasks are (folder of the job, command of the step).

    The shell becomes the step's process, so that a signal to the job reaches it once."""
    return _SCRIPT.format(
        cases="\n".join(_case(number, folder, command, requeues) for number, (folder, command) in enumerate(tasks)),
        environment=" ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items()),
    )


def _case(number: int, folder: Path, command: Sequence[str], requeues: int) -> str:
    hook = shlex.join([sys.executable, "-m", "xstilts.engine.slurm.requeue", str(folder), str(requeues)])
    return f"{number}) folder={shlex.quote(str(folder))} hook={shlex.quote(hook)}; set -- {shlex.join(command)} ;;"


def sbatch_options(job: JobOptions, name: str, tasks: int, cpus: int, gpus: str, at_once: int | None) -> list[str]:
    """Return the options of `sbatch` for an array; `gpus`: of each task, "0" for none."""
    chosen = {
        "partition": job.partition,
        "account": job.account,
        "qos": job.qos,
        "time": job.time,
        "mem": job.memory,
        "gpus": "" if gpus == "0" else gpus,
    }
    return [
        f"--job-name={name}",
        f"--array=0-{tasks - 1}" + (f"%{at_once}" if at_once else ""),
        "--requeue",
        "--output=/dev/null",
        f"--signal=B:USR1@{job.warning}",
        f"--cpus-per-task={cpus}",
        *(f"--{option}={value}" for option, value in chosen.items() if value),
        *job.flags,
    ]
