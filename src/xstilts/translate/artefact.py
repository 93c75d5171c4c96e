"""Artefact of a translation: the translated examples on disk.

rows.jsonl.gz   one example a line
counts.json     {"rows", "dropped" (reason -> rows), "kept" (reason -> rows that are as they were; of test sets),
                "sentences", "tokens" (of the original)}
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xstilts.core.files import read_json, write_atomic, write_json
from xstilts.data.examples import ChoiceExample, Example, LabelsExample, SpanExample, TextExample
from xstilts.data.read import LoadedExamples
from xstilts.data.text_lines import numbered_lines

_CLASSES: Mapping[str, type[Example]] = {
    example_class.__name__: example_class for example_class in (TextExample, LabelsExample, ChoiceExample, SpanExample)
}


def write_rows(examples: Sequence[Example], counts: Mapping[str, Any], out: Path) -> None:
    """Write the examples and the counts: "dropped" (reason -> rows), "sentences" and "tokens" (of the original)."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:  # the same rows are the same bytes
        for example in examples:
            where = example.where.rpartition("/")[2]
            line = {"is": type(example).__name__, **asdict(example), "where": where}
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    write_atomic(out / "rows.jsonl.gz", packed.getvalue())
    write_json(out / "counts.json", {"rows": len(examples), **counts})


def read_rows(folder: Path) -> LoadedExamples:
    """Return the examples, and the rows that were dropped on the way, those of the original file included."""
    examples = []
    for _, line in numbered_lines(folder / "rows.jsonl.gz"):
        fields = json.loads(line)
        make = _CLASSES[fields.pop("is")]
        examples.append(make(**{name: _tuples(value) for name, value in fields.items()}))
    dropped = read_json(folder / "counts.json")["dropped"]
    rows = len(examples) + sum(dropped.values())
    return LoadedExamples(examples=examples, row_numbers=range(len(examples)), rows=rows, dropped=dropped)


def rows_kept(folder: Path) -> dict[str, int]:
    """Return reason -> rows of a translation that are as they were."""
    return dict(read_json(folder / "counts.json").get("kept", {}))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
