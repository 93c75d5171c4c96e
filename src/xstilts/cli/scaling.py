"""`scaling`: score against size, from a file of a user's own numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import RESULTS_PANEL, AsJson, print_json

CurvesArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.csv",
        help="One line a run: size, score, and any of seed, n (test examples), curve, target, language.",
    ),
]
Factor = Annotated[float, typer.Option(metavar="X", min=1, max=1000, help="How far beyond its sizes a curve is read.")]
At = Annotated[
    list[int] | None, typer.Option(metavar="SIZE", min=1, help="Say the score at this size. May be repeated.")
]
Without = Annotated[str, typer.Option(metavar="CURVE", help="Exchange rate: the curve without the intermediate phase.")]
With = Annotated[str, typer.Option("--with", metavar="CURVE", help="Exchange rate: the curve with it.")]
Examples = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Exchange rate: the examples of the intermediate phase.")
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(scaling)


def scaling(
    file: CurvesArgument,
    factor: Factor = 4.0,
    at: At = None,
    without: Without = "",
    with_phase: With = "",
    intermediate: Examples = None,
    as_json: AsJson = False,
) -> None:
    """Fit curves of score against size: a power law with a floor on the error, log-linear, logistic, constant.

    Sizes are examples, scores percentages or shares of one. A flat curve is called flat; nothing is read further beyond
    the sizes than `--factor`."""
    from xstilts.app.scaling import scaling_answer
    from xstilts.cli.scaling_view import scaling_page

    exchange = (without, with_phase, intermediate) if without or with_phase or intermediate else None
    answer = scaling_answer(file, factor=factor, sizes=tuple(at or ()), exchange=exchange)
    if as_json:
        shown: dict[str, Any] = answer.to_dict()
        print_json(shown)
    else:
        make_console().print(scaling_page(answer))
