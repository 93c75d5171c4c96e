"""Commands for trained models, `predict` and `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import say, say_json
from xstilts.cli.options import RESULTS_PANEL, AsJson, Data, Device, StoreDir, Tasks, Threads, make_options, print_json

Checkpoint = Annotated[
    str,
    typer.Argument(
        metavar="CHECKPOINT",
        help="A checkpoint folder, or the key of a training step, or its beginning: `xstilts plan` says that of each "
        "arm, `plan --steps` and the report's table of trainings all of them.",
    ),
]
OfStudy = Annotated[str | None, typer.Option("--study", metavar="STUDY", help="The study that declares the task.")]
TaskName = Annotated[str, typer.Option("--task", metavar="TASK", help="The task whose head is used.")]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(predict)
    app.command(rich_help_panel=RESULTS_PANEL)(export)


def predict(
    checkpoint: Checkpoint,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON lines, a JSON list or SQuAD's, TSV or CSV with a header, Parquet, CoNLL-U, or one text a line; "
            "with --like any layout of the task.",
        ),
    ],
    task: TaskName,
    study: OfStudy = None,
    like: Annotated[
        str,
        typer.Option(
            metavar="USE",
            help="Read FILE as the task's own file of this use is read: train, dev or the language of a test. Columns"
            " with gold may be missing.",
            show_default="by the file's name",
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JSON lines here.", show_default="standard output")
    ] = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    device: Device = None,
    threads: Threads = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON list instead of lines; with --out, how many and where.")
    ] = False,
) -> None:
    """Predict on your own file with a trained checkpoint.

    Columns, by the task's kind: `text` (and `pair`); `words`; `question`, `context`; `prompt`, `options`. With --like
    they are those of the task's own files."""
    from xstilts.app.checkpoints import task_for
    from xstilts.app.predict import predict_file

    options = make_options(data=data, store=store, tasks=tasks, device=device, threads=threads)
    lines = predict_file(checkpoint, file, task_for(task, study, options), options, out, like)
    number = lines.count("\n") + 1
    if out is None:
        say_json(f"[{lines.replace(chr(10), ',' + chr(10))}]" if as_json else lines)
    elif as_json:
        print_json({"file": str(out), "predictions": number})
    else:
        say(f"{number} predictions in {out}")


def export(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
    task: TaskName,
    study: OfStudy = None,
    adapter: Annotated[
        bool, typer.Option("--adapter", help="Write its LoRA or IA3 alone, in the files of the package peft.")
    ] = False,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Write model.onnx as well, compared with the model (the extra `onnx`).")
    ] = False,
    store: StoreDir = None,
    tasks: Tasks = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Write a trained checkpoint as an ordinary Hugging Face model folder.

    It says which `transformers` class loads it; where there is none, the head goes into head.safetensors. LoRA and IA3
    are put into the weights; other adapters go beside the encoder."""
    from xstilts.app.checkpoints import task_for
    from xstilts.app.export import export_checkpoint

    options = make_options(store=store, tasks=tasks, threads=threads)
    result = export_checkpoint(checkpoint, out, task_for(task, study, options), options, adapter, study, onnx)
    if as_json:
        print_json(result)
    elif result["auto_class"]:
        say(f"{out}: load it with transformers.{result['auto_class']}.from_pretrained('{out}')")
        if onnx:
            difference = f"{result['onnx']['difference']:.1g} from the model's logits at most"
            say(f"{out}/model.onnx: load it with onnxruntime.InferenceSession('{out}/model.onnx'); {difference}")
    elif adapter:
        say(f"{out}: the adapter, for peft.PeftModel.from_pretrained; its head in head.safetensors.")
    else:
        say(f"{out}: the encoder, and its head in head.safetensors (transformers has no class for this pair).")
