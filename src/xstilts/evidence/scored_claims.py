"""Scored claims: the verifier on claims with gold, beside TF-IDF with the commonest label, as SciFact counts."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xstilts.core.errors import DataError
from xstilts.evidence.entailment import CONTRADICT, NOT_ENOUGH_INFO, SUPPORT, Entailment
from xstilts.evidence.findings import Finding
from xstilts.evidence.json_lines import json_lines
from xstilts.evidence.logistic import LogisticModel
from xstilts.evidence.reliability import ReliabilityBin, reliability
from xstilts.evidence.scifact import (
    GoldClaim,
    PredictedEvidence,
    Predictions,
    Rationale,
    SciFactScores,
    read_claims,
    scifact_scores,
)
from xstilts.evidence.source_text import SourceSentence, SourceText
from xstilts.evidence.verification import Verifier
from xstilts.evidence.words import stems_of

DOCUMENT = 8  # premises in one, where documents are made of pairs
_LABEL_OF = {"entailment": SUPPORT, "contradiction": CONTRADICT, "neutral": NOT_ENOUGH_INFO}


class LabelledPair(NamedTuple):
    """A premise, a hypothesis, and what the first says of the second: one of `LABELS`."""

    evidence: str
    claim: str
    label: str


@dataclass(frozen=True, kw_only=True)
class ClaimSet:
    """Claims with gold, and the sentences of documents, each a source text of its own. places: text's work ->
    (document, number of the sentence)."""

    claims: tuple[GoldClaim, ...]
    texts: tuple[SourceText, ...]
    places: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class ScoredClaims:
    """verifier, baseline: scores as SciFact's evaluator counts them. right: of the verifier's labels, whether each is
    the gold one; bins: its probabilities beside that."""

    verifier: SciFactScores
    baseline: SciFactScores
    right: tuple[bool, ...]
    bins: tuple[ReliabilityBin, ...]


def read_pairs(path: Path, evidence: str, claim: str, label: str, header: bool = True) -> list[LabelledPair]:
    """Read pairs of natural language inference from a gzipped TSV with these columns; other labels are passed over."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        names = None if header else [evidence, claim, label]
        rows = csv.DictReader(file, names, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            LabelledPair(row[evidence], row[claim], _LABEL_OF[row[label]]) for row in rows if row[label] in _LABEL_OF
        ]


def halves(pairs: Sequence[LabelledPair]) -> tuple[ClaimSet, ClaimSet]:
    """Return two sets of claims that share no premise: what is fitted on, and what is scored."""
    premises = list(dict.fromkeys(one.evidence for one in pairs))
    first = set(premises[: len(premises) // 2])
    of_first, others = ([one for one in pairs if (one.evidence in first) == half] for half in (True, False))
    return claims_of_pairs(of_first), claims_of_pairs(others)


def claims_of_pairs(pairs: Sequence[LabelledPair]) -> ClaimSet:
    """Return documents of eight premises each; a hypothesis is a claim, its premise the rationale where it says yes or
    no."""
    premises = list(dict.fromkeys(one.evidence for one in pairs))
    place = {premise: divmod(number, DOCUMENT) for number, premise in enumerate(premises)}
    claims = []
    for number, one in enumerate(pairs):
        document, sentence = place[one.evidence]
        known = {document: (Rationale((sentence,), one.label),)} if one.label != NOT_ENOUGH_INFO else {}
        claims.append(GoldClaim(id=number, text=one.claim, evidence=known, cited=(document,)))
    return _claim_set(claims, {place[premise]: premise for premise in premises})


def read_claim_set(folder: Path) -> ClaimSet:
    """Read claims.jsonl and corpus.jsonl in SciFact's formats. Raises DataError (file:line)."""
    corpus = folder / "corpus.jsonl"
    sentences = {}
    for number, value in json_lines(corpus):
        try:
            for place, text in enumerate(value["abstract"]):
                sentences[int(value["doc_id"]), place] = str(text)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("this is no abstract of SciFact: {doc_id, abstract}", where=f"{corpus}:{number}") from error
    return _claim_set(read_claims(folder / "claims.jsonl"), sentences)


def _claim_set(claims: Sequence[GoldClaim], sentences: Mapping[tuple[int, int], str]) -> ClaimSet:
    texts = tuple(
        SourceText(work=f"{number}", version="published", origin="abstract", text=text, source="")
        for number, text in enumerate(sentences.values())
    )
    places = {f"{number}": place for number, place in enumerate(sentences)}
    return ClaimSet(claims=tuple(claims), texts=texts, places=places)


def finding_of(claim: GoldClaim) -> Finding:
    """Return a claim as the verifier takes it."""
    sentence = SourceSentence(text=claim.text, start=0, end=len(claim.text), page=None, section="")
    return Finding(work="claim", version="", origin="", sentence=sentence, kinds=(), quantities=())


def gold_label(claim: GoldClaim) -> str:
    """Return the label of most of a claim's documents, the first of those that are as common; not enough evidence
    where it has none."""
    labels = [rationales[0].label for rationales in claim.evidence.values() if rationales]
    return Counter(labels).most_common(1)[0][0] if labels else NOT_ENOUGH_INFO


def score_claims(claims: ClaimSet, entailment: Entailment, calibration: LogisticModel) -> ScoredClaims:
    """Verify every claim over all documents, and score that beside the baseline: of each claim the nearest sentence by
    TF-IDF, with the label that most claims with a rationale have."""
    verifier = Verifier(claims.texts, entailment, calibration)
    predictions: dict[int, Mapping[int, PredictedEvidence]] = {}
    chances, right = [], []
    for claim in claims.claims:
        verdict = verifier.verify(finding_of(claim))
        chances.append(verdict.probability)
        right.append(verdict.label == gold_label(claim))
        predictions[claim.id] = {}
        if verdict.rationale is not None:
            document, place = claims.places[verdict.rationale.work]
            predictions[claim.id] = {document: PredictedEvidence(verdict.label, (place,))}
    return ScoredClaims(
        verifier=scifact_scores(claims.claims, predictions),
        baseline=scifact_scores(claims.claims, _baseline(claims)),
        right=tuple(right),
        bins=tuple(reliability(chances, right)),
    )


def _baseline(claims: ClaimSet) -> Predictions:
    index = _TfIdf([stems_of(text.text) for text in claims.texts])
    labels = Counter(gold_label(claim) for claim in claims.claims if claim.evidence)
    commonest = max((SUPPORT, CONTRADICT), key=lambda label: labels[label])
    places = list(claims.places.values())
    nearest = {claim.id: places[index.nearest(stems_of(claim.text))] for claim in claims.claims}
    return {name: {document: PredictedEvidence(commonest, (place,))} for name, (document, place) in nearest.items()}


class _TfIdf:
    """The baseline's search: cosine of TF-IDF vectors."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self.places = {word: place for place, word in enumerate(dict.fromkeys(w for text in texts for w in text))}
        counts = np.zeros((len(texts), len(self.places)))
        for number, text in enumerate(texts):
            for word in text:
                counts[number, self.places[word]] += 1
        self.weights = np.log(len(texts) / np.maximum(1, (counts > 0).sum(axis=0)))
        table = counts * self.weights
        self.table = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)

    def nearest(self, query: Sequence[str]) -> int:
        known = [self.places[word] for word in query if word in self.places]
        return int((self.table[:, known] @ self.weights[known]).argmax())
