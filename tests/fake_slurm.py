"""A Slurm of scripts: `sbatch`, `squeue`, `scancel`, `sinfo` and `scontrol` on PATH, whose arrays are processes here.

What it knows of a task is files in `<folder>/tasks/<array>_<index>`: `name`, `state`, `pid`, `again` (to be requeued).
While `<folder>/hold` is there nothing begins; `<folder>/refuse` has what `sbatch` says instead of submitting.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

PROGRAMS = ("sbatch", "squeue", "scancel", "sinfo", "scontrol")
PARTITIONS = ("cpu", "gpu-a100")


class FakeSlurm:
    """Its folder, and what tests ask of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, folder / "bin"
        self.tasks = folder / "tasks"
        self.tasks.mkdir(parents=True)
        self.programs.mkdir()
        for program in PROGRAMS:
            path = self.programs / program
            path.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {__file__} {folder} {program} "$@"\n')
            path.chmod(0o755)

    def calls(self, program: str) -> list[list[str]]:
        """How a program was called, each time."""
        path = self.folder / f"{program}.calls"
        return [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []

    def states(self) -> dict[str, str]:
        return {task.name: read(task / "state") for task in sorted(self.tasks.iterdir())}

    def hold(self, is_held: bool = True) -> None:
        (self.folder / "hold").touch() if is_held else (self.folder / "hold").unlink()

    def end(self, task: str, state: str) -> None:
        """End a task at once, as Slurm does at a time limit."""
        (self.tasks / task / "state").write_text(state)
        with suppress(ProcessLookupError):
            os.killpg(int(read(self.tasks / task / "pid")), signal.SIGKILL)

    def end_all(self) -> None:
        for task in self.tasks.iterdir():
            if (task / "pid").exists():
                self.end(task.name, "CANCELLED")
        self.folder.joinpath("closed").touch()


def read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text()
    return ""


def sbatch(folder: Path, words: list[str]) -> int:
    if refused := read(folder / "refuse"):
        sys.stderr.write(f"sbatch: error: {refused}\n")
        return 1
    options = dict(word.lstrip("-").partition("=")[::2] for word in words)
    array = len(list(folder.glob("*.sh"))) + 1
    script = folder / f"{array}.sh"
    script.write_text(sys.stdin.read())
    for index in range(int(options["array"].partition("-")[2].partition("%")[0]) + 1):
        task = folder / "tasks" / f"{array}_{index}"
        task.mkdir()
        (task / "name").write_text(options["job-name"])
        (task / "state").write_text("PENDING")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        own = [sys.executable, "-S", "-E", __file__, str(folder), "task", str(task), str(script)]
        subprocess.Popen(own, start_new_session=True, **quiet)
    sys.stdout.write(f"{array}\n")
    return 0


def run_task(folder: Path, words: list[str]) -> int:
    """The node: runs a task until it ends and is not requeued."""
    task, script = Path(words[0]), words[1]
    array, index = task.name.split("_")
    environment = {**os.environ, "SLURM_ARRAY_JOB_ID": array, "SLURM_ARRAY_TASK_ID": index, "SLURMD_NODENAME": "node7"}
    while True:
        while (folder / "hold").exists() and read(task / "state") == "PENDING":
            if (folder / "closed").exists() or not folder.exists():
                return 0
            time.sleep(0.02)
        if read(task / "state") != "PENDING":
            return 0
        process = subprocess.Popen(["sh", script], env=environment, start_new_session=True)
        (task / "pid").write_text(str(process.pid))
        (task / "state").write_text("RUNNING")
        code = process.wait()
        if (task / "again").exists():
            (task / "again").unlink()
            (task / "state").write_text("PENDING")
        else:
            if read(task / "state") == "RUNNING":
                (task / "state").write_text("FAILED" if code else "COMPLETED")
            return 0


def squeue(folder: Path, words: list[str]) -> int:
    options = dict(word.lstrip("-").partition("=")[::2] for word in words)
    for task in sorted((folder / "tasks").iterdir()):
        if options.get("jobs", task.name) != task.name:
            continue
        line = options["format"].replace("%i", task.name).replace("%K", task.name.partition("_")[2])
        line = line.replace("%j", read(task / "name")).replace("%T", read(task / "state")).replace("%r", "None")
        sys.stdout.write(f"{line}\n")
    return 0


def scancel(folder: Path, words: list[str]) -> int:
    for task in (folder / "tasks" / word for word in words if not word.startswith("-")):
        state, is_signal = read(task / "state"), "--signal=TERM" in words
        if state == "RUNNING" and "--state=PENDING" not in words:
            if not is_signal:
                (task / "state").write_text("CANCELLED")
            with suppress(ProcessLookupError):
                os.kill(int(read(task / "pid")), signal.SIGTERM)
        elif state == "PENDING" and not is_signal:
            (task / "state").write_text("CANCELLED")
    return 0


def scontrol(folder: Path, words: list[str]) -> int:
    (folder / "tasks" / words[1] / "again").touch()
    return 0


def sinfo(folder: Path, words: list[str]) -> int:
    sys.stdout.write("".join(f"{name}\n" for name in PARTITIONS))
    return 0


def main(folder: Path, program: str, *words: str) -> int:
    if program == "task":
        return run_task(folder, list(words))
    with (folder / f"{program}.calls").open("a") as file:
        file.write("\t".join(words) + "\n")
    return {"sbatch": sbatch, "squeue": squeue, "scancel": scancel, "scontrol": scontrol, "sinfo": sinfo}[program](
        folder, list(words)
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
