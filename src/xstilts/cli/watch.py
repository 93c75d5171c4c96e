"""`watch`: a study while it runs, on a page in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from xstilts.cli.console import say
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

PORT = 8127


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=STUDIES_PANEL)(watch)


def watch(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="The port of this machine; 0: any that is free.")
    ] = PORT,
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Also open the page in the browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Follow a run that another process makes, on a page of this machine: what is done, what runs, its curves and when
    it will be ready, what failed, scores. Reads the store, runs and writes nothing. Ctrl-C ends it.

    With --json it prints what the page would show, once."""
    from xstilts.app.watch.server import Feed, WatchServer
    from xstilts.app.watch.state import WatchedStudy

    options = make_options(data=data_folders(study, data), store=store, tasks=tasks, device=device)
    watched = WatchedStudy(read_study(study, scale, allow_missing=True), options, scale or "")
    if as_json:
        print_json(watched.state().to_dict())
        return
    with WatchServer(Feed(watched.state), lambda: watched.report_page, port) as server:
        say(f"{server.address} (Ctrl-C ends it)")
        if opened:
            import webbrowser

            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
