"""Verification: which sentences of the documents bear on a claim, and what they say of it.

A claim is a finding of one version of one work. Evidence is any other sentence that was read: of the same text, or of
another work. A sentence of another version of the same work is none; where its numbers differ, that is said instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.evidence.bm25 import Bm25Index
from xstilts.evidence.entailment import CONTRADICT, LABELS, NOT_ENOUGH_INFO, SUPPORT, Entailment
from xstilts.evidence.findings import Finding
from xstilts.evidence.logistic import LogisticModel
from xstilts.evidence.quantities import quantities_of, reappears
from xstilts.evidence.recompute import Recomputed, recompute
from xstilts.evidence.source_text import SourceSentence, SourceText
from xstilts.evidence.table_checks import TableFigure, recompute_by_tables, table_figures
from xstilts.evidence.words import stems_of

RETRIEVED = 5  # sentences that are compared with a claim
SAID = {SUPPORT: "supported", CONTRADICT: "contradicted", NOT_ENOUGH_INFO: "not enough evidence"}
VERDICT_FEATURES = (*LABELS, "share")
# The probabilities as entailment gives them, for a checkpoint whose calibration nobody has measured.
UNCALIBRATED = LogisticModel(
    classes=LABELS, features=VERDICT_FEATURES, weights_KF=np.eye(3, 5), temperature=1.0, about={}
)
LEAST_SHARE = 0.1  # a sentence that has each word of a claim once has about 0.45


@dataclass(frozen=True, kw_only=True)
class EvidenceSentence:
    """A sentence that was compared with a claim. share: its BM25 score for the claim's words, of the most that a text
    could have. probabilities: of `LABELS`."""

    work: str
    version: str
    sentence: SourceSentence
    share: float
    probabilities: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class ClaimVerdict:
    """What the documents say of a claim.

    label: one of `LABELS`; probability: of the label, calibrated. rationale: the sentence that decides; None where
    there is none. evidence: all that were compared. recomputed: its numbers, computed again. in_tables: its numbers
    that stand in tables of its own version. other_versions: sentences of other versions of the same work that have
    other numbers.
    """

    label: str
    probability: float
    rationale: EvidenceSentence | None
    evidence: tuple[EvidenceSentence, ...]
    recomputed: tuple[Recomputed, ...]
    other_versions: tuple[EvidenceSentence, ...]
    in_tables: tuple[TableFigure, ...] = ()

    @property
    def words(self) -> str:
        return SAID[self.label]


class Verifier:
    """Compares claims with the sentences of source texts. calibration: what turns what entailment says of the sentence
    that decides into the probability of a verdict."""

    def __init__(self, texts: Sequence[SourceText], entailment: Entailment, calibration: LogisticModel) -> None:
        self._entries = [(text, sentence) for text in texts for sentence in text.sentences]
        self._index = Bm25Index([stems_of(sentence.text) for _, sentence in self._entries])
        self._entailment, self._calibration = entailment, calibration
        self._tables = [(text, table) for text in texts for table in text.tables]

    def verify(self, finding: Finding) -> ClaimVerdict:
        """Return the verdict on a finding."""
        shares = self._index.shares(stems_of(finding.text))
        order = np.argsort(-shares, kind="stable")
        chosen = [int(n) for n in order[: 8 * RETRIEVED] if shares[n] >= LEAST_SHARE and not self._is(n, finding)]
        of_versions = [n for n in chosen if self._is_other_version(n, finding)]
        evidence = self._judged(finding, [n for n in chosen if n not in of_versions][:RETRIEVED], shares)
        label, probability, rationale = decide(evidence, self._calibration)
        own = (finding.work, finding.version)
        tables = [table for text, table in self._tables if (text.work, text.version) == own]
        return ClaimVerdict(
            label=label,
            probability=probability,
            rationale=rationale,
            evidence=tuple(evidence),
            recomputed=(*recompute(finding.text), *recompute_by_tables(finding.text, tables)),
            in_tables=table_figures(finding.text, tables),
            other_versions=tuple(self._differing(finding, of_versions[:RETRIEVED], shares)),
        )

    def _is(self, number: int, finding: Finding) -> bool:
        """Whether an entry is the claim itself, or says word for word the same in the same version."""
        text, sentence = self._entries[number]
        same_work = (text.work, text.version) == (finding.work, finding.version)
        return same_work and stems_of(sentence.text) == stems_of(finding.text)

    def _is_other_version(self, number: int, finding: Finding) -> bool:
        text, _ = self._entries[number]
        return text.work == finding.work and text.version != finding.version

    def _judged(self, finding: Finding, numbers: Sequence[int], shares: np.ndarray) -> list[EvidenceSentence]:
        pairs = [(self._entries[number][1].text, finding.text) for number in numbers]
        judged = self._entailment(pairs)
        return [
            self._sentence(number, shares, tuple(map(float, row)))
            for number, row in zip(numbers, judged.tolist(), strict=True)
        ]

    def _differing(self, finding: Finding, numbers: Sequence[int], shares: np.ndarray) -> list[EvidenceSentence]:
        """Return sentences of other versions that speak of the same with other numbers."""
        differing, words = [], set(stems_of(finding.text))
        for number in numbers:
            other = self._entries[number][1].text
            said, others = quantities_of(other), set(stems_of(other))
            of_the_same = 2 * len(words & others) >= len(words | others)
            if of_the_same and said and not all(reappears(one, said) for one in finding.quantities):
                differing.append(self._sentence(number, shares, (0.0, 0.0, 1.0)))
        return differing

    def _sentence(self, number: int, shares: np.ndarray, probabilities: tuple[float, ...]) -> EvidenceSentence:
        text, sentence = self._entries[number]
        support, contradict, neither = probabilities
        return EvidenceSentence(
            work=text.work,
            version=text.version,
            sentence=sentence,
            share=float(shares[number]),
            probabilities=(support, contradict, neither),
        )


def decide(
    evidence: Sequence[EvidenceSentence], calibration: LogisticModel
) -> tuple[str, float, EvidenceSentence | None]:
    """Return label, probability and rationale: what the deciding sentence says, calibrated. Without any sentence there
    is not enough evidence, with the probability that there is none to be had by other words."""
    deciding = deciding_sentence(evidence)
    (row,) = calibration.probabilities(verdict_features([deciding]))
    best = int(np.argmax(row)) if deciding else LABELS.index(NOT_ENOUGH_INFO)
    return LABELS[best], float(row[best]), deciding if LABELS[best] != NOT_ENOUGH_INFO else None


def deciding_sentence(evidence: Sequence[EvidenceSentence]) -> EvidenceSentence | None:
    """Return the sentence that says most for or against the claim, its share of the claim's words counted."""
    return max(evidence, key=lambda one: (1 - one.probabilities[2]) * one.share, default=None)


def verdict_features(deciding: Sequence[EvidenceSentence | None]) -> np.ndarray:
    """Return the features [N, 4] of N verdicts: of the deciding sentence the logarithm of each label's probability, and
    the share of the claim's words that it has; without one all labels are as likely, and the share is 0."""
    known = [(one.probabilities, one.share) if one else ((1 / 3, 1 / 3, 1 / 3), 0.0) for one in deciding]
    logs = np.log(np.maximum(np.array([probabilities for probabilities, _ in known], dtype=np.float64), 1e-6))
    return np.column_stack([logs, np.array([share for _, share in known], dtype=np.float64)])
