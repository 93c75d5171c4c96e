"""`predict`, `export`: use a trained checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli import shared
from xstilts.cli.shared import AsJson, Data, Device, StoreDir, Tasks

Checkpoint = Annotated[
    str, typer.Argument(metavar="CHECKPOINT", help="A checkpoint folder, or the key of a training step in the store.")
]
TaskName = Annotated[str, typer.Option("--task", help="The task whose head is used.")]


def add_to(app: typer.Typer) -> None:
    app.command()(predict)
    app.command()(export)


def predict(
    checkpoint: Checkpoint,
    file: Annotated[Path, typer.Argument(help="A file in JSON lines, TSV with a header, or plain text.")],
    task: TaskName,
    out: Annotated[Path | None, typer.Option(help="Where to write JSON lines [default: standard output].")] = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
) -> None:
    """Predict on your own file with a trained checkpoint. Columns are named as the task's examples: text and pair;
    question and context; words; prompt and options."""
    from xstilts.predict_file import predict_file

    options = shared.options(data=data, store=store, tasks=tasks, device=device)
    count = predict_file(checkpoint, file, task, options, out)
    if out is not None:
        typer.echo(f"{count} predictions in {out}")


def export(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Argument(help="The folder to write.")],
    task: TaskName,
    store: StoreDir = None,
    tasks: Tasks = None,
    as_json: AsJson = False,
) -> None:
    """Write a trained checkpoint as an ordinary Hugging Face model folder."""
    from xstilts.predict_file import export_checkpoint

    said = export_checkpoint(checkpoint, out, task, shared.options(store=store, tasks=tasks))
    if as_json:
        shared.print_json(said)
    elif said["auto_class"]:
        typer.echo(f"{out}: load it with transformers.{said['auto_class']}.from_pretrained('{out}')")
    else:
        typer.echo(f"{out}: the encoder, and its head in head.safetensors (transformers has no class for this pair).")
