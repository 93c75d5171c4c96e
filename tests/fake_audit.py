"""An audit as the store would hold it, with invented leaks of the examples of `fake_study`."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fake_study import EXAMPLES

SAMPLE = "<b>Somebody</b> said so"


def audit(folder: Path, leaked: dict[tuple[str, str], dict[str, list[int]]], training: str = "mnli") -> Path:
    """An audit artefact: (target, language) -> level -> numbers of the examples."""
    folder.mkdir()
    leaks, lines = [], []
    for (target, language), levels in leaked.items():
        counts = {level: len(levels.get(level, ())) for level in ("exact", "normalised", "near", "run")}
        key = {"target": target, "language": language}
        leaks.append({**key, "training": training, "rows": EXAMPLES, **counts, "sample": SAMPLE})
        lines += [{**key, "id": f"{language}-{i}", "level": level} for level, of in levels.items() for i in of]
    tests = [{"target": target, "language": language, "rows": EXAMPLES} for target, language in leaked]
    record = {"leaks": leaks, "tests": tests, "trainings": {training: 1234}}
    (folder / "leaks.json").write_text(json.dumps(record))
    schema = pa.schema([(name, pa.string()) for name in ("target", "language", "id", "level")])
    pq.write_table(pa.Table.from_pylist(lines, schema=schema), folder / "leaked.parquet")
    return folder
