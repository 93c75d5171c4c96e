"""`claims`: what a study's scores say of sentences that were written down beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import (
    RESULTS_PANEL,
    AsJson,
    Data,
    Scale,
    StoreDir,
    StudyName,
    Tasks,
    data_folders,
    make_options,
    print_json,
    read_study,
)

ClaimsFile = Annotated[
    str | None,
    typer.Option(
        "--claims",
        metavar="FILE",
        help="Judge the claims of this file, or packaged ones by name (phang2020, seeds), not the study's own.",
        show_default="those of the study",
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(claims)


def claims(
    study: StudyName,
    scale: Scale = None,
    file: ClaimsFile = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the claims as Markdown to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge the claims of a study by the scores in the store, beside published numbers. Runs nothing.

    Exit code 0 whatever the verdicts; what was not measured says which command would measure it."""
    from xstilts.app.claims import judge_claims
    from xstilts.core.files import write_atomic
    from xstilts.report.formats.markdown import markdown as page
    from xstilts.report.formats.terminal import render_topics

    options = make_options(data=data_folders(study, data), store=store, offline=True, tasks=tasks)
    answer = judge_claims(read_study(study, scale, allow_missing=True), options=options, scale=scale or "", file=file)
    if markdown is not None:
        write_atomic(markdown, page(answer.report.document))
    if as_json:
        print_json(answer.to_dict())
        return
    console = make_console()
    for part in render_topics(answer.report):
        console.print(part)
    for line in answer.remarks:
        console.print(line, style="dim")
