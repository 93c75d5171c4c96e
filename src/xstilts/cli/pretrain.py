"""`pretrain`: an encoder of one's own, or one continued."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.options import (
    STUDIES_PANEL,
    AsJson,
    Data,
    Device,
    Offline,
    StoreDir,
    Threads,
    make_options,
    print_json,
)


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=STUDIES_PANEL)(pretrain)


def pretrain(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file, or a packaged recipe by name: tiny.")],
    data: Data = None,
    store: StoreDir = None,
    device: Device = None,
    threads: Threads = None,
    offline: Offline = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder to write the encoder into.", show_default="in the store"),
    ] = None,
    packed: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the compact form that can be shipped (int8 rows).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the steps and run nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Pretrain an encoder by a recipe, from scratch or going on from another: masked words, translations, word lists.

    Safe to interrupt: the same command goes on from there. The result is an ordinary Hugging Face folder."""
    from xstilts.app.pretrain import prepare, ship
    from xstilts.app.pretrain import pretrain as run
    from xstilts.cli.progress import RichListener
    from xstilts.engine.graph import steps_of
    from xstilts.engine.store import Store

    options = make_options(data=data, store=store, offline=offline, device=device, threads=threads)
    if dry_run:
        _, made = prepare(recipe, options)
        kept = Store(options.store)
        rows = [(step.key, step.label, kept.is_done(step)) for step in steps_of([made.phases[-1]])]
        if as_json:
            print_json([{"step": key, "label": label, "done": done} for key, label, done in rows])
        for key, label, done in () if as_json else rows:
            typer.echo(f"{'done ' if done else '     '}{key}  {label}")
        return 0
    with RichListener() as listener:
        made_encoder = run(recipe, options=options, out=out, listener=listener)
    outcome = made_encoder.outcome
    if packed is not None and made_encoder.folder is not None:
        ship(made_encoder.folder, packed)
    if as_json:
        print_json(
            {
                "folder": str(made_encoder.folder) if made_encoder.folder else None,
                "executed": len(outcome.done),
                "reused": len(outcome.reused),
                "failed": dict(outcome.failed),
                "left": list(outcome.left),
                "record": made_encoder.record,
            }
        )
    else:
        _tell(made_encoder.folder, outcome.failed, outcome.interrupted, made_encoder.record)
    return outcome.exit_code


def _tell(folder: Path | None, failed: object, interrupted: bool, record: dict) -> None:
    if interrupted:
        typer.echo("Interrupted. Nothing that was finished is lost; the same command goes on from here.")
    if isinstance(failed, dict):
        for key, error in failed.items():
            typer.echo(f"failed: {key}: {error}", err=True)
    if folder is None:
        return
    for phase in record["phases"]:
        losses = ", ".join(f"{task} {points[0][1]} -> {points[-1][1]}" for task, points in phase["curve"].items())
        typer.echo(f"{phase['label']}\n  {phase['tokens']:,} tokens in {phase['seconds']:.0f} s; loss {losses}")
    typer.echo(f"\nThe encoder: {folder}\nUse it: `encoder: {folder}` in a study, or AutoModel.from_pretrained.")
