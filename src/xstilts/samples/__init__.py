"""Packaged samples: small cuts of real public data under the paths that full files have below a data root.

`manifest.json` says of each what was cut, where it comes from and its licence; `scripts/make_samples.py` made them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
CUT = "packaged sample: "  # how the description of a file that was cut begins


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """path below `ROOT` -> {path, unit, rows, of, licence, origin, sha256}."""
    entries = json.loads((ROOT / "manifest.json").read_text("utf-8"))["files"]
    return {entry["path"]: entry for entry in entries}


def describe(path: Path | str) -> str | None:
    """Return what was cut from a packaged file, for every report that shows its scores; None for any other file.

    >>> describe(ROOT / "ud/en/en_ewt-ud-train.conllu.gz")
    'packaged sample: 3,000 of 12,544 sentences'
    """
    path = Path(path)
    if not path.is_relative_to(ROOT):
        return None
    entry = manifest().get(path.relative_to(ROOT).as_posix())
    if entry is None:
        return None
    if entry["rows"] == entry["of"]:
        return f"packaged: all {entry['of']:,} {entry['unit']}"
    return f"{CUT}{entry['rows']:,} of {entry['of']:,} {entry['unit']}"
