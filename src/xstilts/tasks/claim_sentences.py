"""Claim sentences: does a sentence of an abstract state a result of its paper? For the evidence of the literature."""

from __future__ import annotations

from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Source
from xstilts.kinds.classification import Classification
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import local, source

CLAIM, OTHER = "claim", "other"
_ROW = TextRow(label="label", group=("id",))  # sentences of one abstract


def _split(name: str, rows: int) -> Source:
    return source(local(Tsv(header=True), _ROW, f"claim-sentences/{name}.tsv.gz"), rows=rows)


CLAIM_SENTENCES = Task(
    name="claim-sentences",
    kind=Classification(labels=(CLAIM, OTHER)),
    train=_split("train", 2_500),
    dev=_split("dev", 134),
    test={"en": _split("test", 213)},
    origin=Origin(
        licence="CC BY 4.0 (abstracts of the ACL Anthology)",
        cite="abstracts of the ACL Anthology, 2019 to 2021, by paper; labels: scripts/make_claim_sentences.py",
        home="https://aclanthology.org",
        text="original",
    ),
)

TASKS = (CLAIM_SENTENCES,)
