"""Readers of Mewsli-X (Ruder et al. 2021, appendix; google-research/google-research, mel/mewsli-x.md): mentions in
WikiNews, entities with a description in one of 50 languages, and English pairs of both from Wikipedia.

What a mention and an entity look like to an encoder is XTREME-R's baseline (third_party/utils_mewslix.py): the mention,
a colon, its sentence with the mention between braces; the sentences of the description. Braces that the sentence itself
has become parentheses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.fields import field_value
from xstilts.data.readers.json_records import Jsonl
from xstilts.data.source import WHERE, Row

_BRACES = str.maketrans("{}", "()")


@dataclass(frozen=True, kw_only=True)
class Mentions:
    """`wikinews_mentions-*.jsonl`: a line a document. Rows: id, query (the marked mention), relevant ([the entity]),
    document.

    Arguments
        language: only documents in this language are read.
    """

    language: str

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in Jsonl()(paths[:1]):
            if field_value(row, "context.language") == self.language:
                for mention in field_value(row, "mentions"):
                    yield _mention(row["context"], mention, row[WHERE])


@dataclass(frozen=True, kw_only=True)
class Entities:
    """`candidate_set_entities.jsonl`: a line an entity. Rows: id (Q5), passage (its description)."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in Jsonl()(paths):
            yield {"id": str(field_value(row, "entity_id")), "passage": _description(row), WHERE: row[WHERE]}


@dataclass(frozen=True, kw_only=True)
class MentionPairs:
    """`wikipedia_pairs-*.jsonl`: a mention and its entity a line. Rows as those of `Mentions`, with its passage."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in Jsonl()(paths):
            mention, where = field_value(row, "contextual_mention"), row[WHERE]
            entity = {**field_value(row, "entity"), WHERE: where}
            yield {**_mention(mention["context"], mention["mention"], where), "passage": _description(entity)}


def _mention(context: Mapping[str, Any], mention: Mapping[str, Any], where: str) -> Row:
    return {
        "id": str(mention["example_id"]),
        "query": marked_mention(context, mention["mention_span"], where),
        "relevant": [str(mention["entity_id"])],
        "document": str(context["document_id"]),
        WHERE: where,
    }


def marked_mention(context: Mapping[str, Any], span: Mapping[str, Any], where: str) -> str:
    """Return the mention in its sentence (sentences, where it runs over an end). Raises DataError when the text does
    not hold it: WikiNews text is not part of what is published, and is put in by the publishers' script.

    >>> context = {"text": "It rains in Ulm, still.", "sentence_spans": [{"start": 0, "end": 23}]}
    >>> marked(context, {"start": 12, "end": 15, "text": "Ulm"}, "here:1")
    'Ulm: It rains in { Ulm } , still.'
    """
    text, (start, end), mention = str(context["text"]), (int(span["start"]), int(span["end"])), str(span["text"])
    if text[start:end] != mention:
        fault = f"stands '{text[start:end]}'" if text else "is no text: get-mewsli-x.sh puts it in"
        raise DataError(f"where the mention '{mention}' should stand {fault}", where=where)
    sentences = [
        (int(span_of_sentence["start"]), int(span_of_sentence["end"])) for span_of_sentence in context["sentence_spans"]
    ]
    first = max((s for s, _ in sentences if s <= start), default=0)
    last = min((e for _, e in sentences if e >= end), default=len(text))
    left, right = (side.translate(_BRACES) for side in (text[first:start], text[end:last]))
    return _line(f"{mention}: {left} {{ {mention} }} {right}")


def _description(entity: Row) -> str:
    text = str(field_value(entity, "description"))
    return _line(
        " ".join(text[int(span["start"]) : int(span["end"])] for span in field_value(entity, "sentence_spans"))
    )


def _line(text: str) -> str:
    return " ".join(text.split())
