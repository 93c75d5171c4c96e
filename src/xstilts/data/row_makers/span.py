"""Row maker of extractive question answering: answers are spans of their context."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as setting
from typing import Any, ClassVar

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.data.answer_spans import read_answers
from xstilts.data.examples import SpanExample
from xstilts.data.fields import field_value, flag_field, text_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import WHERE, Drop, Row

SQUAD_FLAG = "is_impossible"


@dataclass(frozen=True, kw_only=True)
class SpanRow(RowMakerBase):
    """A question, its context and where the answer stands in it.

    Arguments
        question, context: fields, taken as they are (starts count characters of the raw context).
        answers: field of a list of {"text", "answer_start"} or of (text, start), or of {"text": [...],
            "answer_start": [...]}; None, and a row where it is null: unlabelled.
        start: field of where the answers begin, where these are texts alone, a text or a list of them.
        impossible: field that is true where the context holds no answer; a row may lack SQuAD's own, `is_impossible`.
        empty: what a question without answers is where `impossible` does not say: "unlabelled" or "impossible". Blank
            answers that begin before the text (at -1) are none.
        misplaced: a row with an answer that does not stand where it says is an "error" (of the kind), or a "drop".

    Groups: the default is the paragraph of the file, which is right where all languages have the same documents in the
    same order (XQuAD). MLQA's titles and paragraphs differ by language: ("id",). TyDiQA repeats contexts: ("context",).
    Answers whose texts are all empty (the blanks of TyDiQA and MLQA test files) are unlabelled; blank ones among
    others are left out and counted (`SpanExample.blanks`).
    """

    identity_name: ClassVar[str] = "Span"
    gold_fields: ClassVar[tuple[str, ...]] = ("answers", "impossible", "start")

    id: str | None = "id"
    group: tuple[str, ...] = ("title", "paragraph")
    question: str = "question"
    context: str = "context"
    answers: str | None = "answers"
    impossible: str | None = SQUAD_FLAG
    empty: str = "unlabelled"
    misplaced: str = setting(default="error", metadata=OMIT_DEFAULT)
    start: str | None = setting(default=None, metadata=OMIT_DEFAULT)

    def __call__(self, row: Row, number: int) -> SpanExample | Drop:
        if drop := self.dropped(row):
            return drop
        found, impossible = self._gold(row)
        answers = None if found is None else tuple(answer for answer in found if answer[0].strip())
        context = text_field(row, self.context)
        if self.misplaced == "drop" and not all(_stands(answer, start, context) for answer, start in answers or ()):
            return Drop("an answer does not stand where it says")
        return SpanExample(
            **self.names(row, number),
            question=text_field(row, self.question),
            context=context,
            answers=answers,
            impossible=impossible,
            blanks=len(found or ()) - len(answers or ()),
        )

    def _flag(self, row: Row) -> bool | None:
        if self.impossible is None or (self.impossible == SQUAD_FLAG and SQUAD_FLAG not in row):
            return None
        return flag_field(row, self.impossible)

    def _gold(self, row: Row) -> tuple[tuple[tuple[str, int], ...] | None, bool]:
        raw = None if self.answers is None else field_value(row, self.answers)
        is_impossible = self._flag(row)
        if raw is None:
            return ((), True) if is_impossible else (None, False)
        answers = read_answers(self._with_starts(row, raw), str(self.answers), row[WHERE])
        if is_impossible:
            if named := next((answer for answer, _ in answers if answer.strip()), ""):
                problem = f"'{self.impossible}' says that there is no answer, but '{named[:60]}' is one"
                raise DataError(problem, where=row[WHERE])
            return (), True
        if any(answer.strip() for answer, _ in answers):
            return answers, False
        if is_impossible is None and self.empty == "impossible" and all(start < 0 for _, start in answers):
            return (), True
        return None, False

    def _with_starts(self, row: Row, answers: Any) -> Any:
        """Return answers of which their field says where they begin, or another field does."""
        if self.start is None:
            return answers
        starts = field_value(row, self.start)
        both = [[value] if isinstance(value, str | int) else value for value in (answers, starts)]
        return dict(zip(("text", "answer_start"), both, strict=True))


def _stands(answer: str, start: int, context: str) -> bool:
    return bool(answer.strip()) and start >= 0 and context.startswith(answer, start)
