"""Predict with a trained checkpoint on a user's own file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.core.environment import default_threads
from xstilts.core.errors import DataError
from xstilts.core.files import not_a_file, write_atomic
from xstilts.core.visible_text import escaped_json
from xstilts.data.examples import Example
from xstilts.data.readers.catalog import Conllu, Csv, Jsonl, JsonList, Lines, Parquet, Tsv
from xstilts.data.source import Reader, Row
from xstilts.data.text_lines import first_character
from xstilts.pipeline.options import Options, devices
from xstilts.tasks.base import Task


def read_examples(path: Path, task: Task) -> list[Example]:
    """A user's file as examples of the task's input shape; ids are row numbers. Raises DataError (file:line)."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}'.")
    examples = []
    places: dict[str, str] = {}  # id -> where it stands first
    for number, row in enumerate(read_rows(path)):
        example = task.kind.from_user_row(row, str(number))
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


def read_rows(path: Path) -> Iterator[Row]:
    """Read a file as a study reads one of its layout: a table, JSON, CoNLL-U, or a text on each line."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".json"):  # a list of objects, or an object a line
        yield from (JsonList() if first_character(path) == "[" else Jsonl())([path])
        return
    reader = next((reader for ending, reader in _READERS.items() if name.endswith(ending)), None)
    if reader is not None:
        yield from reader([path])
    else:
        for row in Lines(blank=True)([path]):
            yield {**row, "words": row["text"]}


_READERS: Mapping[str, Reader] = {
    ".jsonl": Jsonl(),
    ".tsv": Tsv(header=True),
    ".csv": Csv(),
    ".parquet": Parquet(),
    ".conllu": Conllu(),
}


def predict_file(checkpoint: str, path: Path, task: Task, options: Options, out: Path | None) -> str:
    """Return one JSON line a row, `{"id", "prediction"}` (and the labels' scores); `out`: a file they go into."""
    if out is not None and out.exists() and path.exists() and out.samefile(path):
        raise DataError(f"'{out}' is the file that is read; predictions would overwrite it.", where="--out")
    if out is not None and (out.is_dir() or not_a_file(out)):
        raise DataError(
            f"'{out}' is no file; predictions go into a new file, or one that they may replace.", where="--out"
        )
    folder = checkpoint_folder(checkpoint, options)
    examples = read_examples(path, task)
    from xstilts.evaluate.predict import CheckpointRef, predict_examples
    from xstilts.train.job import Compute

    compute = Compute(device=devices(options)[0], threads=options.threads or default_threads())
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
