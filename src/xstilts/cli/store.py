"""`store du`, `store check`, `store gc`: what the store holds, whether it is whole, and what nothing needs any more."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from xstilts.cli.console import say
from xstilts.cli.options import (
    RESULTS_PANEL,
    AsJson,
    Data,
    StoreDir,
    Tasks,
    data_folders,
    make_options,
    print_json,
    read_study,
)
from xstilts.report.elements import formatting

commands = typer.Typer(
    help="The store: how big it is, is it whole, and delete what no study needs.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(commands, name="store", rich_help_panel=RESULTS_PANEL)


@commands.command()
def du(store: StoreDir = None, as_json: AsJson = False) -> None:
    """Show the disk use of each kind of step, and of downloads that were broken off."""
    from xstilts.engine.remote.cached_store import open_store
    from xstilts.pipeline.options import default_store

    root = store or default_store()
    used = open_store(root).du()
    if as_json:
        print_json({"store": str(root), "steps": {name: asdict(usage) for name, usage in used.items()}})
        return
    say(f"{root}")
    for name, usage in used.items():
        say(f"  {formatting.size(usage.bytes):>8}  {usage.steps:>5} × {name}")
    say(f"  {formatting.size(sum(usage.bytes for usage in used.values())):>8}  in all")


@commands.command()
def check(store: StoreDir = None, as_json: AsJson = False) -> int:
    """Compare everything in the store with its checksums; exit code 1 when something is damaged.

    A damaged step is made again by the next run of its study. A file may be gone because it was removed."""
    from xstilts.app.store_check import check_store
    from xstilts.pipeline.options import default_store

    items = list(check_store(store or default_store()))
    damaged = [item for item in items if item.problem]
    if as_json:
        print_json({"checked": len(items), "damaged": [asdict(item) for item in damaged]})
    else:
        for item in damaged:
            say(f"{item.name}: {item.problem}")
        say(f"{len(items)} checked, {len(damaged)} damaged.")
    return 1 if damaged else 0


@commands.command()
def gc(
    keep: Annotated[
        list[str], typer.Option("--keep", metavar="STUDY", help="A study whose steps stay. May be repeated.")
    ],
    scale: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Keep this scale profile of the studies too. May be repeated."),
    ] = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing; only say how much would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete every step that none of the named studies needs.

    All steps of studies that are running now stay, and fetched files and encoders; broken-off downloads go."""
    from xstilts.engine.graph import steps_of
    from xstilts.engine.remote.cached_store import open_store
    from xstilts.pipeline.options import default_store
    from xstilts.pipeline.session import open_session
    from xstilts.study.schema import Study

    needed: set[str] = set()
    for name in keep:
        for profile in [None, *(scale or [])]:
            study = Study.load(name)
            if profile is not None and profile not in study.scale:
                continue
            options = make_options(data=data_folders(name, data), store=store, offline=True, tasks=tasks)
            session = open_session(read_study(name, profile, True), options)
            needed |= {step.key for step in steps_of(session.goals)}
    freed = open_store(store or default_store()).gc(needed, dry_run=dry_run)
    if as_json:
        print_json({"freed_bytes": freed, "dry_run": dry_run})
    else:
        say(f"{'Would free' if dry_run else 'Freed'} {formatting.size(freed)}.")
