"""Options that several commands take, and how they become `workflow.Options`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from xstilts.study.schema import Study
from xstilts.workflow import Options, default_store

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A study file, or the name of a packaged study.")]
Scale = Annotated[str | None, typer.Option(help="A scale profile of the study, such as 'smoke'.")]
Data = Annotated[list[Path] | None, typer.Option(help="A folder with data files, searched first. May be repeated.")]
StoreDir = Annotated[Path | None, typer.Option("--store", help="Where results are kept [XSTILTS_STORE].")]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Tasks = Annotated[list[str] | None, typer.Option("--tasks", help="More tasks: package.module:TASKS.")]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing", help="Go on without arms and targets whose data cannot be had.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, ... [default: CUDA where there is one]")]
Threads = Annotated[int | None, typer.Option(min=1, help="Compute threads of one step.")]
Jobs = Annotated[int, typer.Option(min=1, help="Steps at the same time, each in its own process.")]


def options(
    *,
    data: list[Path] | None = None,
    store: Path | None = None,
    offline: bool = False,
    tasks: list[str] | None = None,
    device: str | None = None,
    threads: int | None = None,
    jobs: int = 1,
) -> Options:
    return Options(
        data=tuple(data or ()),
        store=store or default_store(),
        offline=offline,
        tasks=tuple(tasks or ()),
        device=device,
        threads=threads,
        jobs=jobs,
    )


def load(study: str, scale: str | None, allow_missing: bool) -> Study:
    loaded = Study.load(study, scale)
    return loaded.model_copy(update={"allow_missing": True}) if allow_missing else loaded


def beside(study: str, data: list[Path] | None) -> list[Path]:
    """The data folders given, and the folder of the study file: a study's own tasks name files beside it."""
    path = Path(study)
    return [*(data or ()), *([path.parent] if path.is_file() else [])]


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
