"""What was measured about a question: claims of packaged studies that are about the same, with the verdicts of
published tables and of the store."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from xstilts.app.claims import judge_claims
from xstilts.claims.judge import Judgement
from xstilts.core.errors import XstiltsError
from xstilts.evidence.inquiry import MeasuredAnswer
from xstilts.evidence.query import Question
from xstilts.evidence.review import concepts_needed
from xstilts.pipeline.options import Options
from xstilts.report.elements.formatting import interval, signed
from xstilts.report.topics.claims import JudgedClaim
from xstilts.study.load import load_study, packaged_studies

MOST_STUDIES = 2


def measured_answers(question: Question, options: Options, scale: str = "") -> tuple[MeasuredAnswer, ...]:
    """Return the claims of the studies whose questions share most concepts with this one; nothing is run or fetched."""
    offline = replace(options, offline=True)
    return tuple(
        answer for study in studies_about(question)[:MOST_STUDIES] for answer in _answers(study, offline, scale)
    )


def studies_about(question: Question) -> tuple[str, ...]:
    """Return the packaged studies that mention enough of a question's concepts, the nearest first."""
    shared = {name: len(question.met_in(asked)) for name, asked in _packaged_questions().items()}
    near = [name for name, count in shared.items() if count >= concepts_needed(question)]
    return tuple(sorted(near, key=lambda name: -shared[name]))


@cache
def _packaged_questions() -> dict[str, str]:
    return {name: load_study(name).question for name in packaged_studies()}


def _answers(name: str, options: Options, scale: str) -> tuple[MeasuredAnswer, ...]:
    try:
        study = load_study(name, scale or None)
    except XstiltsError:  # it has no such profile: as it is
        study, scale = load_study(name), ""
    if not study.claims:
        return ()
    judged = judge_claims(study.model_copy(update={"allow_missing": True}), options=options, scale=scale)
    return tuple(_answer(name, one) for one in judged.judged.each)


def _answer(study: str, one: JudgedClaim) -> MeasuredAnswer:
    source = one.claim.source
    return MeasuredAnswer(
        study=study,
        name=one.claim.name,
        says=one.claim.says,
        source=f"{source.title}: “{source.quote}”" if source else "a hypothesis, written down beforehand",
        published=_words(one.published.judgement) if one.published else "",
        here=_words(one.here.judgement),
        command=one.how_to,
    )


def _words(judgement: Judgement) -> str:
    """Return "supported, +3.1 (0.4 to 5.8)", or why not."""
    if judgement.estimate is None:
        return f"{judgement.verdict}: {judgement.reason}" if judgement.reason else judgement.verdict
    return f"{judgement.verdict}, {signed(judgement.estimate)}{interval(judgement.low, judgement.high, before=' ')}"
