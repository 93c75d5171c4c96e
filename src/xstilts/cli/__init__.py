"""The command line. Every command is a thin layer over `workflow`, `api` and their neighbours.

Exit codes: 0 done, 1 some steps failed, 2 user error, 130 interrupted.
"""

from __future__ import annotations

import sys

import click
import typer

from xstilts.cli import data, models, store, studies
from xstilts.core.errors import XstiltsError

app = typer.Typer(
    name="xstilts",
    help="Intermediate-task training across languages: one file asks the question, one command answers it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
studies.add_to(app)
data.add_to(app)
models.add_to(app)
store.add_to(app)

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; an error the user can act on is one paragraph on stderr."""
    command = typer.main.get_command(app)
    try:
        result = command.main(args=arguments, prog_name="xstilts", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except XstiltsError as error:
        _complain(str(error))
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 0
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        _complain("Interrupted. Nothing that was finished is lost; the same command goes on from here.")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _complain(text: str) -> None:
    from rich.console import Console

    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]error:[/] {_plain(text)}")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
