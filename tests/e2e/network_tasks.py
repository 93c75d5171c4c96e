"""Tasks whose files a hub has, as a user's module would declare them. `TASKS` looks at one file of the hub's data set
and one that only its original address has."""

from __future__ import annotations

import os

from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Place, Source
from xstilts.kinds.classification import Classification
from xstilts.tasks.base import Origin, Task

ADDRESS = os.environ.get("TOY_ADDRESS", "http://127.0.0.1:9")
ROW = TextRow(text="text", label="sky")


def source(language: str) -> Source:
    name = f"sky-{language}.tsv"
    place = Place(hub="o/n", files=(name,), urls=(f"{ADDRESS}/{name}",), read=Tsv(header=True), row=ROW)
    return Source(places=(place,), language=language)


SKY = Task(
    name="sky",
    kind=Classification(labels=("fair", "foul")),
    train=source("en"),
    holdout=0.25,
    test={language: source(language) for language in ("de", "sw")},
    origin=Origin(licence="CC0 1.0", cite="made for a test"),
)
TASKS = (SKY,)
