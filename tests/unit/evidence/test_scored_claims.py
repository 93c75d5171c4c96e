"""The verifier is scored on claims with gold, beside a baseline, as SciFact's evaluator counts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from xstilts.core.errors import DataError
from xstilts.evidence.entailment import CONTRADICT, LABELS, NOT_ENOUGH_INFO, SUPPORT
from xstilts.evidence.scored_claims import (
    LabelledPair,
    claims_of_pairs,
    finding_of,
    gold_label,
    halves,
    read_claim_set,
    read_pairs,
    score_claims,
)
from xstilts.evidence.verification import UNCALIBRATED

PAIRS = [
    LabelledPair("Trees of syntax help parsers in Finnish.", "Syntax trees help Finnish parsers.", SUPPORT),
    LabelledPair("Noise of keyboards hurts taggers badly.", "Keyboard noise never hurts taggers.", CONTRADICT),
    LabelledPair("Bananas grow in warm regions.", "Warm regions have cold winters.", NOT_ENOUGH_INFO),
    LabelledPair("Adapters are small layers of encoders.", "Small layers of encoders are adapters.", SUPPORT),
]


def knowing(pairs):
    """An entailment that knows the answers."""
    gold = {(one.evidence, one.claim): one.label for one in PAIRS}
    table = [[0.98 if gold.get(pair, NOT_ENOUGH_INFO) == label else 0.01 for label in LABELS] for pair in pairs]
    return np.array(table).reshape(-1, 3)


def test_who_knows_the_answers_has_all_of_them_and_the_baseline_those_of_the_commonest_label():
    scores = score_claims(claims_of_pairs(PAIRS), knowing, UNCALIBRATED)
    assert scores.verifier.abstract_rationalized.f1 == 1 and scores.right == (True,) * 4
    assert scores.baseline.sentence_selection.recall == 1  # of the three with a rationale
    assert scores.baseline.abstract_rationalized.recall == pytest.approx(2 / 3)
    assert sum(one.n for one in scores.bins) == 4


def test_halves_share_no_premise():
    first, second = halves([*PAIRS, PAIRS[0]._replace(claim="Trees help.")])
    assert len(first.claims) == 3 and len(second.claims) == 2
    assert not {one.text for one in first.texts} & {one.text for one in second.texts}


def test_pairs_are_read_and_other_labels_passed_over(tmp_path: Path):
    path = tmp_path / "x.tsv.gz"
    path.write_bytes(gzip.compress(b'a\tb\tl\nA "quoted".\tB.\tentailment\nC.\tD.\t-\n'))
    assert read_pairs(path, "a", "b", "l") == [LabelledPair('A "quoted".', "B.", SUPPORT)]
    assert len(read_pairs(path, "x", "y", "z", header=False)) == 1


def test_files_of_scifact_are_read(tmp_path: Path):
    claim = {"id": 7, "claim": "Trees help.", "evidence": {"3": [{"sentences": [1], "label": "SUPPORT"}]}}
    (tmp_path / "claims.jsonl").write_text(json.dumps(claim), "utf-8")
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"doc_id": 3, "abstract": ["We ask.", "Trees help."]}), "utf-8")
    read = read_claim_set(tmp_path)
    assert read.places == {"0": (3, 0), "1": (3, 1)} and gold_label(read.claims[0]) == SUPPORT
    assert finding_of(read.claims[0]).text == "Trees help."
    (tmp_path / "corpus.jsonl").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="no abstract of SciFact"):
        read_claim_set(tmp_path)
