"""`status` and `cancel`: how a study stands, from any machine that sees its store, and how its runs are stopped."""

from __future__ import annotations

import typer

from xstilts.cli.console import make_console, say
from xstilts.cli.options import (
    STUDIES_PANEL,
    AsJson,
    Data,
    Device,
    Scale,
    StoreDir,
    StudyName,
    Tasks,
    data_folders,
    make_options,
    print_json,
    read_study,
)


def add_to(app: typer.Typer) -> None:
    for command in (status, cancel):
        app.command(rich_help_panel=STUDIES_PANEL)(command)


def status(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Show what of a study is done, what runs where and how far it is, what waits, and what failed. Runs nothing.

    Give the options that `run` was given: with others, a study may have other steps."""
    from xstilts.app.status import study_status
    from xstilts.cli.status_view import status_page

    options = make_options(data=data_folders(study, data), store=store, tasks=tasks, device=device)
    found = study_status(read_study(study, scale, allow_missing=True), options)
    if as_json:
        print_json(found.to_dict())
    else:
        make_console().print(status_page(found))


def cancel(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    as_json: AsJson = False,
) -> int:
    """Ask the runs of a study on this machine, and its jobs of Slurm, to stop; trainings write their snapshot first.

    Nothing that is done is lost: the same `run` goes on from there. Exit code 1 where something could not be asked."""
    from xstilts.app.cancel import cancel_study
    from xstilts.cli.status_view import cancelled_lines

    options = make_options(data=data_folders(study, data), store=store, tasks=tasks, device=device)
    found = cancel_study(read_study(study, scale, allow_missing=True), options)
    if as_json:
        print_json(found.to_dict())
    else:
        for line in cancelled_lines(found):
            say(line)
    return 1 if found.problems or found.elsewhere else 0
