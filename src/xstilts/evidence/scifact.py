"""SciFact scores: claims verified against abstracts, label and rationale sentences, as the evaluator of Wadden et al.
2020 ("Fact or Fiction: Verifying Scientific Claims") counts them.

An abstract is predicted right with a label that its gold has; it is right and rationalised where the first three
predicted sentences contain a whole gold rationale. A sentence is right where the whole rationale that it belongs to was
predicted. All are micro averages over claims; of nothing, 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from xstilts.core.errors import DataError
from xstilts.evidence.json_lines import json_lines

MOST_SENTENCES = 3  # of an abstract, that count for its rationale
PREDICTED = ("SUPPORT", "CONTRADICT")


class Rationale(NamedTuple):
    """A set of sentences of an abstract that together say the label."""

    sentences: tuple[int, ...]
    label: str


@dataclass(frozen=True, kw_only=True)
class GoldClaim:
    """A claim with its rationales in each abstract (document id -> rationales), and the abstracts that it cites."""

    id: int
    text: str
    evidence: Mapping[int, tuple[Rationale, ...]]
    cited: tuple[int, ...]


class PredictedEvidence(NamedTuple):
    """What is predicted of one abstract: a label, and sentences in the order of their rank."""

    label: str
    sentences: tuple[int, ...]


Predictions = Mapping[int, Mapping[int, PredictedEvidence]]  # claim -> document -> what is predicted


class PrecisionRecall(NamedTuple):
    """Precision, recall and F1, 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class SciFactScores:
    """The four scores of the evaluator, by its names."""

    sentence_selection: PrecisionRecall
    sentence_label: PrecisionRecall
    abstract_label_only: PrecisionRecall
    abstract_rationalized: PrecisionRecall


@dataclass
class _Counts:
    relevant: int = 0
    retrieved: int = 0
    selected: int = 0
    labelled: int = 0

    def f1(self, correct: int) -> PrecisionRecall:
        precision = correct / self.retrieved if self.retrieved else 0.0
        recall = correct / self.relevant if self.relevant else 0.0
        total = precision + recall
        return PrecisionRecall(precision, recall, 2 * precision * recall / total if total else 0.0)


def scifact_scores(claims: Iterable[GoldClaim], predictions: Predictions) -> SciFactScores:
    """Score predictions; claims without any are left out, as the evaluator does (`lacking` names them).

    Raises DataError for a prediction of an unknown claim, a label that is none of `PREDICTED`, and gold that has two
    labels of one abstract or one sentence in two rationales."""
    by_id = {claim.id: claim for claim in claims}
    sentences, abstracts = _Counts(), _Counts()
    for claim_id, documents in predictions.items():
        if claim_id not in by_id:
            raise DataError(f"There is no claim {claim_id}.", where="predictions")
        _count(by_id[claim_id], documents, sentences, abstracts)
    return SciFactScores(
        sentence_selection=sentences.f1(sentences.selected),
        sentence_label=sentences.f1(sentences.labelled),
        abstract_label_only=abstracts.f1(abstracts.labelled),
        abstract_rationalized=abstracts.f1(abstracts.selected),
    )


def lacking(claims: Iterable[GoldClaim], predictions: Predictions) -> tuple[int, ...]:
    """Return the claims without a prediction: the evaluator's recall does not miss them."""
    return tuple(claim.id for claim in claims if claim.id not in predictions)


def _count(
    claim: GoldClaim, documents: Mapping[int, PredictedEvidence], sentences: _Counts, abstracts: _Counts
) -> None:
    gold_labels = {document: _label(claim, document) for document in claim.evidence}
    sentences.relevant += sum(len(one.sentences) for gold in claim.evidence.values() for one in gold)
    abstracts.relevant += len(claim.evidence)
    for document, predicted in documents.items():
        if predicted.label not in PREDICTED:
            raise DataError(f"'{predicted.label}' is no label of a prediction.", where=f"claim {claim.id}",
                            value=predicted.label, allowed=PREDICTED)  # fmt: skip
        gold = claim.evidence.get(document, ())
        abstracts.retrieved += 1
        right_label = bool(gold) and predicted.label == gold_labels[document]
        abstracts.labelled += right_label
        first = set(predicted.sentences[:MOST_SENTENCES])
        abstracts.selected += right_label and any(first >= set(one.sentences) for one in gold)
        sentences.retrieved += len(predicted.sentences)
        chosen = set(predicted.sentences)
        whole = {place for one in gold if chosen >= set(one.sentences) for place in one.sentences}
        sentences.selected += len(whole)
        sentences.labelled += len(whole) if right_label else 0


def _label(claim: GoldClaim, document: int) -> str:
    rationales = claim.evidence[document]
    labels = {one.label for one in rationales}
    if len(labels) != 1:
        raise DataError(f"document {document} has several labels", where=f"claim {claim.id}")
    places = [place for one in rationales for place in one.sentences]
    if len(places) > len(set(places)):
        raise DataError(f"a sentence of document {document} is in two rationales", where=f"claim {claim.id}")
    return labels.pop()


def read_claims(path: Path) -> list[GoldClaim]:
    """Read claims.jsonl. Raises DataError (file:line)."""
    return [gold_claim(value, f"{path}:{number}") for number, value in json_lines(path)]


def gold_claim(value: Mapping[str, Any], where: str) -> GoldClaim:
    """Return a claim of a JSON object. Raises DataError."""
    try:
        evidence = {
            int(document): tuple(Rationale(tuple(map(int, one["sentences"])), str(one["label"])) for one in rationales)
            for document, rationales in value.get("evidence", {}).items()
        }
        return GoldClaim(
            id=int(value["id"]), text=str(value["claim"]), evidence=evidence,
            cited=tuple(map(int, value.get("cited_doc_ids", ()))),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("this is no claim of SciFact: {id, claim, evidence, cited_doc_ids}", where=where) from error


def read_predictions(path: Path) -> dict[int, dict[int, PredictedEvidence]]:
    """Read predictions.jsonl. Raises DataError (file:line)."""
    return dict(predicted_claim(value, f"{path}:{number}") for number, value in json_lines(path))


def predicted_claim(value: Mapping[str, Any], where: str) -> tuple[int, dict[int, PredictedEvidence]]:
    """Return claim id and predictions of a JSON object. Raises DataError."""
    try:
        return int(value["id"]), {
            int(document): PredictedEvidence(str(one["label"]), tuple(map(int, one["sentences"])))
            for document, one in value["evidence"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("this is no prediction: {id, evidence: {document: {label, sentences}}}", where=where) from error
