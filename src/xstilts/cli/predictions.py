"""`predictions`: what an arm made of each test example, beside its text and gold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import (
    RESULTS_PANEL,
    ArmName,
    AsJson,
    Data,
    Scale,
    StoreDir,
    StudyName,
    TargetName,
    Tasks,
    data_folders,
    make_options,
    print_json,
    read_study,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from xstilts.app.predictions import Prediction, PredictionSet


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(predictions)


def predictions(
    study: StudyName,
    arm: ArmName,
    task: TargetName,
    language: Annotated[str, typer.Option(metavar="CODE", help="The test language.")],
    seed: Annotated[int | None, typer.Option(metavar="N", help="The seed.", show_default="the study's first")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only what is not right.")] = False,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="How many are shown (not with --json).")] = 50,
    scale: Scale = None,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    as_json: AsJson = False,
) -> None:
    """Show stored predictions one by one, with the text and the gold beside them. Runs nothing."""
    from xstilts.app.predictions import stored_predictions
    from xstilts.pipeline.session import open_session

    options = make_options(data=data_folders(study, data), store=store, tasks=tasks, offline=True)
    session = open_session(read_study(study, scale, allow_missing=True), options)
    found = stored_predictions(session, arm, task, language, seed)
    chosen = found.errors if errors else found.predictions
    if as_json:
        print_json([one.to_dict() for one in chosen])
    else:
        make_console().print(_page(found, chosen[:most], len(chosen)))


def _page(found: PredictionSet, shown: tuple[Prediction, ...], of: int) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    right = len(found.predictions) - len(found.errors)
    head = (
        f"{found.arm} on {found.target} in {found.language}, seed {found.seed}: {right} of {len(found.predictions)} "
        f"right altogether (by {found.metric})"
    )
    parts = [Text(head, style="bold")]
    for one in shown:
        mark = Text("right " if one.is_right else "wrong ", style="green" if one.is_right else "red")
        parts.append(mark + Text(one.example.id, style="bold"))
        parts += [Text(f"  {name}: {_text(value)}") for name, value in one.inputs.items()]
        parts.append(Text(f"  gold: {one.gold_text}"))
        if not one.is_right:
            parts.append(Text(f"  guess: {one.guess_text}", style="red"))
    if len(shown) < of:
        parts.append(Text(f"{of - len(shown)} more: --most N, or --json for all.", style="dim"))
    return Group(*parts)


def _text(value: object) -> str:
    return " | ".join(map(str, value)) if isinstance(value, list) else str(value)
