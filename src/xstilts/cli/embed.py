"""`embed`: vectors of a user's own sentences."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli import completion
from xstilts.cli.console import say
from xstilts.cli.options import RESULTS_PANEL, AsJson, Device, Offline, StoreDir, Threads, make_options, print_json


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(embed)


def embed(
    encoder: Annotated[
        str,
        typer.Argument(
            metavar="ENCODER",
            help="An encoder as a study names it (packaged, published, a folder, owner/name), or a checkpoint.",
            autocompletion=completion.encoders,
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="JSON lines, a JSON list, TSV or CSV with a header, Parquet, or one text a line."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the vectors go: .parquet, .jsonl or .npy.")],
    layer: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=-1,
            max=1000,
            help="0 the embeddings, k the k-th block, -1 the last.",
            show_default="as retrieval is scored: 14 of 24, 8 of 12",
        ),
    ] = None,
    pooling: Annotated[
        str,
        typer.Option(metavar="NAME", help="mean (of all tokens, as XTREME does) or mean-of-text (no special ones)."),
    ] = "mean",
    column: Annotated[str, typer.Option(metavar="NAME", help="The column of the texts.")] = "text",
    max_length: Annotated[
        int, typer.Option("--max-length", metavar="N", min=1, max=1_000_000, help="Tokens of a text that are read.")
    ] = 512,
    store: StoreDir = None,
    offline: Offline = False,
    device: Device = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Write a vector for each of your own sentences, as retrieval makes them.

    A column `id` names the rows; else they are numbered from 0. Nothing is padded; languages may be mixed."""
    from xstilts.app.embed import Embedding, embed_file
    from xstilts.cli.progress import one_bar

    options = make_options(store=store, offline=offline, device=device, threads=threads)
    settings = Embedding(layer=layer, pooling=pooling, column=column, max_length=max_length)
    with one_bar("embed", file.name) as (listener, progress):
        made = embed_file(encoder, file, out, options, settings, say=listener.say, progress=progress)
    if as_json:
        print_json(asdict(made))
        return
    cut = f"; {made.truncated} texts were longer than {max_length} tokens and are cut" if made.truncated else ""
    say(
        f"{made.vectors:,} vectors of {made.width} numbers in {out}: layer {made.layer} of {made.layers}, "
        f"{made.pooling}, {made.tokens:,} tokens in {made.seconds:.1f} s{cut}"
    )
