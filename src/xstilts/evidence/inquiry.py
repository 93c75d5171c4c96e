"""An inquiry: a question with all that was found, screened, read, verified and reviewed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xstilts.evidence.contradictions import Contradiction, contradictions_of
from xstilts.evidence.duplicates import merge_works
from xstilts.evidence.endpoint import EndpointUse
from xstilts.evidence.entailment import Entailment
from xstilts.evidence.findings import RULES, Extractor, Finding, findings_of
from xstilts.evidence.logistic import LogisticModel
from xstilts.evidence.query import Question
from xstilts.evidence.review import REVIEWERS, ReviewedClaim, Reviewer, ReviewInput, agreement, nearly_same, review
from xstilts.evidence.screening import ReviewCounts, ScreenedWork, Vectors, review_counts, screen
from xstilts.evidence.search import ServiceCount
from xstilts.evidence.services.base import SearchQuery
from xstilts.evidence.source_text import SourceText
from xstilts.evidence.verification import Verifier
from xstilts.evidence.words import stems_of
from xstilts.evidence.works import Work, WorkRecord

ReadTexts = Callable[[Sequence[Work]], Sequence[SourceText]]


@dataclass(frozen=True, kw_only=True)
class MeasuredAnswer:
    """A claim of a study of this program that bears on the question. published, here: the verdicts of published tables
    and of the store, in words; "" where there is none. command: what would measure it."""

    study: str
    name: str
    says: str
    source: str
    published: str
    here: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Judges:
    """What judges sentences. entailment, calibration: see `verification`. about: in words, for the report. extractors,
    reviewers: what tells findings, and who reviews them."""

    entailment: Entailment
    calibration: LogisticModel
    about: str
    extractors: tuple[Extractor, ...] = (RULES,)
    reviewers: tuple[Reviewer, ...] = tuple(REVIEWERS.values())


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """Everything that a report says. texts: what was read, of the works that were kept. endpoint: how an endpoint was
    used; None where there was none. note: what the user says of the works that it is made of."""

    question: Question
    queries: tuple[SearchQuery, ...]
    services: tuple[ServiceCount, ...]
    screened: tuple[ScreenedWork, ...]
    counts: ReviewCounts
    texts: tuple[SourceText, ...]
    claims: tuple[ReviewedClaim, ...]
    contradictions: tuple[Contradiction, ...]
    judges: Judges
    screening: Mapping[str, Any]
    measured: tuple[MeasuredAnswer, ...] = ()
    endpoint: EndpointUse | None = None
    note: str = ""

    @cached_property
    def works(self) -> Mapping[str, Work]:
        """Every work by its key."""
        return {one.work.key: one.work for one in self.screened}

    @property
    def kept(self) -> tuple[Work, ...]:
        return tuple(one.work for one in self.screened if one.kept)

    @property
    def answering(self) -> tuple[ReviewedClaim, ...]:
        """The claims that speak to the question."""
        return tuple(claim for claim in self.claims if claim.answers)

    @property
    def alpha(self) -> float | None:
        return agreement(self.claims)


def inquire(
    question: Question,
    records: Sequence[WorkRecord],
    read: ReadTexts,
    judges: Judges,
    vectors: Vectors | None,
    *,
    queries: Sequence[SearchQuery] = (),
    services: Sequence[ServiceCount] = (),
    screening: Mapping[str, Any],
    most_works: int,
    most_claims: int,
) -> Inquiry:
    """Merge, screen, read, extract, verify and review.

    read: turns the works that are kept into texts. most_claims: those that mention most of the question's concepts are
    verified, in the order in which they were read among equals.
    """
    screened = screen(question, merge_works(records), vectors, most_works)
    texts = tuple(read([one.work for one in screened if one.kept]))
    findings = _newest(findings_of(texts, judges.extractors))
    contradictions = contradictions_of(findings)
    return Inquiry(
        question=question,
        queries=tuple(queries),
        services=tuple(services),
        screened=screened,
        counts=review_counts(len(records), screened),
        texts=texts,
        claims=_reviewed(question, findings, texts, contradictions, judges, screened, most_claims),
        contradictions=contradictions,
        judges=judges,
        screening=screening,
    )


def _newest(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings without those that a later version of the same work says word for word again."""
    by_words = {(one.work, " ".join(stems_of(one.text))): one for one in findings}
    return list(by_words.values())


def _reviewed(
    question: Question, findings: Sequence[Finding], texts: Sequence[SourceText],
    contradictions: tuple[Contradiction, ...], judges: Judges, screened: Iterable[ScreenedWork], most: int,
) -> tuple[ReviewedClaim, ...]:  # fmt: skip
    titles = {one.work.key: one.work.title for one in screened}
    verifier = Verifier(texts, judges.entailment, judges.calibration)
    nearest = sorted(findings, key=lambda one: -len(question.met_in(one.text)))[:most]
    claims = [
        review(
            ReviewInput(
                question=question,
                finding=finding,
                verdict=verifier.verify(finding),
                title=titles[finding.work],
                same=nearly_same(finding, findings),
                contradictions=contradictions,
            ),
            judges.reviewers,
        )
        for finding in nearest
    ]
    return tuple(sorted(claims, key=lambda claim: (not claim.answers, -claim.mean)))
