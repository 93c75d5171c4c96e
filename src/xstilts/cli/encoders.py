"""`encoders`: the encoders a study can name, what each needs, and which are here."""

from __future__ import annotations

from dataclasses import asdict

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import DATA_PANEL, AsJson, StoreDir, make_options, print_json


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=DATA_PANEL)(encoders)


def encoders(store: StoreDir = None, as_json: AsJson = False) -> None:
    """List the encoders that have a short name: shape, licence, languages, where from, and whether they are here."""
    from xstilts.app.encoders import encoder_facts

    facts = list(encoder_facts(make_options(store=store).roots))
    if as_json:
        print_json([asdict(encoder) for encoder in facts])
        return

    from xstilts.cli.encoders_view import encoder_table

    make_console().print(encoder_table(facts))
