"""`push`: an exported model to a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import say
from xstilts.cli.options import RESULTS_PANEL, AsJson, Offline, make_options, print_json


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(push)


def push(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `export` has written.")],
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="The repository on the hub.")],
    public: Annotated[bool, typer.Option("--public", help="Make it public, or push into one that is.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; nothing is.")] = False,
    message: Annotated[str, typer.Option(metavar="TEXT", help="Of the commit.")] = "Model exported by xstilts",
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Send an exported model to a hub, as one commit; a new repository is private.

    The token is that of HF_TOKEN, and is not stored. HF_ENDPOINT is the hub's address."""
    from xstilts.app.push import plan_push
    from xstilts.app.push import push as send
    from xstilts.report.elements.formatting import size

    plan = plan_push(folder, repository, public=public)
    url = None if dry_run else send(plan, message, offline=make_options(offline=offline).roots.offline, say=_note)
    if as_json:
        print_json({**plan.to_dict(), "dry_run": dry_run, "commit": url})
        return
    seen = "public" if public else "private"
    say(f"{repository} on {plan.endpoint} ({seen}), {len(plan.files)} files, {size(sum(plan.files.values()))}:")
    for name, held in plan.files.items():
        say(f"  {name}  {size(held)}")
    for name in plan.left_out:
        say(f"  not sent: {name}")
    say("Nothing was sent (--dry-run)." if dry_run else f"Sent: {url}")


def _note(text: str) -> None:
    say(text, err=True)
