"""Scores of claims with rationales are the numbers of SciFact's evaluator."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.evidence.scifact import (
    GoldClaim,
    PredictedEvidence,
    Rationale,
    SciFactScores,
    gold_claim,
    lacking,
    predicted_claim,
    read_claims,
    read_predictions,
    scifact_scores,
)

CLAIM = GoldClaim(
    id=1,
    text="c",
    evidence={7: (Rationale((0, 1), "SUPPORT"), Rationale((5,), "SUPPORT")), 8: (Rationale((2,), "CONTRADICT"),)},
    cited=(7, 8),
)


def numbers(scores: SciFactScores) -> dict[str, dict[str, float]]:
    return {name: one._asdict() for name, one in vars(scores).items()}


@pytest.mark.parametrize("system", ["good", "fair", "poor", "half", "empty"])
def test_the_evaluators_numbers_are_exact(shared_golden: Path, system: str):
    folder = shared_golden / "scifact"
    official = json.loads((folder / "official.json").read_text("utf-8"))[system]["pipeline"]
    claims = read_claims(folder / "claims.jsonl")
    predictions = read_predictions(folder / f"{system}.predictions.jsonl")
    assert numbers(scifact_scores(claims, predictions)) == official
    assert bool(lacking(claims, predictions)) == (system == "half")


def test_the_evaluators_single_cases(shared_golden: Path):
    cases = json.loads((shared_golden / "scifact" / "edge" / "cases.json").read_text("utf-8"))["cases"]
    compared = 0
    for case in cases:
        try:
            claims = [gold_claim(claim, "") for claim in case["claims"]]
            predictions = dict(predicted_claim(one, "") for one in case["predictions"])
            scores = numbers(scifact_scores(claims, predictions))
        except DataError:
            scores = None
        if isinstance(case["official"], dict) and "sentence_selection" in case["official"]:
            assert scores == case["official"], case["case"]
            compared += 1
        else:
            assert scores is None, case["case"]
    assert compared >= 4


def test_only_the_first_three_sentences_count_for_an_abstract():
    late = scifact_scores([CLAIM], {1: {7: PredictedEvidence("SUPPORT", (9, 8, 3, 5))}})
    early = scifact_scores([CLAIM], {1: {7: PredictedEvidence("SUPPORT", (9, 8, 5))}})
    assert (late.abstract_rationalized.f1, early.abstract_rationalized.precision) == (0.0, 1.0)
    assert late.abstract_label_only == (1.0, 0.5, 2 / 3)


def test_half_a_rationale_is_no_sentence_and_a_wrong_label_is_no_label():
    scores = scifact_scores([CLAIM], {1: {7: PredictedEvidence("CONTRADICT", (0, 5))}})
    assert scores.sentence_selection == (0.5, 0.25, 1 / 3) and scores.sentence_label.f1 == 0.0
    assert asdict(scores)


@pytest.mark.parametrize(
    ("claim", "predicted", "said"),
    [
        (CLAIM, {2: {}}, "no claim 2"),
        (CLAIM, {1: {7: PredictedEvidence("REFUTES", (0,))}}, "REFUTES"),
        (GoldClaim(id=1, text="", evidence={7: (Rationale((0,), "A"), Rationale((1,), "B"))}, cited=()), {1: {}},
         "several labels"),
        (GoldClaim(id=1, text="", evidence={7: (Rationale((0,), "A"), Rationale((0,), "A"))}, cited=()), {1: {}},
         "two rationales"),
    ],
)  # fmt: skip
def test_what_the_evaluator_stops_at_is_an_error(claim: GoldClaim, predicted: dict, said: str):
    with pytest.raises(DataError, match=said):
        scifact_scores([claim], predicted)


def test_a_line_that_is_no_claim_names_its_place(tmp_path: Path):
    (tmp_path / "c.jsonl").write_text('{"id": 1, "claim": "c"}\n{"id": "x"}\n', "utf-8")
    with pytest.raises(DataError, match=r"c\.jsonl:2"):
        read_claims(tmp_path / "c.jsonl")
