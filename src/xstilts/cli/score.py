"""`score dependency|srl`: two files against each other, as the official scorers of a shared task do it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import RESULTS_PANEL, AsJson, print_json

commands = typer.Typer(
    help="Score a file of guesses against a file of gold as the official scorers do: trees (CoNLL 2018), semantic roles"
    " (CoNLL 2005).",
    no_args_is_help=True,
)

GoldTrees = Annotated[Path, typer.Argument(metavar="GOLD", help="CoNLL-U.")]
SystemTrees = Annotated[Path, typer.Argument(metavar="SYSTEM", help="CoNLL-U with the same text.")]
GoldRoles = Annotated[Path, typer.Argument(metavar="GOLD", help="Props columns: verb or -, then brackets.")]
SystemRoles = Annotated[Path, typer.Argument(metavar="SYSTEM", help="Props columns of the same sentences.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(commands, name="score", rich_help_panel=RESULTS_PANEL)


@commands.command()
def dependency(gold: GoldTrees, system: SystemTrees, as_json: AsJson = False) -> None:
    """UPOS, UAS, LAS and CLAS of dependency trees: F1 in percent, as the CoNLL 2018 evaluator computes them.

    Words and sentences may be cut differently, as long as the text is the same."""
    from xstilts.cli.score_view import dependency_page
    from xstilts.evaluate.shared_tasks import score_dependency

    scores = score_dependency(gold, system)
    if as_json:
        print_json(dict(scores.values))
    else:
        make_console().print(dependency_page(scores))


@commands.command()
def srl(gold: GoldRoles, system: SystemRoles, as_json: AsJson = False) -> None:
    """Overall precision, recall and F1 of arguments as spans, in percent, as srl-eval.pl of CoNLL 2005 prints them."""
    from xstilts.cli.score_view import srl_page
    from xstilts.evaluate.shared_tasks import score_srl

    scores = score_srl(gold, system)
    if as_json:
        print_json(dict(scores.values))
    else:
        make_console().print(srl_page(scores))
