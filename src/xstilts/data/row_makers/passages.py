"""Row makers of passage retrieval: queries, passages, and queries with a passage that answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from xstilts.data.examples import PassageExample
from xstilts.data.fields import field_value, group_name, words_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.row_makers.span import SpanRow
from xstilts.data.source import Drop, Row
from xstilts.data.syntax.sentence_split import sentence_spans


@dataclass(frozen=True, kw_only=True)
class PassagesRow(RowMakerBase):
    """A query, a passage, or both: what a row has of these fields.

    Arguments
        query, passage, context: fields of texts.
        relevant: field of a list of names, that of the row's own passage first.
    """

    identity_name: ClassVar[str] = "Passages"

    id: str | None = "id"
    query: str = "query"
    passage: str = "passage"
    context: str = "context"
    relevant: str = "relevant"

    def __call__(self, row: Row, number: int) -> PassageExample | Drop:
        if drop := self.dropped(row):
            return drop
        return PassageExample(
            **self.names(row, number),
            query=_found(row, self.query),
            passage=_found(row, self.passage),
            context=_found(row, self.context),
            relevant=words_field(row, self.relevant) if _found(row, self.relevant) is not None else None,
        )


def _found(row: Row, path: str) -> Any:
    return field_value(row, path) if path.partition(".")[0] in row else None


@dataclass(frozen=True, kw_only=True)
class AnswerSentenceRow:
    """A question with the sentence that holds its first answer, and the paragraph around it.

    A question whose answer begins in no sentence (`data.syntax.sentence_split`), or runs over the end of the one it
    begins in, is dropped and counted.

    Arguments
        span: reads question, context and answers.
    """

    identity_name: ClassVar[str] = "AnswerSentence"

    span: SpanRow

    def __call__(self, row: Row, number: int) -> PassageExample | Drop:
        made = self.span(row, number)
        if isinstance(made, Drop):
            return made
        if not made.answers:
            return Drop("no answer")
        (text, start), *_ = made.answers
        breaks = sentence_spans(made.context)
        found = next((i for i, (first, last) in enumerate(breaks) if first <= start < last), None)
        if found is None:
            return Drop("the answer begins in no sentence")
        first, last = breaks[found]
        if start + len(text.rstrip()) > last:
            return Drop("the answer runs over the end of its sentence")
        return PassageExample(
            id=made.id,
            group=made.group,
            where=made.where,
            query=made.question,
            passage=made.context[first:last],
            context=made.context,
            relevant=(f"{group_name(row, (self.span.context,))} {found}",),
        )
