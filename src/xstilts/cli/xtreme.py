"""`xtreme score|submit`: folders in the layout of XTREME's submissions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import make_console, say
from xstilts.cli.options import (
    RESULTS_PANEL,
    ArmName,
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

commands = typer.Typer(
    help="XTREME and XTREME-R submissions: score a folder as the official program does, or write one from a study.",
    no_args_is_help=True,
)

VersionName = Annotated[str, typer.Option("--version", metavar="NAME", help="xtreme or xtreme-r.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(commands, name="xtreme", rich_help_panel=RESULTS_PANEL)


@commands.command()
def score(
    predictions: Annotated[Path, typer.Option(metavar="DIR", help="Holds <task>/test-<language>.tsv|json.")],
    labels: Annotated[Path, typer.Option(metavar="DIR", help="Holds the labels in the same layout.")],
    version: VersionName = "xtreme",
    as_json: AsJson = False,
) -> None:
    """Score a submission folder: the official numbers, and the plain ones beside the odd ones.

    With --json, the official program's own keys."""
    from xstilts.cli.xtreme_view import score_page
    from xstilts.xtreme.layout import XTREME_VERSIONS
    from xstilts.xtreme.score import score_folder

    scores = score_folder(predictions, labels, XTREME_VERSIONS.find(version, "--version"))
    if as_json:
        print_json(scores.official)
    else:
        make_console().print(score_page(scores))


@commands.command()
def submit(
    study: StudyName,
    arm: ArmName,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write.")],
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of which seed; without it, the study's first.")] = None,
    labels: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the gold labels here too.")] = None,
    version: VersionName = "xtreme",
    allow_cut: Annotated[bool, typer.Option("--allow-cut", help="Write test sets that are cut, too.")] = False,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    as_json: AsJson = False,
) -> None:
    """Write the predictions of one arm of a finished study as a submission folder."""
    from xstilts.app.submit import submit as write
    from xstilts.pipeline.session import open_session
    from xstilts.xtreme.layout import XTREME_VERSIONS

    benchmark = XTREME_VERSIONS.find(version, "--version")
    options = make_options(data=data_folders(study, data), store=store, tasks=tasks, offline=True)
    session = open_session(read_study(study, scale, allow_missing=True), options)
    submission = write(session, arm, seed, benchmark, out, labels, allow_cut)
    if as_json:
        print_json({"written": submission.written, "lacking": submission.lacking, "cut": submission.cut})
        return
    for name, languages in submission.written.items():
        say(f"{name}: {', '.join(languages)}")
    for text in submission.cut:
        say(f"cut: {text}")
    for name, languages in submission.lacking.items():
        say(f"{benchmark.title} has beside: {name} in {', '.join(languages)}")
    say(f"In {out}. Score it: xstilts xtreme score --predictions {out} --labels {labels or 'DIR'}")
