"""What people and their scripts rely on: commands with their options, and names in Python. Changing either is a
decision, so it is written down here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

import xstilts
from xstilts.cli import app

SURFACE = {
    "": "--version --install-completion --show-completion",
    "init": "[FILE] --target --through --encoder --languages --seeds --question --from-data --name --kind --language "
    "--check --section --data --store --tasks --json",
    "doctor": "--data --store --device --offline --json",
    "plan": "STUDY --scale --data --store --tasks --device --allow-missing --lock --steps --why --json",
    "show": "STUDY STEP --scale --data --store --tasks --device --json",
    "run": "STUDY --scale --data --store --tasks --device --threads --jobs --data-parallel --backend --offline "
    "--allow-missing --lock --out --track --json",
    "report": "STUDY --scale --data --store --tasks --allow-missing --against --out --track --markdown --json",
    "watch": "STUDY --scale --data --store --tasks --device --port --open --json",
    "evidence": "QUESTION --out --service --folder --answers --offline --refresh --limit --works --claims --pdfs "
    "--encoder --checkpoint --task --classifier --endpoint --model --draft-study --scale --note --store --threads "
    "--json",
    "pretrain": "RECIPE --data --store --device --threads --jobs --data-parallel --backend --offline --out --packed "
    "--dry-run --json",
    "pretrain-step": "RECIPE KEY --data --store",
    "status": "STUDY --scale --data --store --tasks --device --json",
    "cancel": "STUDY --scale --data --store --tasks --device --json",
    "claims": "STUDY --scale --claims --data --store --tasks --markdown --json",
    "studies": "--json",
    "step": "STUDY KEY --data --store --tasks",
    "encoders": "--store --json",
    "scaling": "FILE.csv --factor --at --without --with --intermediate --json",
    "tasks": "[TASK] --study --data --store --tasks --count --check --json",
    "data check": "[TASK|STUDY]... --scale --data --store --tasks --json",
    "data audit": "STUDY --scale --data --store --tasks --json",
    "data get": "[TASK|STUDY]... --scale --data --store --tasks --offline --json",
    "data lock": "STUDY --scale --data --store --tasks --allow-missing --out --json",
    "data pack": "STUDY ARCHIVE --scale --data --store --tasks --allow-missing --json",
    "data unpack": "ARCHIVE --store --json",
    "xtreme score": "--predictions --labels --version --json",
    "xtreme submit": "STUDY --arm --out --seed --labels --version --allow-cut --scale --data --store --tasks --json",
    "score dependency": "GOLD SYSTEM --json",
    "score srl": "GOLD SYSTEM --json",
    "predict": "CHECKPOINT FILE --task --study --like --out --data --store --tasks --device --threads --json",
    "predictions": "STUDY --arm --task --language --seed --errors --most --scale --data --store --tasks --json",
    "stress": "FILE --language --rate --noise --switch --seed --set --show --json",
    "export": "CHECKPOINT DIR --task --study --adapter --onnx --store --tasks --threads --json",
    "push": "DIR OWNER/NAME --public --dry-run --message --offline --json",
    "embed": "ENCODER FILE --out --layer --pooling --column --max-length --store --offline --device --threads --json",
    "store du": "--store --json",
    "store check": "--store --json",
    "store gc": "--keep --scale --data --store --tasks --dry-run --json",
}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(path, command) of the root and of everything that can be called."""
    if not path:
        yield "", group
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def surface(command: Any) -> str:
    """Arguments as they are called in the help, then options, in order."""
    named = [parameter.opts[-1] if parameter.opts[-1].startswith("-") else parameter for parameter in command.params]
    return " ".join(one if isinstance(one, str) else one.metavar for one in named if one != "--help")


def test_commands_and_options():
    found = {path: surface(command) for path, command in commands(typer.main.get_command(app))}
    assert found == SURFACE


def test_every_command_and_option_says_what_it_is_for():
    for path, command in commands(typer.main.get_command(app)):
        assert command.help or command.callback.__doc__, path
        lacking = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
        assert lacking == [], path


def test_names_in_python():
    assert sorted(xstilts.__all__) == ["Answer", "Plan", "Study", "Task", "plan", "run"]
    assert all(callable(getattr(xstilts, name)) for name in xstilts.__all__)
    assert set(xstilts.__all__) <= set(dir(xstilts))
