"""Predict with a trained checkpoint on a user's own file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.app.execution import compute_here
from xstilts.core.errors import DataError
from xstilts.core.files import not_a_file, open_text, write_atomic
from xstilts.core.visible_text import escaped_json
from xstilts.data.examples import Example
from xstilts.data.readers.catalog import Conllu, Csv, Jsonl, JsonList, Lines, Parquet, SquadReader, Tsv
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import Drop, Reader, Row
from xstilts.data.text_lines import first_character, reading
from xstilts.pipeline.options import Options
from xstilts.tasks.base import Task


def read_examples(path: Path, task: Task, like: str = "") -> list[Example]:
    """A user's file as examples of the task's input shape; ids are row numbers, or as the task has them. `like`: the
    file of the task that it is laid out as, "train", "dev" or the language of a test; "" : as its name says. Raises
    DataError (file:line)."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}'.")
    examples = []
    places: dict[str, str] = {}  # id -> where it stands first
    for example in _as_task_reads(path, task, like) if like else _as_named(path, task):
        if example is None:
            message = f"A {task.kind.name} task predicts on whole test sets, not on single rows."
            raise DataError(message, where=task.name)
        task.kind.check(example)
        if (first := places.setdefault(example.id, example.where)) != example.where:
            raise DataError(f"the id '{example.id}' occurs twice, first at {first}", where=example.where)
        examples.append(example)
    if not examples:
        raise DataError("The file has no rows.", where=str(path))
    return examples


def _as_named(path: Path, task: Task) -> Iterator[Example | None]:
    return (task.kind.from_user_row(row, str(number)) for number, row in enumerate(read_rows(path)))


def _as_task_reads(path: Path, task: Task, like: str) -> Iterator[Example | None]:
    """Yield the examples of a file that is laid out as one of the task, without their gold; None for a row of several.
    Raises DataError for a file that the task does not have, and for one of a layout of several files."""
    sources = {"train": task.train, "dev": task.dev, **task.test}
    named = {use: source for use, source in sources.items() if source is not None}
    if like not in named:
        raise DataError(f"'{task.name}' has no file '{like}'.", where="--like", value=like, allowed=named)
    place = named[like].places[0]
    if len(place.files) != 1:
        files = ", ".join(place.files)
        raise DataError(f"Its rows are in {len(place.files)} files ({files}); one is read here.", where="--like")
    make = place.row.without_gold() if isinstance(place.row, RowMakerBase) else place.row
    for number, row in enumerate(place.read([path])):
        example = make(row, number)
        if not isinstance(example, Drop):
            yield example if isinstance(example, Example) else None


def read_rows(path: Path) -> Iterator[Row]:
    """Read a file as a study reads one of its layout: a table, JSON, CoNLL-U, or a text on each line."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".json"):  # a list of objects, SQuAD's object, or an object a line
        yield from _json_reader(path)([path])
        return
    reader = next((reader for ending, reader in _READERS.items() if name.endswith(ending)), None)
    if reader is not None:
        yield from reader([path])
    else:
        for row in Lines(blank=True)([path]):
            yield {**row, "words": row["text"]}


def _json_reader(path: Path) -> Reader:
    if first_character(path) == "[":
        return JsonList()
    with reading(path), open_text(path) as file:
        return SquadReader() if _SQUAD.match(file.read(_LOOK)) else Jsonl()


_LOOK = 4096  # characters
_SQUAD = re.compile(r'\ufeff?\s*\{[^{}\[\]]*"data"\s*:\s*\[\s*\{')  # an object with a list of documents
_READERS: Mapping[str, Reader] = {
    ".jsonl": Jsonl(),
    ".tsv": Tsv(header=True),
    ".csv": Csv(),
    ".parquet": Parquet(),
    ".conllu": Conllu(),
}


def predict_file(checkpoint: str, path: Path, task: Task, options: Options, out: Path | None, like: str = "") -> str:
    """Return one JSON line a row, `{"id", "prediction"}` (and the labels' scores); `out`: a file they go into; `like`:
    as for `read_examples`."""
    if out is not None and out.exists() and path.exists() and out.samefile(path):
        raise DataError(f"'{out}' is the file that is read; predictions would overwrite it.", where="--out")
    if out is not None and (out.is_dir() or not_a_file(out)):
        raise DataError(
            f"'{out}' is no file; predictions go into a new file, or one that they may replace.", where="--out"
        )
    folder = checkpoint_folder(checkpoint, options)
    examples = read_examples(path, task, like)
    from xstilts.evaluate.predict import CheckpointRef, predict_examples

    compute = compute_here(options)
    predictions = predict_examples(CheckpointRef(checkpoint=folder, task=task.name), task.kind, examples, compute)
    lines = [
        _line(example.id, guess, predictions.scores[i] if predictions.scores else None)
        for i, (example, guess) in enumerate(zip(examples, predictions.guesses, strict=True))
    ]
    text = escaped_json("\n".join(lines))
    if out is not None:
        write_atomic(out, text + "\n")
    return text


def _line(name: str, guess: Any, scores: Mapping[str, float] | None) -> str:
    return json.dumps({"id": name, "prediction": guess, **({"scores": scores} if scores else {})}, ensure_ascii=False)
