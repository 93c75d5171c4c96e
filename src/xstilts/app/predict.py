"""Use a trained checkpoint on a user's own file, or hand it on as an ordinary model folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, EncoderError
from xstilts.core.files import open_text, read_json, write_atomic
from xstilts.data.examples import Example
from xstilts.data.readers.catalog import Csv, Jsonl, Tsv
from xstilts.data.source import Row
from xstilts.engine.store import Store
from xstilts.pipeline.options import Options, devices
from xstilts.pipeline.session import catalog_for
from xstilts.study.load import load_study
from xstilts.study.resolve import with_settings
from xstilts.tasks.base import Task


def checkpoint_folder(given: str, options: Options) -> Path:
    """A checkpoint by folder, or by the key of a training step in the store. Raises EncoderError when it is neither, or
    its weights were deleted after its predictions had been stored."""
    for folder in (Path(given), options.store / "steps" / given):
        if (folder / "heads.json").is_file():
            if not all((folder / name).is_file() for name in read_json(folder / "parts.json")["weights"]):
                raise EncoderError(
                    f"The checkpoint '{given}' has no weights any more: they went once its predictions were stored.",
                    hint="Run the study with `keep: all` to keep them.",
                )
            return folder
    keys = sorted(record["key"] for _, record in Store(options.store).records("train"))
    raise EncoderError(f"'{given}' is neither a checkpoint folder nor a training step here.", value=given, allowed=keys)


def read_examples(path: Path, task: Task) -> list[Example]:
    """A user's file as examples of the task's input shape; ids are row numbers. Raises DataError (file:line)."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}'.")
    examples = []
    for number, row in enumerate(_rows(path)):
        example = task.kind.from_user_row(row, str(number))
        if example is None:
            what = f"A {task.kind.name} task predicts on whole test sets, not on single rows."
            raise DataError(what, where=task.name)
        examples.append(example)
    if not examples:
        raise DataError("The file has no rows.", where=str(path))
    return examples


def _rows(path: Path) -> Iterator[Row]:
    name = path.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".json")):
        yield from Jsonl()([path])
    elif name.endswith(".tsv"):
        yield from Tsv(header=True)([path])
    elif name.endswith(".csv"):
        yield from Csv()([path])
    else:
        with open_text(path) as file:
            for number, line in enumerate(file, 1):
                text = line.rstrip("\r\n")
                yield {"text": text, "words": text, "where": f"{path}:{number}"}


def task_for(name: str, study: str | None, options: Options) -> Task:
    """A task by name, as `study` declares or changes it where one is given. Raises StudyError for an unknown one."""
    if study is None:
        return catalog_for(None, options).find(name)
    loaded = load_study(study)
    return with_settings(loaded, catalog_for(loaded, options)).find(name)


def predict_file(checkpoint: str, path: Path, task: Task, options: Options, out: Path | None) -> int:
    """Writes one JSON line a row, `{"id", "prediction"}` (and the labels' scores), to `out` or standard output.
    Returns the number of rows."""
    folder = checkpoint_folder(checkpoint, options)
    examples = read_examples(path, task)
    from xstilts.evaluate.predict import CheckpointRef, predict_examples
    from xstilts.train.job import Compute

    compute = Compute(device=devices(options)[0], threads=options.threads or os.cpu_count() or 1)
    found = predict_examples(CheckpointRef(checkpoint=folder, task=task.name), task.kind, examples, compute)
    lines = [
        _line(example.id, guess, found.scores[i] if found.scores else None)
        for i, (example, guess) in enumerate(zip(examples, found.guesses, strict=True))
    ]
    text = "\n".join(lines) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        write_atomic(out, text)
    return len(lines)


def _line(name: str, guess: Any, scores: Mapping[str, float] | None) -> str:
    return json.dumps({"id": name, "prediction": guess, **({"scores": scores} if scores else {})}, ensure_ascii=False)


def export_checkpoint(
    checkpoint: str, out: Path, task: Task, options: Options, adapter: bool = False
) -> dict[str, Any]:
    """Writes an ordinary Hugging Face folder; says which class loads it, None where transformers has none. `adapter`:
    its LoRA or IA3 alone, in the files of peft."""
    from xstilts.evaluate.export import export, export_adapter

    folder = checkpoint_folder(checkpoint, options)
    if adapter:
        export_adapter(folder, task.kind, out)
        return {"folder": str(out), "auto_class": None}
    auto_class = export(folder, task.kind, out, task.name)
    return {"folder": str(out), "auto_class": auto_class}
