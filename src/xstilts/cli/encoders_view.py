"""Encoders for people: a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.app.encoders import EncoderFacts
from xstilts.report.elements import formatting


def encoder_table(encoders: Sequence[EncoderFacts]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("encoder", style="bold", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for name in ("layers", "width", "vocabulary", "weights", "languages"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("licence", no_wrap=True)
    table.add_column("from")
    for encoder in encoders:
        table.add_row(
            encoder.name,
            encoder.status,
            str(encoder.layers),
            str(encoder.width),
            formatting.count(encoder.vocabulary),
            f"{encoder.parameters / 1e6:,.0f} M",
            formatting.count(encoder.languages) if encoder.languages else "–",
            encoder.licence,
            ", or ".join(encoder.sources),
        )
    legend = Text(
        "packaged: comes with the program; here: in the store; to fetch: `xstilts run` and `xstilts data get` do. "
        "`encoder:` also takes a folder, or any owner/name of the hub; a fine-tuned model is taken without its head.",
        style="dim",
    )
    return Group(table, legend)
