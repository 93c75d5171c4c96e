"""Claims are compared with the sentences of other texts, and reviewed by several means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from xstilts.evidence.entailment import (
    CONTRADICT,
    FEATURES,
    LABELS,
    NOT_ENOUGH_INFO,
    OPPOSITES_SUPPORT,
    SUPPORT,
    entailment_by_words,
    pair_features,
)
from xstilts.evidence.findings import Finding, findings_of
from xstilts.evidence.logistic import fit, fitted
from xstilts.evidence.query import read_question
from xstilts.evidence.review import REVIEWERS, ReviewedClaim, ReviewInput, agreement, nearly_same, review
from xstilts.evidence.source_text import SourceText
from xstilts.evidence.verification import UNCALIBRATED, ClaimVerdict, Verifier

QUESTION = read_question("Does dependency parsing help cross-lingual transfer?")
CLAIM = "Dependency parsing first improves cross-lingual transfer by 1.4 points."


def text(words: str, work: str = "a", version: str = "published") -> SourceText:
    return SourceText(work=work, version=version, origin="abstract", text=words, source="arxiv")


def says(label: str, probability: float = 0.8):
    """An entailment that says the same of every pair."""

    def entailment(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        row = [probability if one == label else (1 - probability) / 2 for one in LABELS]
        return np.array([row] * len(pairs)).reshape(-1, 3)

    return entailment


def verdict(texts: Sequence[SourceText], label: str = SUPPORT) -> ClaimVerdict:
    finding = next(one for one in findings_of(texts) if one.text == CLAIM)
    return Verifier(texts, says(label), UNCALIBRATED).verify(finding)


def test_a_claim_alone_is_not_evidence_for_itself():
    found = verdict([text(CLAIM), text("Bananas are yellow fruits.", "b")])
    assert (found.label, found.rationale, found.evidence) == (NOT_ENOUGH_INFO, None, ())


def test_another_work_bears_it_out_or_contradicts_it():
    other = text("With dependency parsing first, cross-lingual transfer gains 1.4 points.", "b")
    found = verdict([text(CLAIM), other])
    assert found.label == SUPPORT and found.probability == pytest.approx(0.8)
    assert found.rationale is not None and found.rationale.work == "b"
    assert verdict([text(CLAIM), other], CONTRADICT).words == "contradicted"
    neither = verdict([text(CLAIM), other], NOT_ENOUGH_INFO)
    assert neither.rationale is None and len(neither.evidence) == 1


def test_a_figure_of_one_version_is_no_evidence_for_another():
    older = text("Dependency parsing first improves cross-lingual transfer by 0.9 points.", "a", "v1")
    found = verdict([text(CLAIM), older])
    assert found.evidence == () and [one.version for one in found.other_versions] == ["v1"]
    words = "Dependency parsing first helps most in Finnish, by 0.9 points, and pays for what it costs in time."
    another = text(words, "a", "v1")
    assert verdict([text(CLAIM), another]).other_versions == ()  # it speaks of something else
    same = verdict([text(CLAIM), text(CLAIM, "a", "v1")])
    assert same.other_versions == ()


def test_features_of_a_pair():
    (row,) = pair_features([("Parsing does not help.", "Parsing helps in two languages.")])
    values = dict(zip(FEATURES, row, strict=True))
    assert values["one denies"] == 1 and values["opposite direction"] > 0 and values["numbers agree"] == 0


def test_the_packaged_model_tells_plain_cases_apart():
    sentence = "Parsing first improves transfer to all ten languages."
    same, denied, other = entailment_by_words(
        [
            (sentence, "Parsing first improves transfer to all ten languages."),
            (sentence, "Parsing first does not improve transfer to all ten languages."),
            (sentence, "Bananas grow in warm regions of the world."),
        ]
    )
    assert same[0] > 0.5 and denied[1] > denied[0] and other[0] < same[0]
    assert entailment_by_words([]).shape == (0, 3)


def test_the_opposite_of_the_same_speaks_against_it():
    """Even where nearly all words are the same, of which the model would make support."""
    claim = "Explicit syntax, injected by intermediate parsing, improves zero-shot transfer."
    shown = "Experiments on zero-shot transfer show that explicit syntax, injected by intermediate parsing,"
    against = f"{shown} has very limited effect."
    support, contradict, _ = entailment_by_words([(against, claim)])[0]
    assert support <= OPPOSITES_SUPPORT * (support + contradict) + 1e-9
    assert entailment_by_words([(against, claim)]).sum() == pytest.approx(1)
    for_it = f"{shown} has a large gain."
    support, contradict, _ = entailment_by_words([(for_it, claim)])[0]
    assert support > contradict


@pytest.mark.parametrize("name", ["entailment", "verdict", "screening", "screening-words"])
def test_packaged_models_say_what_they_were_fitted_on_and_reach(name: str):
    model = fitted(name)
    assert model.weights_KF.shape == (len(model.classes), len(model.features) + 1)
    assert model.about["fitted on"] and model.about["calibrated on"]
    for reached in model.about["reached"].values():
        assert reached["n"] > 100 and reached["calibration_error"] < 0.1


def test_the_verifier_beats_the_baseline_as_it_was_measured():
    (reached,) = fitted("verdict").about["reached"].values()
    f1 = reached["f1"]["abstract_rationalized"]
    assert f1["verifier"] >= f1["baseline"] + 10


def test_a_fit_finds_what_separates_two_classes():
    values = np.array([[0.0], [0.1], [0.9], [1.0]])
    weights = fit(values, [0, 0, 1, 1], 2, penalty=0.01)
    assert weights.shape == (2, 2) and weights[1, 0] > weights[0, 0]


def reviewed(texts: Sequence[SourceText]) -> ReviewedClaim:
    findings = list(findings_of(texts))
    finding = next(one for one in findings if one.text == CLAIM)
    shown = ReviewInput(
        question=QUESTION, finding=finding, verdict=verdict(texts), title="Parsing",
        same=nearly_same(finding, findings), contradictions=(),
    )  # fmt: skip
    return review(shown)


def test_four_reviewers_judge_by_different_means():
    other = text("With dependency parsing first, cross-lingual transfer gains 1.4 points.", "b")
    alone, backed = reviewed([text(CLAIM)]), reviewed([text(CLAIM), other])
    assert tuple(REVIEWERS) == ("grounding", "numbers", "relevance", "coverage")
    assert backed.answers and backed.mean > alone.mean
    assert [round(score or 0, 2) for score in backed.scores] == [0.8, 1.0, 1.0, 1.0] and not backed.is_disputed
    assert alone.reviews["grounding"].score == 0 and "no other work" in alone.reviews["coverage"].reason
    assert alone.is_disputed  # it is relevant, and nothing bears it out
    assert -1 <= (agreement([alone, backed]) or 0) <= 1


def test_a_claim_about_something_else_does_not_answer():
    finding = Finding(
        work="a", version="v1", origin="abstract", kinds=(), quantities=(),
        sentence=text("Parsers improve tagging more than anything else.").sentences[0],
    )  # fmt: skip
    empty = ClaimVerdict(
        label=NOT_ENOUGH_INFO, probability=1.0, rationale=None, evidence=(), recomputed=(), other_versions=()
    )
    shown = ReviewInput(question=QUESTION, finding=finding, verdict=empty, title="", same=(), contradictions=())
    claim = review(shown)
    assert not claim.answers and claim.reviews["numbers"].score is None
    assert "cross-lingual transfer" in claim.reviews["relevance"].reason
