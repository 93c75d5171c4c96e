"""Review by an endpoint: a further reviewer, whose score and reason are shown beside the others'."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from xstilts.evidence.endpoint import DroppedAnswerError, Endpoint, only_keys, short_text
from xstilts.evidence.review import ClaimReview, Reviewer, ReviewInput

LONGEST_REASON = 300  # characters
_TASK = (
    "You review a claim of a paper. You are given a question, the claim, and sentences that were read elsewhere. Judge "
    "how far the sentences bear the claim out, and how far it answers the question. Answer with a JSON object and "
    'nothing else: {"score": a number from 0 (not at all) to 1 (wholly), "reason": one short sentence}.'
)


def endpoint_reviewer(endpoint: Endpoint) -> Reviewer:
    """Return a reviewer that asks an endpoint. Where it gives no answer that can be used, it says so and scores
    nothing."""

    def judge(shown: ReviewInput) -> ClaimReview:
        sentences = [one.sentence.text for one in shown.verdict.evidence]
        data = {"question": shown.question.text, "claim": shown.finding.text, "sentences": sentences}
        said = endpoint.ask(_TASK, data, _read)
        return said or ClaimReview(score=None, reason="it gave no answer that can be used")

    return Reviewer(name="endpoint", says=f"what the model {endpoint.model} makes of it", judge=judge)


def _read(said: Mapping[str, Any]) -> ClaimReview:
    only_keys(said, "score", "reason")
    score = said["score"]
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score) or not 0 <= score <= 1:
        raise DroppedAnswerError("the score is no number from 0 to 1")
    return ClaimReview(score=float(score), reason=f"“{short_text(said['reason'], LONGEST_REASON)}”")
