"""Writing a test set of ours as a file of a submission: what was guessed, or the gold that it is scored against.

Each writer takes the examples of one language in their order and the value of each, and gives the file's text, with
what a score counts. What it writes, `files` reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from xstilts.data.examples import Example, SentenceExample, SpanExample

T = TypeVar("T", bound=Example)
WriteFile = Callable[[Sequence[Any], Sequence[Any]], str]


def write_labels(examples: Sequence[Example], values: Sequence[str]) -> str:
    return "".join(f"{value}\n" for _, value in _scored(examples, values))


def write_json_labels(examples: Sequence[Example], values: Sequence[int]) -> str:
    return "".join(json.dumps({"label": value}) + "\n" for _, value in _scored(examples, values))


def write_tags(examples: Sequence[Example], values: Sequence[Sequence[str]]) -> str:
    return "\n".join("".join(f"{tag or 'O'}\n" for tag in sentence) for _, sentence in _scored(examples, values))


def write_answers(examples: Sequence[Example], values: Sequence[Any]) -> str:
    value_of_id = {example.id: value for example, value in _scored(examples, values)}
    return json.dumps(value_of_id, ensure_ascii=False, indent=1) + "\n"


def write_squad_gold(examples: Sequence[SpanExample], values: Sequence[Any]) -> str:
    """Return SQuAD's JSON, the gold of `write_answers`."""
    paragraphs: dict[str, list[dict]] = {}
    for example, _ in _scored(examples, values):
        answers = [{"text": text, "answer_start": start} for text, start in example.answers or ()]
        question = {"id": example.id, "question": example.question, "answers": answers}
        paragraphs.setdefault(example.context, []).append(question)
    articles = [{"context": context, "qas": question} for context, question in paragraphs.items()]
    return json.dumps({"version": "1.1", "data": [{"title": "", "paragraphs": articles}]}, ensure_ascii=False) + "\n"


def write_candidate_numbers(examples: Sequence[SentenceExample], values: Sequence[Any]) -> str:
    """Return for each query, in the order of their texts, the number of its candidate, from 0. XTREME sorts the English
    sentences by code points (`tatoeba_preprocess` of its utils_preprocess.py), the candidates stay as in their file."""
    place = {example.id: number for number, example in enumerate(e for e in examples if e.side == "candidate")}
    ordered = sorted(_scored(examples, values), key=lambda pair: pair[0].text.strip())
    return "".join(f"{place[_ids(value)[0]]}\n" for _, value in ordered)


def write_pairs(examples: Sequence[SentenceExample], values: Sequence[Any]) -> str:
    """Return for each query the candidates that it is paired with, if any."""
    return "".join(f"{example.id}\t{other}\n" for example, value in _scored(examples, values) for other in _ids(value))


def _ids(value: Any) -> list[str]:
    """Return the ids of a gold (a list), a guess (one id) or a mined guess ({"id": ...} or None)."""
    if isinstance(value, dict):
        return [value["id"]]
    return [value] if isinstance(value, str) else list(value or ())


def _scored(examples: Sequence[T], values: Sequence[Any]) -> Iterator[tuple[T, Any]]:
    return ((example, value) for example, value in zip(examples, values, strict=True) if example.scored)
