"""`plan`, `show`, `run`, `report`, `step`, `studies`: from a question to its answer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import make_console, say
from xstilts.cli.options import (
    STUDIES_PANEL,
    AllowMissing,
    AsJson,
    Backend,
    Data,
    DataParallel,
    Device,
    Jobs,
    LockFile,
    Offline,
    Scale,
    StepKey,
    StoreDir,
    StudyName,
    Tasks,
    Threads,
    data_folders,
    lock_of,
    make_options,
    print_json,
    read_study,
)

Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The folder to write the report into.", show_default="in the store"),
]

Against = Annotated[
    str | None,
    typer.Option(
        metavar="ROW,...",
        help="Published rows to set beside the study's scores (xlmr-large,x-stilts); an unknown name lists them all.",
    ),
]

Track = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[:PLACE]",
        help="Also hand curves, scores and the report to an experiment tracker: tensorboard[:FOLDER], mlflow[:URI], "
        "wandb[:PROJECT] or trackio[:PROJECT]. May be repeated.",
    ),
]


def add_to(app: typer.Typer) -> None:
    for command in (plan, show, run, report):
        app.command(rich_help_panel=STUDIES_PANEL)(command)
    app.command("studies", rich_help_panel=STUDIES_PANEL)(list_studies)
    app.command("step", hidden=True)(one_step)


def plan(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    allow_missing: AllowMissing = False,
    lock: LockFile = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="List every step with its key; those in the store are marked.")
    ] = False,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="Say of every step why it runs: what it has otherwise than the nearest in the store."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a study would run, what it would reuse, and what that would cost. Runs and fetches nothing: what is not
    here yet counts by its published size."""
    from xstilts.app.plan import plan as plan_study
    from xstilts.cli.plan_view import plan_text
    from xstilts.cli.show_view import reasons_table

    options = make_options(
        data=data_folders(study, data), store=store, tasks=tasks, device=device, lock=lock_of(study, scale, lock)
    )
    planned = plan_study(read_study(study, scale, allow_missing), options=options)
    if as_json:
        print_json({**planned.to_dict(), **({"why": [asdict(one) for one in planned.reasons]} if why else {})})
        return
    console = make_console()
    console.print(plan_text(planned.session, planned.forecast, steps))
    if why:
        labels = {step.key: step.label for step in planned.forecast.steps}
        console.print(reasons_table(planned.reasons, labels))


def show(
    study: StudyName,
    key: Annotated[
        str, typer.Argument(metavar="STEP", help="The key of a step, or its beginning, as `plan --steps` prints it.")
    ],
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Show one of a study's steps: its settings, what it reads, its curve, why it runs or was reused. Runs nothing."""
    from xstilts.app.show import show_step
    from xstilts.cli.show_view import step_page

    options = make_options(data=data_folders(study, data), store=store, tasks=tasks, device=device)
    shown = show_step(read_study(study, scale, allow_missing=True), key, options)
    if as_json:
        print_json(shown.to_dict())
    else:
        make_console().print(step_page(shown))


def run(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    threads: Threads = None,
    jobs: Jobs = 1,
    data_parallel: DataParallel = 1,
    backend: Backend = None,
    offline: Offline = False,
    allow_missing: AllowMissing = False,
    lock: LockFile = None,
    out: Out = None,
    track: Track = None,
    as_json: AsJson = False,
) -> int:
    """Run a study and print its answer and the path of its report.

    Only steps that are not in the store yet are run. Safe to interrupt: the same command goes on from there."""
    from xstilts.app.run import run as run_study
    from xstilts.cli.answer import answer_json, print_answer
    from xstilts.cli.progress import RichListener
    from xstilts.cli.run_log import RunLog

    options = make_options(
        data=data_folders(study, data),
        store=store,
        offline=offline,
        tasks=tasks,
        device=device,
        threads=threads,
        jobs=jobs,
        data_parallel=data_parallel,
        backend=backend,
        lock=lock_of(study, scale, lock),
    )
    loaded = read_study(study, scale, allow_missing)
    with RichListener() as shown, RunLog(options.store, shown) as log:
        answer = run_study(loaded, options=options, scale=scale or "", listener=log, out=out, track=track or ())
    if log.is_written:
        shown.say(f"Log: {log.path}")
    if as_json:
        print_json(answer_json(answer))
    else:
        print_answer(answer)
    return answer.exit_code


def report(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    allow_missing: AllowMissing = False,
    against: Against = None,
    out: Out = None,
    track: Track = None,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the report as Markdown to this file, as a page of a repository."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write a study's report from what is in the store. Runs nothing; what was not run is shown as missing."""
    from xstilts.app.run import report as write_report
    from xstilts.cli.answer import answer_json, print_answer
    from xstilts.cli.progress import RichListener
    from xstilts.core.files import write_atomic

    options = make_options(data=data_folders(study, data), store=store, offline=True, tasks=tasks)
    rows = [] if against is None else [name.strip() for name in against.split(",")]
    loaded = read_study(study, scale, allow_missing)
    with RichListener() as shown:
        answer = write_report(
            loaded,
            options=options,
            scale=scale or "",
            out=out,
            against=rows,
            listener=shown,
            track=track or (),
        )
    if markdown is not None:
        write_atomic(markdown, answer.pages.markdown.read_text("utf-8"))
    if as_json:
        print_json(answer_json(answer))
    else:
        print_answer(answer)
    return 0


def list_studies(as_json: AsJson = False) -> None:
    """List the studies that come with the program."""
    from xstilts.study.load import load_study, packaged_studies

    studies = {name: load_study(name) for name in packaged_studies()}
    if as_json:
        print_json({name: study.question for name, study in studies.items()})
        return
    for name, study in studies.items():
        say(f"{name}: {study.question}" + (f" (scales: {', '.join(study.scale)})" if study.scale else ""))


def one_step(
    study: StudyName,
    key: StepKey,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
) -> int:
    """Run one step of a study from a shared store, as a cluster job would; events are JSON lines on standard output.

    Device and threads come from XSTILTS_DEVICE and XSTILTS_THREADS."""
    from xstilts.app.run import run_step
    from xstilts.engine.backends.version_check import check_versions

    check_versions()  # first: another version may read a study otherwise
    options = make_options(data=data_folders(study, data), store=store, offline=True, tasks=tasks)
    return run_step(read_study(study, None, True), key, options=options)
