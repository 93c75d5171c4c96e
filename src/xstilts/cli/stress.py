"""`stress`: what a perturbation does to a file of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import DATA_PANEL, AsJson, print_json

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="JSON lines or a JSON list, TSV or CSV with a header, Parquet, CoNLL-U, or one text a line.",
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=DATA_PANEL)(stress)


def stress(
    file: File,
    language: Annotated[str, typer.Option(metavar="CODE", help="The language of the texts.")],
    rate: Annotated[
        float, typer.Option(metavar="SHARE", help="Which share of characters or words is changed, 0 to 1.")
    ],
    noise: Annotated[str | None, typer.Option(metavar="NAME", help="keyboard, swap, ocr, drop-words, ...")] = None,
    switch: Annotated[str | None, typer.Option(metavar="NAME", help="Code-switching: dictionary, phrases.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another one hits other places.")] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the perturbation (`into=en`). May be repeated."),
    ] = None,
    show: Annotated[int, typer.Option(metavar="N", min=0, help="Of how many rows the texts are shown.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what noise or code-switching does to a file: each change in colour, units seen and changed, the rate.

    Columns: `text` (and `pair`); `words`; `question`, `context` (and `answers`); `prompt`, `options`."""
    from xstilts.app.stress import named_perturbation, stress_file
    from xstilts.cli.stress_view import stress_page
    from xstilts.core.errors import DataError

    if (noise is None) == (switch is None):
        raise DataError("Say one of --noise and --switch.", where="stress")
    section, name = ("noise", noise) if noise is not None else ("switch", switch or "")
    stressed = stress_file(file, named_perturbation(section, name or "", rate, seed, settings or ()), language, show)
    if as_json:
        print_json(stressed.as_json())
    else:
        console = make_console()
        console.print(stress_page(stressed, colour=console.color_system is not None))
