"""`pretrain`: an encoder of one's own, or one continued."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.cli.console import say
from xstilts.cli.options import (
    STUDIES_PANEL,
    AsJson,
    Backend,
    Data,
    DataParallel,
    Device,
    Jobs,
    Offline,
    StepKey,
    StoreDir,
    Threads,
    make_options,
    print_json,
)

if TYPE_CHECKING:
    from xstilts.pipeline.options import Options

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file, or a packaged recipe by name: tiny-e5, scratch.")
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=STUDIES_PANEL)(pretrain)
    app.command(hidden=True)(pretrain_step)


def pretrain(
    recipe: RecipeName,
    data: Data = None,
    store: StoreDir = None,
    device: Device = None,
    threads: Threads = None,
    jobs: Jobs = 1,
    data_parallel: DataParallel = 1,
    backend: Backend = None,
    offline: Offline = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder to write the encoder into.", show_default="in the store"),
    ] = None,
    packed: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the compact form that can be shipped.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the steps and run nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Pretrain an encoder by a recipe, from scratch or going on from another: masked words, translations, word lists.

    Safe to interrupt: the same command goes on from there. The result is an ordinary Hugging Face folder."""
    from xstilts.app import pretrain as app
    from xstilts.cli.progress import RichListener
    from xstilts.cli.run_log import RunLog

    options = make_options(
        data=data,
        store=store,
        offline=offline,
        device=device,
        threads=threads,
        jobs=jobs,
        data_parallel=data_parallel,
        backend=backend,
    )
    if dry_run:
        _print_steps(recipe, options, as_json)
        return 0
    if packed is not None:
        app.check_packed(packed)
    with RichListener() as shown, RunLog(options.store, shown) as log:
        pretrained = app.pretrain(recipe, options=options, out=out, listener=log)
    if log.is_written:
        shown.say(f"Log: {log.path}")
    outcome = pretrained.outcome
    if packed is not None and pretrained.folder is not None:
        app.ship(pretrained.folder, packed)
    if as_json:
        print_json(
            {
                "folder": str(pretrained.folder) if pretrained.folder else None,
                "executed": len(outcome.done),
                "reused": len(outcome.reused),
                "failed": dict(outcome.failed),
                "left": list(outcome.left),
                "record": pretrained.record,
            }
        )
    else:
        _print_result(pretrained.folder, outcome.failed, outcome.interrupted, pretrained.record)
    return outcome.exit_code


def pretrain_step(recipe: RecipeName, key: StepKey, data: Data = None, store: StoreDir = None) -> int:
    """Run one step of a recipe from a shared store, as a cluster job would; events are JSON lines on standard output.

    Device and threads come from XSTILTS_DEVICE and XSTILTS_THREADS."""
    from xstilts.app.pretrain import run_step
    from xstilts.engine.backends.version_check import check_versions

    check_versions()
    return run_step(recipe, key, options=make_options(data=data, store=store, offline=True))


def _print_steps(recipe: str, options: Options, as_json: bool) -> None:
    from xstilts.app.pretrain import prepare
    from xstilts.engine.graph import steps_of
    from xstilts.engine.remote.cached_store import open_store

    _, steps = prepare(recipe, options)
    store = open_store(options.store)
    rows = [{"step": step.key, "label": step.label, "done": store.is_done(step)} for step in steps_of(steps.goals)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        say(f"{'done ' if row['done'] else '     '}{row['step']}  {row['label']}")


def _print_result(folder: Path | None, failed: Mapping[str, str], interrupted: bool, record: dict[str, Any]) -> None:
    if interrupted:
        say("Interrupted. Nothing that was finished is lost; the same command goes on from here.")
    for key, error in failed.items():
        say(f"failed: {key}: {error}", err=True)
    if folder is None:
        return
    for phase in record["phases"]:
        losses = ", ".join(f"{task} {points[0][1]} -> {points[-1][1]}" for task, points in phase["curve"].items())
        say(f"{phase['label']}\n  {phase['tokens']:,} tokens in {phase['seconds']:.0f} s; loss {losses}")
    say(f"\nThe encoder: {folder}\nUse it: `encoder: {folder}` in a study, or AutoModel.from_pretrained.")
