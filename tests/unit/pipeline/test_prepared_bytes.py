"""What a plan says that prepared files take, against what they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from toy_kinds import KINDS, examples, tokenizer
from xstilts.kinds.tokenized import write
from xstilts.pipeline.estimates import Size
from xstilts.pipeline.steps.prepare import stored_bytes

NUMBER = 400


@pytest.mark.parametrize("name", KINDS)
def test_prepared_files_take_about_what_a_plan_says(name: str, tmp_path: Path) -> None:
    meta = write(examples(name, NUMBER), KINDS[name], tokenizer(), 40, tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    planned = stored_bytes(Size(rows=meta["rows"], tokens=meta["tokens"], counted=True))
    assert size / 1.6 < planned < size * 1.6
