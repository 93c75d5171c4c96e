"""Review: independent reviewers judge each claim by different means, each with a score and its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from xstilts.core.catalog import Catalog
from xstilts.evidence.agreement import krippendorff_alpha
from xstilts.evidence.contradictions import Contradiction, topic
from xstilts.evidence.entailment import CONTRADICT, NOT_ENOUGH_INFO
from xstilts.evidence.findings import NUMERIC, Finding
from xstilts.evidence.quantities import quantities_of, reappears
from xstilts.evidence.query import Question
from xstilts.evidence.verification import ClaimVerdict

ANSWERS_FROM = 0.6  # of the question's concepts that a claim must mention
DISPUTED_FROM = 0.5  # difference of two reviewers' scores


@dataclass(frozen=True, kw_only=True)
class ClaimReview:
    """What one reviewer says of a claim: a score from 0 to 1, None where it has nothing to judge, and the reason."""

    score: float | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReviewInput:
    """What a reviewer is shown. title: of the claim's work. same: other findings that say nearly the same."""

    question: Question
    finding: Finding
    verdict: ClaimVerdict
    title: str
    same: tuple[Finding, ...]
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """A reviewer. says: what it looks at, in words."""

    name: str
    says: str
    judge: Callable[[ReviewInput], ClaimReview]


@dataclass(frozen=True, kw_only=True)
class ReviewedClaim:
    """A claim with its verdict and reviews (reviewer -> review). concepts: of the question, those that it mentions."""

    finding: Finding
    verdict: ClaimVerdict
    reviews: Mapping[str, ClaimReview]
    concepts: tuple[str, ...]
    answers: bool

    @property
    def scores(self) -> tuple[float | None, ...]:
        return tuple(review.score for review in self.reviews.values())

    @property
    def mean(self) -> float:
        """The mean of the scores that there are."""
        known = [score for score in self.scores if score is not None]
        return sum(known) / len(known) if known else 0.0

    @property
    def is_disputed(self) -> bool:
        """Whether two reviewers are far apart."""
        known = [score for score in self.scores if score is not None]
        return bool(known) and max(known) - min(known) >= DISPUTED_FROM


def review(shown: ReviewInput, reviewers: Sequence[Reviewer] | None = None) -> ReviewedClaim:
    """Let every reviewer judge a claim, those of `REVIEWERS` where none is named."""
    concepts = shown.question.met_in(shown.finding.text)
    return ReviewedClaim(
        finding=shown.finding,
        verdict=shown.verdict,
        reviews={one.name: one.judge(shown) for one in reviewers or REVIEWERS.values()},
        concepts=concepts,
        answers=len(concepts) >= concepts_needed(shown.question),
    )


def concepts_needed(question: Question) -> int:
    """Return how many concepts of a question a claim must mention to speak to it: 60 %, and two where it has two."""
    count = len(question.concepts)
    return max(min(2, count), ceil(ANSWERS_FROM * count))


def agreement(claims: Sequence[ReviewedClaim]) -> float | None:
    """Return Krippendorff's alpha of the reviewers over claims, of an interval scale; None where it is not defined."""
    return krippendorff_alpha([claim.scores for claim in claims])


def nearly_same(finding: Finding, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return other findings whose words are nearly those of this one."""
    words = set(topic(finding.text))
    alike = []
    for other in findings:
        others = set(topic(other.text))
        if other is not finding and words and len(words & others) >= 0.8 * len(words | others):
            alike.append(other)
    return tuple(alike)


def _grounding(shown: ReviewInput) -> ClaimReview:
    verdict = shown.verdict
    if verdict.rationale is None:
        return ClaimReview(score=0.0, reason="no other sentence that was read says it")
    if verdict.label == CONTRADICT:
        return ClaimReview(score=0.0, reason=f"its rationale contradicts it (P {verdict.probability:.2f})")
    return ClaimReview(score=verdict.probability, reason=f"its rationale entails it with P {verdict.probability:.2f}")


def _numbers(shown: ReviewInput) -> ClaimReview:
    if NUMERIC not in shown.finding.kinds:
        return ClaimReview(score=None, reason="it states no score")
    if wrong := [one for one in shown.verdict.recomputed if not one.agrees]:
        return ClaimReview(score=0.0, reason=wrong[0].words)
    if shown.verdict.recomputed:
        return ClaimReview(score=1.0, reason=shown.verdict.recomputed[0].words)
    said = [one for sentence in shown.verdict.evidence for one in quantities_of(sentence.sentence.text)]
    numbers = [one for one in shown.finding.quantities if one.digits or one.unit]
    printed = {one.value for one in shown.verdict.in_tables}
    again = sum(reappears(one, said) or one.value in printed for one in numbers)
    share = again / len(numbers) if numbers else 0.0
    return ClaimReview(
        score=share, reason=f"{again} of its {len(numbers)} numbers stand in another sentence or a table"
    )


def _relevance(shown: ReviewInput) -> ClaimReview:
    concepts = [concept.name for concept in shown.question.concepts]
    said = shown.question.met_in(shown.finding.text)
    by_title = [name for name in shown.question.met_in(shown.title) if name not in said]
    score = (len(said) + 0.5 * len(by_title)) / len(concepts) if concepts else 0.0
    lacking = [name for name in concepts if name not in said]
    reason = f"does not mention {', '.join(lacking)}" if lacking else "mentions every concept of the question"
    return ClaimReview(score=min(1.0, score), reason=reason)


def _coverage(shown: ReviewInput) -> ClaimReview:
    score = 1.0
    reasons: list[str] = []
    others = {one.work for one in shown.verdict.evidence if one.work != shown.finding.work}
    if not others:
        score, reasons = score - 0.5, [*reasons, "no other work speaks of it"]
    elif shown.verdict.label == NOT_ENOUGH_INFO:
        score, reasons = score - 0.5, [*reasons, "what other works say neither bears it out nor denies it"]
    if any(shown.finding.text in (one.first.text, one.second.text) for one in shown.contradictions):
        score, reasons = score - 0.25, [*reasons, "another work says the opposite"]
    elif shown.verdict.label == CONTRADICT:
        score, reasons = score - 0.25, [*reasons, "its rationale is against it"]
    if any((one.work, one.version) == (shown.finding.work, shown.finding.version) for one in shown.same):
        score, reasons = score - 0.25, [*reasons, "its work says it twice"]
    if shown.verdict.other_versions:
        score, reasons = score - 0.25, [*reasons, "another version of its work has other numbers"]
    return ClaimReview(score=max(0.0, score), reason="; ".join(reasons) or "other works speak of it, none against it")


REVIEWERS: Catalog[Reviewer] = Catalog(
    "reviewer",
    Reviewer(name="grounding", says="whether the rationale entails the claim", judge=_grounding),
    Reviewer(name="numbers", says="whether its numbers stand elsewhere, or can be computed again", judge=_numbers),
    Reviewer(name="relevance", says="whether it is about what the question asks", judge=_relevance),
    Reviewer(name="coverage", says="repetitions, one-sidedness, counter-evidence, versions", judge=_coverage),
)
