"""Records of an inquiry: all of it as plain values, for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from xstilts.evidence.inquiry import Inquiry
from xstilts.evidence.report_page import answer_sentences, limitations
from xstilts.evidence.review import ReviewedClaim
from xstilts.evidence.screening import ScreenedWork
from xstilts.evidence.verification import EvidenceSentence


def evidence_record(inquiry: Inquiry) -> dict[str, Any]:
    """Return what `evidence.json` holds."""
    return {
        "question": inquiry.question.text,
        "concepts": [concept.name for concept in inquiry.question.concepts],
        "note": inquiry.note,
        "answer": list(answer_sentences(inquiry)),
        "is_answered": bool(inquiry.answering),
        "queries": [[list(spellings) for spellings in query.phrases] for query in inquiry.queries],
        "services": [asdict(count) for count in inquiry.services],
        "counts": asdict(inquiry.counts),
        "screening": dict(inquiry.screening),
        "entailment": inquiry.judges.about,
        "calibration": dict(inquiry.judges.calibration.about),
        "works": [_work(one) for one in inquiry.screened],
        "texts": [
            {"work": one.work, "version": one.version, "origin": one.origin, "source": one.source,
             "answer": one.answer, "characters": len(one.text), "pages": len(one.pages), "notes": list(one.notes),
             "tables": [asdict(table) for table in one.tables]}
            for one in inquiry.texts
        ],
        "claims": [_claim(one) for one in inquiry.claims],
        "agreement": inquiry.alpha,
        "contradictions": [
            {"first": one.first.text, "first_work": one.first.work, "second": one.second.text,
             "second_work": one.second.work, "shared": list(one.shared)}
            for one in inquiry.contradictions
        ],
        "endpoint": asdict(inquiry.endpoint) if inquiry.endpoint else None,
        "measured": [asdict(one) for one in inquiry.measured],
        "limitations": list(limitations(inquiry)),
    }  # fmt: skip


def _work(screened: ScreenedWork) -> dict[str, Any]:
    work = screened.work
    return {
        "key": work.key, "title": work.title, "authors": list(work.authors), "year": work.year, "doi": work.doi,
        "arxiv_id": work.arxiv_id, "address": work.address, "withdrawn": work.withdrawn,
        "versions": [
            {"name": version.name, "records": [[one.source, one.id, one.answer] for one in version.records]}
            for version in work.versions
        ],
        "probability": round(screened.probability, 4), "kept": screened.kept, "reason": screened.reason,
    }  # fmt: skip


def _claim(claim: ReviewedClaim) -> dict[str, Any]:
    finding, verdict = claim.finding, claim.verdict
    return {
        "text": finding.text, "work": finding.work, "version": finding.version, "origin": finding.origin,
        "page": finding.sentence.page, "section": finding.sentence.section, "start": finding.sentence.start,
        "end": finding.sentence.end, "kinds": list(finding.kinds), "told_by": list(finding.told_by),
        "quantities": [{"value": one.value, "unit": one.unit} for one in finding.quantities],
        "verdict": verdict.label, "probability": round(verdict.probability, 4),
        "rationale": _evidence(verdict.rationale) if verdict.rationale else None,
        "evidence": [_evidence(one) for one in verdict.evidence],
        "recomputed": [asdict(one) for one in verdict.recomputed],
        "in_tables": [asdict(one) for one in verdict.in_tables],
        "other_versions": [_evidence(one) for one in verdict.other_versions],
        "reviews": {name: asdict(one) for name, one in claim.reviews.items()},
        "mean": round(claim.mean, 4), "disputed": claim.is_disputed, "answers": claim.answers,
        "concepts": list(claim.concepts),
    }  # fmt: skip


def _evidence(one: EvidenceSentence) -> dict[str, Any]:
    return {
        "text": one.sentence.text, "work": one.work, "version": one.version, "page": one.sentence.page,
        "start": one.sentence.start, "end": one.sentence.end, "share": round(one.share, 4),
        "probabilities": [round(value, 4) for value in one.probabilities],
    }  # fmt: skip
