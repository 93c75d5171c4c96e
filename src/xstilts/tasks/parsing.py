"""Dependency parsing: trees over the words of a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.data.readers.catalog import ConlluTrees
from xstilts.data.row_makers.catalog import TreesRow
from xstilts.data.source import Source
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.label_sets import UNIVERSAL_RELATIONS
from xstilts.tasks.base import Task
from xstilts.tasks.sources import raw, source, web
from xstilts.tasks.tagging import UDPOS
from xstilts.tasks.treebanks import EWT, TREEBANKS, Treebank

# Subtypes ("nsubj:pass") are cut off: each language has its own, and LAS does not look at them. Names are groups
# because the PUD treebanks translate the same sentences.
_TREES = TreesRow(cut=":", group=("sent_id",))
_EWT = tuple(treebank for treebank in TREEBANKS if treebank.name == "en_ewt")
_NOTE = "one or two treebanks a language; local copies hold at most 500 sentences of each but English"


def _ud(split: str, language: str, treebanks: Sequence[Treebank]) -> Source:
    """Return all sentences of some treebanks, one treebank after another."""
    files = tuple(f"ud/{language}/{treebank.file(split)}" for treebank in treebanks)
    urls = tuple(url for t in treebanks for url in raw(t.repository, t.commit, t.file(split)))
    rows = {"train": 12_544, "dev": 2_001}.get(split, 1_000 * len(treebanks))
    place = web(ConlluTrees(), _TREES, files, urls)
    return source(place, language=language, note=_NOTE if split == "test" else "", rows=rows)


def _tests() -> dict[str, Source]:
    languages = dict.fromkeys(treebank.language for treebank in TREEBANKS)
    return {code: _ud("test", code, [t for t in TREEBANKS if t.language == code]) for code in languages}


DEPENDENCY = Task(
    name="dependency",
    kind=Dependency(labels=UNIVERSAL_RELATIONS, open_labels=True),
    train=_ud("train", "en", _EWT),
    dev=_ud("dev", "en", _EWT),
    test=_tests(),
    corpora=(EWT,),
    same_tests_as="udpos-words",
    origin=UDPOS.origin,
)

TASKS = (DEPENDENCY,)
