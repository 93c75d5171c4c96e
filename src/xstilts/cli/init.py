"""`init`: a first study, from flags, from answers, or from a data file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.cli import completion
from xstilts.cli.console import say
from xstilts.cli.options import STUDIES_PANEL, AsJson, Data, StoreDir, Tasks, make_options, print_json
from xstilts.core.errors import DataError, StudyError

if TYPE_CHECKING:
    from xstilts.app.init import StartedStudy
    from xstilts.app.own_task import OwnTask
    from xstilts.pipeline.options import Options
    from xstilts.study.first_study import FirstStudy

Ask = Callable[[str, str], str]  # (question, answer where nothing is said) -> answer

Names = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TASK,...",
        help="Tasks that are scored (`xstilts tasks` lists them).",
        autocompletion=completion.tasks,
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=STUDIES_PANEL)(init)


def init(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where the study is written.", show_default="printed")
    ] = None,
    target: Names = None,
    through: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK,...",
            help="Intermediate tasks: an arm each, and one of all together.",
            autocompletion=completion.tasks,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Where every route starts.",
            show_default="tiny-e5",
            autocompletion=completion.encoders,
        ),
    ] = None,
    languages: Annotated[
        list[str] | None, typer.Option(metavar="CODE,...", help="Score these alone.", show_default="all")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Whole runs of every arm.")] = 3,
    question: Annotated[str | None, typer.Option(metavar="TEXT", help="What the study asks.")] = None,
    from_data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Look at a data file and declare it as a task. More of them (train, dev, test-de, ...): repeat it.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the task.", show_default="the name of its file")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Of the task: classification, ...", show_default="guessed")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of the data files.", show_default="guessed")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read every row of the data files, not only the first.")
    ] = False,
    section: Annotated[
        bool, typer.Option("--section", help="Print the `tasks` section alone, for a study that you have.")
    ] = False,
    data: Data = None,
    store: StoreDir = None,
    tasks: Tasks = None,
    as_json: AsJson = False,
) -> None:
    """Write a first study, with comments, that runs as it stands.

    With --target it is made of flags; with --from-data of a file that it looks at; with neither, it asks."""
    from xstilts.app.init import check_new_file, section_text, start_study, write_study

    options = make_options(data=data, store=store, tasks=tasks)
    if file is not None:
        check_new_file(file)
    if not from_data and (section or check or name or kind or language):
        raise DataError("--section, --check, --name, --kind and --language are about a data file: --from-data FILE.")
    own = _own_task(from_data, file, name, kind, language, check) if from_data else None
    if own is not None and section:
        print_json({own.name: own.keys}) if as_json else say(section_text(own), end="")
        return
    first = _first_study(target, through, encoder, languages, seeds, question, file, options, asks=own is None)
    started = start_study(first, options, own)
    if file is not None:
        write_study(file, started.text)
    if as_json:
        print_json(started.to_dict())
    elif file is None:
        say(started.text, end="")
    for line in _said(started, own, file):
        say(line, err=file is None or as_json)


def _own_task(
    files: list[Path], file: Path | None, name: str | None, kind: str | None, language: str | None, check: bool
) -> OwnTask:
    from xstilts.app.own_task import own_task
    from xstilts.kinds.catalog import user_kinds
    from xstilts.study.field_types import task_name

    if kind is not None and kind not in user_kinds():
        raise StudyError(f"There is no kind '{kind}'.", where="--kind", value=kind, allowed=user_kinds())
    return own_task(
        files,
        beside=file.parent if file else Path.cwd(),
        name=task_name(name) if name else "",
        kind=kind or "",
        language=language or "",
        check=check,
    )


def _first_study(
    target: list[str] | None,
    through: list[str] | None,
    encoder: str | None,
    languages: list[str] | None,
    seeds: int,
    question: str | None,
    file: Path | None,
    options: Options,
    asks: bool,
) -> FirstStudy:
    from xstilts.study.first_study import DEFAULT_ENCODER, FirstStudy

    named = FirstStudy(
        targets=_split(target),
        through=_split(through),
        encoder=encoder or DEFAULT_ENCODER,
        languages=_split(languages),
        seeds=seeds,
        question=question or "",
        file=str(file or "study.yaml"),
    )
    if named.targets or not asks:
        return named
    if not sys.stdin.isatty():
        raise StudyError(
            "Nobody is here to ask: say what is scored.",
            where="--target",
            hint="For instance: xstilts init study.yaml --target udpos --through snips-slots",
        )
    return answered(named, options, lambda text, default: str(typer.prompt(text, default=default, err=True)))


def answered(first: FirstStudy, options: Options, ask: Ask) -> FirstStudy:
    """Return the study with what somebody answers; a name that is none is asked for again."""
    from dataclasses import replace

    from xstilts.core.languages import canonical_code
    from xstilts.pipeline.session import catalog_for

    known = catalog_for(None, options)
    checks = {"task": lambda name: known.find(name).name, "language": canonical_code}

    def names(text: str, default: str, noun: str) -> tuple[str, ...]:
        while True:
            found = _split([ask(text, default)])
            try:
                return tuple(checks[noun](one) for one in found if one != "all")
            except StudyError as error:
                say(str(error), err=True)

    targets = names("Which tasks are scored, with commas between them (`xstilts tasks` lists them)", "udpos", "task")
    through = first.through or names("Which tasks are trained on first; nothing: none", "", "task")
    encoder = ask("Which encoder (`xstilts encoders` lists short names)", first.encoder)
    languages = first.languages or names("Which test languages, by their codes", "all", "language")
    changed = replace(first, targets=targets, through=through, encoder=encoder, languages=languages)
    return replace(changed, question=ask("What does the study ask", changed.asked))


def _split(names: list[str] | None) -> tuple[str, ...]:
    """Return names of an option that may be repeated and may hold several, each once."""
    return tuple(dict.fromkeys(name.strip() for names in names or () for name in names.split(",") if name.strip()))


def _said(started: StartedStudy, own: OwnTask | None, file: Path | None) -> list[str]:
    lines = [f"seen: {sentence}." for sentence in started.seen]
    if own is not None:
        read = {use: number for use, number in own.files.items() if number is not None}
        lines += [f"read: every row of {use}, {number:,} examples." for use, number in read.items()]
        if not read:
            lines.append("read: the first rows of every file; --check reads all of them.")
    lines += [f"note: {note}." for note in started.notes]
    study = str(file or "study.yaml")
    folder = f" --data {own.folder}" if own is not None and own.folder != (file or Path("x")).resolve().parent else ""
    if started.to_fetch:
        lines.append(f"{started.to_fetch} files of its tasks are to be fetched first: `xstilts run` does so.")
    if started.missing:
        lines.append(f"{started.missing} sources can neither be found nor fetched here: `xstilts data check {study}`.")
    if file is not None:
        lines.append(f"Written: {file}. Next: xstilts plan {study}{folder}")
    return lines
