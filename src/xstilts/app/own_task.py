"""A task declared from files that somebody has: looked at, named, and its rows read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.languages import canonical_code
from xstilts.core.visible_text import visible
from xstilts.data.examples import Example
from xstilts.data.layouts.base import FileLook
from xstilts.data.layouts.languages import guessed_language, named_language, named_use
from xstilts.data.layouts.look import look_at
from xstilts.data.read import ResolvedSource, first_examples, load_examples
from xstilts.data.source import Source
from xstilts.study.first_task import TaskGuess, guess_task, labels_of, texts_of
from xstilts.study.task_section import UserTask
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

_FIRST_EXAMPLES = 50  # that are made of each file, where not all are asked for


@dataclass(frozen=True, kw_only=True)
class OwnTask:
    """A task as a study declares it.

    Attributes:
        keys: the keys of its section, in the order in which they are written.
        folder: the files are named below it.
        seen: sentences that say what was seen, and what was guessed of it.
        files: use ("train", "dev", "test de") -> examples read, or None where only the first ones were.
    """

    name: str
    keys: Mapping[str, Any]
    folder: Path
    seen: tuple[str, ...]
    files: Mapping[str, int | None]

    @property
    def can_be_target(self) -> bool:
        return bool(self.keys.get("test"))

    @property
    def can_be_trained(self) -> bool:
        return "train" in self.keys


def own_task(
    paths: Sequence[Path], *, beside: Path, name: str = "", kind: str = "", language: str = "", check: bool = False
) -> OwnTask:
    """Return a task made of files of one layout, the first of which says what all are.

    Args:
        paths: files for training, selection and tests, told apart by their names (train, dev, test); where those say
            nothing, the first one is trained on and the others are tested on.
        beside: the folder of the study; files below it are named from there.
        kind, language: what is known already; "" is guessed.
        check: read every row, not only the first ones.

    Raises:
        DataError: for a file that cannot be read, that nothing fits, or whose rows do not fit the first file's.
        StudyError: for an unknown language.
    """
    looks = [look_at(path) for path in paths]
    guess = guess_task(looks[0], kind)
    folder = _common_folder(paths, beside)
    uses = _uses(looks, guess, language)
    labels = labels_of(looks, guess) if guess.label else ()
    keys: dict[str, Any] = {"kind": guess.kind, "reader": looks[0].layout, **looks[0].keys}
    if guess.columns:
        keys["columns"] = dict(guess.columns)
    if labels:
        keys["labels"] = list(labels)
    keys |= guess.keys
    seen = [*looks[0].seen, *guess.seen]
    if labels:
        shown = ", ".join(labels[:12]) + (f" and {len(labels) - 12} more" if len(labels) > 12 else "")
        seen.append(f"{len(labels)} labels in all rows: {shown}")
    for use in uses:
        seen.append(f"{use.look.path.name}: {use.said}")
        file = use.look.path.resolve().relative_to(folder).as_posix()
        section, key = (keys.setdefault("test", {}), use.language) if use.use == "test" else (keys, use.use)
        section[key] = [*_listed(section[key]), file] if key in section else file
        if use.use == "train" and use.language != "en":
            keys["language"] = use.language
    name = name or _name_of(paths)
    [task] = declared_tasks({name: UserTask.model_validate(keys)})
    return OwnTask(
        name=name, keys=keys, folder=folder, seen=tuple(map(visible, seen)), files=dict(_read(task, folder, check))
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Use:
    look: FileLook
    use: str
    language: str
    said: str


def _uses(looks: Sequence[FileLook], guess: TaskGuess, language: str) -> Iterator[_Use]:
    trained = any(named_use(look.path) == "train" for look in looks)
    for number, look in enumerate(looks):
        named = named_use(look.path)
        use = named or ("test" if trained or number else "train")
        by_name = f"for {'training' if use == 'train' else 'selection' if use == 'dev' else 'testing'}"
        code, why = guessed_language(look.path, texts_of(look, guess))
        if language and not (use == "test" and named_language(look.path)):
            code, why = canonical_code(language, "--language"), "as --language says"
        yield _Use(look=look, use=use, language=code, said=f"{by_name}, in {code}: {why}")


def _listed(files: str | list[str]) -> list[str]:
    return [files] if isinstance(files, str) else files


def _common_folder(paths: Sequence[Path], beside: Path) -> Path:
    """Return the folder of the study, where all files lie below it, else the lowest one that has all of them."""
    whole = [path.resolve() for path in paths]
    if all(path.is_relative_to(beside.resolve()) for path in whole):
        return beside.resolve()
    return Path(os.path.commonpath([path.parent for path in whole]))


def _name_of(paths: Sequence[Path]) -> str:
    """Return a name for the task: what is left of the first file's name without use and language, else its folder's."""
    stem = paths[0].name.removesuffix(".gz").rpartition(".")[0]
    spoken = {named_language(paths[0])}
    pieces = [
        piece
        for piece in re.split(r"[^\w]+|_", stem.lower())
        if piece and piece not in spoken and not named_use(Path(f"{piece}.x"))
    ]
    folder = re.sub(r"[^\w]+", "-", paths[0].resolve().parent.name.lower()).strip("-")
    return "-".join(pieces) or folder or "mine"


def _read(task: Task, folder: Path, check: bool) -> Iterator[tuple[str, int | None]]:
    """Yield (use, number of examples) of each file once its rows are read, or (use, None) once its first ones are."""
    for use, source in task.sources:
        name = f"test {source.language}" if use == "test" else use
        yield name, _read_source(task, source, folder, check)


def _read_source(task: Task, source: Source, folder: Path, check: bool) -> int | None:
    [place] = source.places
    paths = tuple(folder / name for name in place.files)
    resolved = ResolvedSource(files=(), read=place.read, row=place.row, language=source.language, paths=paths)
    examples: Sequence[Example] = (
        load_examples(resolved).examples if check else list(islice(first_examples(resolved), _FIRST_EXAMPLES))
    )
    if not examples:
        raise DataError("the file has no rows.", where=str(paths[0]))
    for example in examples:
        task.kind.check(example)
    return len(examples) if check else None
