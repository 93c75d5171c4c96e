"""`tasks`, `data check|get|pack|unpack`: what is here, what is missing, and how to bring it here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli import shared
from xstilts.cli.plan_view import amount
from xstilts.cli.shared import AsJson, Data, Scale, StoreDir, Tasks

commands = typer.Typer(help="Files: what is here, fetch, carry to a machine without a network.", no_args_is_help=True)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[TASK|STUDY]...", help="Task names or studies [default: every task].")
]


def add_to(app: typer.Typer) -> None:
    app.command()(tasks)
    app.add_typer(commands, name="data")


def tasks(
    name: Annotated[str | None, typer.Argument(help="One task, in detail.")] = None,
    data: Data = None,
    store: StoreDir = None,
    more: Tasks = None,
    count: Annotated[bool, typer.Option("--count", help="Read the files that are here and count examples.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every task: languages, sizes, licence, citation, where its files come from, and what is missing here."""
    from rich.console import Console

    from xstilts.cli.tasks_view import task_page, task_table
    from xstilts.inventory import facts
    from xstilts.workflow import catalog_for

    options = shared.options(data=data, store=store, tasks=more)
    catalog, roots = catalog_for(None, options), options.roots
    if name is not None:
        found = facts(catalog.find(name), roots, count)
        if as_json:
            shared.print_json(found.as_json())
        else:
            Console(highlight=False).print(task_page(found))
        return
    listed = [facts(task, roots, count) for task in catalog.values()]
    if as_json:
        shared.print_json([one.as_json() for one in listed])
    else:
        Console(highlight=False).print(task_table(listed))


@commands.command()
def check(
    names: Names = None, data: Data = None, store: StoreDir = None, more: Tasks = None, as_json: AsJson = False
) -> int:
    """Which files of the named tasks or studies are here, and whether fetched ones are unchanged. Exit code 1 when
    one is missing or changed."""
    from xstilts.inventory import check_files, named_sources

    options = shared.options(data=data, store=store, tasks=more)
    found = check_files(named_sources(names or [], options), options.roots)
    if as_json:
        shared.print_json([item.as_json() for item in found])
    else:
        for item in found:
            typer.echo(item.as_line())
        bad = sum(not item.ok for item in found)
        typer.echo(f"{len(found) - bad} sources here, {bad} missing or changed.")
    return 0 if all(item.ok for item in found) else 1


@commands.command()
def get(
    names: Names = None, data: Data = None, store: StoreDir = None, more: Tasks = None, offline: shared.Offline = False
) -> int:
    """Fetch the files of the named tasks or studies into the store, with checksums."""
    from xstilts.inventory import named_sources
    from xstilts.workflow import fetch_missing

    options = shared.options(data=data, store=store, tasks=more, offline=offline)
    sources = named_sources(names or [], options)
    missing = fetch_missing(sources, options.roots, typer.echo)
    for reason in missing.values():
        typer.echo(f"missing: {reason}", err=True)
    typer.echo(f"{len(sources) - len(missing)} of {len(sources)} sources are here.")
    return 2 if missing else 0


@commands.command()
def pack(
    study: shared.StudyName,
    archive: Annotated[Path, typer.Argument(help="The .tar to write.")],
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    more: Tasks = None,
    allow_missing: shared.AllowMissing = False,
) -> None:
    """Put every file a study reads, and its encoder, into one archive."""
    from xstilts.inventory import pack_study

    options = shared.options(data=shared.beside(study, data), store=store, tasks=more)
    count, size = pack_study(shared.load(study, scale, allow_missing), options, archive)
    typer.echo(
        f"{archive}: {count} files, {amount(size, 'B')}. On the other machine: xstilts data unpack {archive.name}"
    )


@commands.command()
def unpack(
    archive: Annotated[Path, typer.Argument(help="An archive made by `data pack`.")], store: StoreDir = None
) -> None:
    """Put the files of an archive into the store; checksums are verified."""
    from xstilts.data.pack import unpack as run_unpack
    from xstilts.workflow import default_store

    unpacked = run_unpack(archive, store or default_store())
    typer.echo(f"{unpacked.files} files ({amount(unpacked.bytes, 'B')}) are in the store.")
