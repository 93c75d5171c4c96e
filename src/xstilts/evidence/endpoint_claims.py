"""Claims that an endpoint finds: it is shown numbered sentences and names numbers, so it puts no words in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xstilts.evidence.endpoint import DroppedAnswerError, Endpoint, only_keys
from xstilts.evidence.findings import Extractor, could_be_finding
from xstilts.evidence.source_text import SourceText

SENTENCES = 40  # of one request
_TASK = (
    "You are given sentences of one paper, each with a number. Say which of them state a finding of this paper: that "
    "one thing is better or worse than another, or no different; a score; or what causes what. Plans, definitions, "
    'set-ups and what other papers did are none. Answer with a JSON object and nothing else: {"claims": [numbers]}.'
)


def endpoint_extractor(endpoint: Endpoint) -> Extractor:
    """Return an extractor that asks an endpoint, so many sentences at a time."""

    def find(texts: Sequence[SourceText]) -> list[set[int]]:
        return [{number for part in _parts(text) for number in _chosen(endpoint, text, part)} for text in texts]

    return Extractor(name="endpoint", find=find)


def _parts(text: SourceText) -> list[list[int]]:
    numbers = [number for number, sentence in enumerate(text.sentences) if could_be_finding(sentence.text)]
    return [numbers[start : start + SENTENCES] for start in range(0, len(numbers), SENTENCES)]


def _chosen(endpoint: Endpoint, text: SourceText, numbers: Sequence[int]) -> list[int]:
    sentences = [{"number": number, "text": text.sentences[number].text} for number in numbers]
    said = endpoint.ask(_TASK, {"sentences": sentences}, _read)
    valid = [one for one in said or () if isinstance(one, int) and not isinstance(one, bool) and one in numbers]
    for _ in range(len(said or ()) - len(valid)):
        endpoint.drop("a claim is no number of a sentence that was shown")
    return valid


def _read(said: Mapping[str, Any]) -> list[object]:
    only_keys(said, "claims")
    if not isinstance(said["claims"], list):
        raise DroppedAnswerError("the claims are no list")
    return said["claims"]
