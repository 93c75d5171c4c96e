"""`tasks`, `data check|audit|get|pack|unpack`: what is here, what is missing, and how to bring it here."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.cli import completion
from xstilts.cli.console import make_console, say
from xstilts.cli.options import (
    DATA_PANEL,
    AllowMissing,
    AsJson,
    Data,
    Offline,
    Scale,
    StoreDir,
    StudyName,
    Tasks,
    data_folders,
    make_options,
    print_json,
    read_study,
)
from xstilts.report.elements import formatting

if TYPE_CHECKING:
    from xstilts.app.data_rows import TaskRows
    from xstilts.core.catalog import Catalog
    from xstilts.data.locate import Roots
    from xstilts.tasks.base import Task

commands = typer.Typer(
    help="Data files: which are here, fetch them, carry them to a machine without a network.", no_args_is_help=True
)

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TASK|STUDY]...", help="Tasks and studies by name, or study files.", show_default="every task"
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=DATA_PANEL)(tasks)
    app.add_typer(commands, name="data", rich_help_panel=DATA_PANEL)


def tasks(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[TASK]", help="Show this task in detail.", autocompletion=completion.tasks),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option("--study", metavar="STUDY", help="List the tasks that this study declares, with their labels."),
    ] = None,
    data: Data = None,
    store: StoreDir = None,
    modules: Tasks = None,
    count: Annotated[
        bool,
        typer.Option("--count", help="Read the files that are here and count their examples (slow for every task)."),
    ] = False,
    guessing: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Say whether this task can be guessed without its question (trains two baselines on its files).",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """List the tasks, or show one: languages, files, sizes, licence, citation, and what is missing here."""
    from xstilts.app.tasks import facts, own_tasks
    from xstilts.cli.tasks_view import own_task_table, task_page, task_table
    from xstilts.pipeline.session import catalog_for

    folders = data if study is None else data_folders(study, data)
    options = make_options(data=folders, store=store, tasks=modules)
    if study is None:
        catalog = catalog_for(None, options)
    else:
        catalog = own_tasks(read_study(study, None, allow_missing=True), options)
    roots = options.roots
    if guessing:
        return _guessing(catalog, name, roots, as_json)
    if name is not None:
        task_facts = facts(catalog.find(name), roots, count)
        if as_json:
            print_json(task_facts.as_json())
        else:
            make_console().print(task_page(task_facts))
        return 0
    all_facts = [facts(task, roots, count) for task in catalog.values()]
    if as_json:
        print_json([item.as_json() for item in all_facts])
    elif study is not None and not all_facts:
        say("The study declares no tasks of its own.")
    else:
        make_console().print(task_table(all_facts) if study is None else own_task_table(all_facts))
    return 0


def _guessing(catalog: Catalog[Task], name: str | None, roots: Roots, as_json: bool) -> int:
    """Print the check of one task; exit code 1 where it can be guessed."""
    from xstilts.app.guessing import check_task
    from xstilts.cli.tasks_view import guessing_table

    if name is None:
        raise typer.BadParameter("--check needs the name of a task: xstilts tasks NAME --check")
    found = check_task(catalog.find(name), roots)
    if as_json:
        print_json(found.as_json())
    else:
        make_console().print(guessing_table(found))
    return 0 if found.passes else 1


@commands.command()
def check(
    names: Names = None,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    modules: Tasks = None,
    as_json: AsJson = False,
) -> int:
    """Say which files are here and whether what was fetched is unchanged. Of a study every row is read, and a few
    examples of each task are shown as they are read; one with a lock beside its file is compared with it.

    Exit code 1 when a file is missing, changed or cannot be read."""
    from xstilts.app.data import check_files, needs_of
    from xstilts.app.data_rows import read_study_rows
    from xstilts.app.study_lock import check_locks

    options = make_options(data=_folders_for(names, data), store=store, tasks=modules)
    statuses = check_files(needs_of(names or [], options, scale), options.roots)
    statuses += check_locks(names or [], options, scale)
    read = list(read_study_rows(names or [], options, scale))
    if as_json:
        print_json([*(item.as_json() for item in statuses), *(rows.as_json() for rows in read)])
    else:
        for item in statuses:
            say(item.as_line())
        bad = sum(not item.ok for item in statuses)
        say(f"{len(statuses) - bad} of {len(statuses)} are here and unchanged.")
        if any(item.state == "missing" for item in statuses):
            say("What is missing: fetch it with `xstilts data get`, or give a folder that has it with --data DIR.")
        for rows in read:
            _say_rows(rows)
    return 0 if all(item.ok for item in statuses) and all(rows.ok for rows in read) else 1


def _say_rows(rows: TaskRows) -> None:
    """Print what was read of a task, and its examples."""
    say("")
    for source in rows.sources:
        say(source.as_line())
    for example in rows.examples:
        say(f"  {example.place} ({example.use} {example.language})")
        width = max(map(len, example.content), default=0)
        for name, text in example.content.items():
            say(f"    {name:<{width}}  {text}")


@commands.command()
def audit(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    modules: Tasks = None,
    as_json: AsJson = False,
) -> None:
    """Compare every row that a study trains on, and its encoder's pretraining text, with every row it is tested on:
    exact, normalised, near duplicates, and runs of eight words.

    Reads files alone and trains nothing; what was compared is kept in the store. Exit code 0 whatever is found."""
    from xstilts.app.audit import audit_study
    from xstilts.cli.audit_view import audit_page

    options = make_options(data=data_folders(study, data), store=store, tasks=modules, offline=True)
    found = audit_study(read_study(study, scale, allow_missing=True), options, lambda text: say(text, err=True))
    if as_json:
        print_json(found.to_dict())
    else:
        for part in audit_page(found):
            make_console().print(part)


@commands.command()
def get(
    names: Names = None,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    modules: Tasks = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> int:
    """Fetch what is not here into the store: files of tasks, and of a study its models too.

    Revisions and checksums are locked at the first fetch. Exit code 2 when something is still missing."""
    from xstilts.app.data import get_files, needs_of

    options = make_options(data=_folders_for(names, data), store=store, tasks=modules, offline=offline)
    needed = needs_of(names or [], options, scale)
    missing = get_files(needed, options.roots, lambda text: say(text, err=as_json))
    of = len(needed)
    if as_json:
        print_json({"needed": of, "here": of - len(missing), "missing": missing})
        return 2 if missing else 0
    for reason in missing:
        say(f"missing: {reason}", err=True)
    say(f"{of - len(missing)} of {of} are here.")
    return 2 if missing else 0


def _folders_for(names: list[str] | None, data: list[Path] | None) -> list[Path]:
    """Return the data folders given, and the folders of all study files."""
    return [*(data or ()), *dict.fromkeys(folder for name in names or () for folder in data_folders(name, None))]


@commands.command()
def lock(
    study: StudyName,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    modules: Tasks = None,
    allow_missing: AllowMissing = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The lock to write.", show_default="STUDY.lock beside the study file"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write down revision and checksum of every file that a study reads: data, lexicons, models.

    Where the lock lies beside the study file, `plan` and `run` compare with it and end with exit code 2 before anything
    is trained where a file is another one; `data get` and `run` fetch its revisions."""
    from xstilts.app.study_lock import lock_place, lock_study

    options = make_options(data=data_folders(study, data), store=store, tasks=modules)
    locked = lock_study(read_study(study, scale, allow_missing), options, lock_place(study, scale, out))
    if as_json:
        print_json(locked.as_json())
    else:
        say(locked.as_line())


@commands.command()
def pack(
    study: StudyName,
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The .tar file to write.")],
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    modules: Tasks = None,
    allow_missing: AllowMissing = False,
    as_json: AsJson = False,
) -> None:
    """Put the files a study reads, and its models, into one archive.

    What comes with the program is left out, and so is the study file itself."""
    from xstilts.app.data import pack_study

    options = make_options(data=data_folders(study, data), store=store, tasks=modules)
    packed = pack_study(read_study(study, scale, allow_missing), options, archive)
    if as_json:
        print_json(asdict(packed))
        return
    say(f"{archive} holds:")
    for line in packed.as_lines():
        say(f"  {line}")
    say(f"Take it and the study file to the other machine; there: xstilts data unpack {archive.name}")


@commands.command()
def unpack(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="An archive made by `xstilts data pack`.")],
    store: StoreDir = None,
    as_json: AsJson = False,
) -> None:
    """Put the files of an archive into the store. Every checksum is verified first."""
    from xstilts.data.bundle import unpack_bundle as run_unpack
    from xstilts.pipeline.options import default_store

    done = run_unpack(archive, store or default_store())
    if as_json:
        print_json(asdict(done))
        return
    content = f"{done.files} data files ({formatting.size(done.bytes)})"
    if done.encoder_files:
        content += f" and models ({done.encoder_files} files, {formatting.size(done.encoder_bytes)})"
    say(f"{content} are in the store.")
