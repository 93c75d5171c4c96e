"""Row makers of passage retrieval: queries, passages, and queries with a passage that answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from xstilts.data.examples import PassageExample
from xstilts.data.fields import field_value, group_name, text_field, words_field
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
            query=_text_if_present(row, self.query),
            passage=_text_if_present(row, self.passage),
            context=_text_if_present(row, self.context),
            relevant=words_field(row, self.relevant) if _field_if_present(row, self.relevant) is not None else None,
        )


def _field_if_present(row: Row, path: str) -> Any:
    return field_value(row, path) if path.partition(".")[0] in row else None


def _text_if_present(row: Row, path: str) -> str | None:
    return None if _field_if_present(row, path) is None else text_field(row, path)


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
        question = self.span(row, number)
        if isinstance(question, Drop):
            return question
        if not question.answers:
            return Drop("no answer")
        (text, start), *_ = question.answers
        breaks = sentence_spans(question.context)
        sentence = next((i for i, (first, last) in enumerate(breaks) if first <= start < last), None)
        if sentence is None:
            return Drop("the answer begins in no sentence")
        first, last = breaks[sentence]
        if start + len(text.rstrip()) > last:
            return Drop("the answer runs over the end of its sentence")
        return PassageExample(
            id=question.id,
            group=question.group,
            where=question.where,
            query=question.question,
            passage=question.context[first:last],
            context=question.context,
            relevant=(f"{group_name(row, (self.span.context,))} {sentence}",),
        )
