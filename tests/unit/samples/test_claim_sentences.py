"""Sentences with labels "claim" and "other": what cues say, and which abstracts are in which set."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from xstilts.evidence.works import WorkRecord
from xstilts.samples import ROOT
from xstilts.tasks.claim_sentences import CLAIM_SENTENCES

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "make_claim_sentences.py"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_claim_sentences", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_claim_sentences"] = module
    spec.loader.exec_module(module)
    return module


def rows(split: str) -> list[dict[str, str]]:
    with gzip.open(ROOT / f"claim-sentences/{split}.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_no_abstract_is_learnt_from_and_scored(maker: ModuleType):
    papers = {split: {row["id"] for row in rows(split)} for split in ("train", "dev", "test")}
    assert not papers["train"] & (papers["dev"] | papers["test"]) and not papers["dev"] & papers["test"]
    assert [len(rows(split)) for split in ("test", "dev")] == [maker.TEST, maker.DEV]
    assert sum(row["label"] == "claim" for split in ("test", "dev") for row in rows(split)) == len(maker.CLAIMS)
    labels = CLAIM_SENTENCES.kind.labels  # type: ignore[attr-defined]
    assert all({row["label"] for row in rows(split)} == set(labels) for split in papers)


def test_cues_label_and_every_second_that_is_cut_off(maker: ModuleType, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(maker, "LABELLED", 0)
    monkeypatch.setattr(maker, "KEPT", {"claim": 2, "other": 2})
    abstracts = (
        "Parsing is an old task of the field. We find that trees help in each language. Nobody knows what this is. "
        "However, we show that words help in two languages.",
        "Words are many and varied. Our experiments show that, in short, trees hurt in one of the languages.",
    )
    papers = [WorkRecord(source="acl", id=str(n), title="T", abstract=text) for n, text in enumerate(abstracts)]
    assert sorted(maker.by_cues(papers)) == [
        ("0", "Parsing is an old task of the field.", "other"),
        ("0", "We find that trees help in each language.", "claim"),
        ("1", "In short, trees hurt in one of the languages.", "claim"),
        ("1", "Words are many and varied.", "other"),
    ]


def test_the_same_rows_are_the_same_bytes(maker: ModuleType, tmp_path: Path):
    some = [maker.Labelled("1", "A sentence.", "other")]
    assert maker.write(tmp_path / "a/x.tsv.gz", some) == maker.write(tmp_path / "b/x.tsv.gz", some)
    assert gzip.decompress((tmp_path / "a/x.tsv.gz").read_bytes()) == b"id\ttext\tlabel\n1\tA sentence.\tother\n"
