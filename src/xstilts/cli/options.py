"""Options that several commands take, and how they become `pipeline.options.Options`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.cli import completion
from xstilts.cli.console import say_json

if TYPE_CHECKING:  # every command loads this module, and the help needs no study
    from xstilts.pipeline.options import Options
    from xstilts.study.schema import Study

# Headings of `xstilts --help`.
STUDIES_PANEL, DATA_PANEL, RESULTS_PANEL = "Studies", "Tasks and data", "Checkpoints and results"


def _of_study(names: str) -> Callable[[str], list[str]]:
    """What completes the name of something in the study that the command line names."""

    def complete(incomplete: str) -> list[str]:
        return completion.names_of_study(incomplete, names)

    return complete


StudyName = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A study file, or a packaged study by name (see `xstilts studies`).",
        autocompletion=completion.studies,
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Use a smaller profile that the study has under `scale:`.",
        autocompletion=_of_study("scale"),
    ),
]
ArmName = Annotated[
    str, typer.Option("--arm", metavar="ARM", help="Whose predictions.", autocompletion=_of_study("arms"))
]
TargetName = Annotated[
    str, typer.Option("--task", metavar="TASK", help="The target.", autocompletion=_of_study("targets"))
]
Data = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR", help="A folder with data files, looked into first. May be repeated. Also XSTILTS_DATA."
    ),
]


def _store_folder(text: str) -> Path:
    from xstilts.pipeline.options import store_folder

    return store_folder(text)


StoreDir = Annotated[
    Path | None,
    typer.Option(
        "--store", metavar="DIR", parser=_store_folder,
        help="Where fetched files and results are kept: a folder, or a URL (`s3://bucket/folder`) for results that "
        "machines share. Also XSTILTS_STORE.",
        show_default="xstilts in the user's cache folder",
    ),
]  # fmt: skip
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network. Also XSTILTS_OFFLINE=1.")]
Tasks = Annotated[
    list[str] | None,
    typer.Option("--tasks", metavar="MODULE:NAME", help="Add tasks from a Python module (`my_tasks:TASKS`)."),
]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing", help="Go on without arms and targets whose data cannot be had; the report says so."
    ),
]
LockFile = Annotated[
    Path | None,
    typer.Option(
        "--lock", metavar="FILE", help="The lock that the study's files are compared with before anything is trained.",
        show_default="STUDY.lock beside the study file, if there is one",
    ),
]  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Device = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="cpu, cuda, cuda:1, ...", show_default="CUDA where there is one"),
]
Threads = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, max=4096, show_default="OMP_NUM_THREADS, else all cores, shared by the jobs",
        help="CPU threads of one step. Another number changes the last digits of scores.",
    ),
]  # fmt: skip
StepKey = Annotated[str, typer.Argument(metavar="KEY", help="The step's key, as `plan --steps` prints it.")]
Jobs = Annotated[
    int, typer.Option(metavar="N", min=1, max=1024, help="Steps at the same time, each in a process of its own.")
]
DataParallel = Annotated[
    int,
    typer.Option(
        "--data-parallel", metavar="N", min=1, max=1024,
        help="Processes that share the rows of each update of a training, a GPU each (on a CPU, its threads).",
    ),
]  # fmt: skip
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", show_default="inline for one job, local for several",
        help="Where steps run: inline (this process), local (child processes), `ray:HOST:PORT` (a Ray cluster; `ray` "
        "alone starts one here), `slurm[:FILE]` (array jobs of Slurm, with options from a YAML file), or "
        "`command:TEMPLATE`, a command line with {command} in it, as "
        "'command:srun --cpus-per-task={threads} {command}'.",
    ),
]  # fmt: skip


def make_options(
    *,
    data: list[Path] | None = None,
    store: Path | None = None,
    offline: bool = False,
    tasks: list[str] | None = None,
    device: str | None = None,
    threads: int | None = None,
    jobs: int = 1,
    data_parallel: int = 1,
    backend: str | None = None,
    lock: Path | None = None,
) -> Options:
    from xstilts.engine.backends.catalog import find_backend
    from xstilts.pipeline.options import Options, default_store, device_name

    if backend is not None:
        find_backend(backend)

    return Options(
        data=tuple(data or ()),
        store=store or default_store(),
        offline=offline,
        tasks=tuple(tasks or ()),
        device=device_name(device),
        threads=threads,
        jobs=jobs,
        data_parallel=data_parallel,
        backend=backend,
        lock=lock,
    )


def read_study(study: str, scale: str | None, allow_missing: bool) -> Study:
    from xstilts.study.schema import Study

    loaded = Study.load(study, scale)
    return loaded.model_copy(update={"allow_missing": True}) if allow_missing else loaded


def data_folders(study: str, data: list[Path] | None) -> list[Path]:
    """Return the data folders given, and the folder of the study file: a study's own tasks name files beside it."""
    from xstilts.study import load

    return [*(data or ()), *load.study_data_folders(study)]


def lock_of(study: str, scale: str | None, named: Path | None) -> Path | None:
    """Return the lock that is named, else the one beside the study file; None where there is none."""
    from xstilts.study import load

    return load.study_lock(study, scale, named)


def print_json(value: Any) -> None:
    say_json(json.dumps(value, ensure_ascii=False, indent=2, default=str))
