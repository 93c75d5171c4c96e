"""The command line. Every command is a thin layer over a function of `app`.

Exit codes: 0 done, 1 some steps failed, 2 user error, 70 a defect of the program, 130 interrupted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from xstilts.cli import (
    claims,
    data,
    doctor,
    embed,
    encoders,
    evidence,
    init,
    models,
    predictions,
    pretrain,
    push,
    scaling,
    score,
    status,
    store,
    stress,
    studies,
    watch,
    xtreme,
)
from xstilts.cli.complaints import complain, defect
from xstilts.cli.console import dependable_streams
from xstilts.core.errors import XstiltsError
from xstilts.core.io_errors import full_disk

app = typer.Typer(
    name="xstilts",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
init.add_to(app)
doctor.add_to(app)
studies.add_to(app)
watch.add_to(app)
status.add_to(app)
claims.add_to(app)
evidence.add_to(app)
pretrain.add_to(app)
encoders.add_to(app)
data.add_to(app)
models.add_to(app)
push.add_to(app)
predictions.add_to(app)
embed.add_to(app)
stress.add_to(app)
xtreme.add_to(app)
score.add_to(app)
scaling.add_to(app)
store.add_to(app)

INTERRUPTED, DEFECT = 130, 70
# typer carries a copy of click in newer versions and uses the package in older ones; this is the class of either.
UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])


@app.callback(
    invoke_without_command=True,
    epilog="Exit codes: 0 done; 1 some steps failed, `data check` found something missing or changed, `cancel` could "
    "not ask a run; 2 a mistake in the command, the study or the data; 70 a defect of the program; 130 interrupted.",
)
def xstilts(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Intermediate-task training across languages: one file asks the question, one command answers it.

    First steps: `xstilts run quickstart`; then `xstilts init`, `xstilts tasks` and docs/studies.md for your own."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"xstilts {installed('xstilts')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; an error the user can act on is one paragraph on stderr."""
    with dependable_streams():
        return _run(arguments)


def _run(arguments: list[str] | None) -> int:
    command = typer.main.get_command(app)
    try:
        result = command.main(args=arguments, prog_name="xstilts", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except XstiltsError as error:
        complain(str(error))
        return error.exit_code
    except UsageError as error:
        error.message = error.message.replace("Input should be", "this should be")
        error.show()
        return 2
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted. Nothing that was finished is lost; the same command goes on from here.")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - what escapes is a defect, and is reported as one
        if full := full_disk(error, Path.cwd()):
            complain(str(full))
            return full.exit_code
        if isinstance(error, OSError):
            place = f"{error.filename}: " if error.filename else ""
            complain(f"{place}{error.strerror or error}.")
            return 2
        complain(defect(error))
        return DEFECT
