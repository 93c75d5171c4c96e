"""JSON lines: a value on each line of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.text_lines import numbered_lines


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield number (from 1) and value of each line that is not blank. Raises DataError (file:line)."""
    for number, line in numbered_lines(path):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError("the line is no JSON", where=f"{path}:{number}") from error
            yield number, value
