"""Row makers of word problems with worked solutions (GSM8K), each for one casting of them (`data.word_problems`).

Rows whose solution does not parse, or gives no casting, are dropped and counted by reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, TagExample, TextExample
from xstilts.data.fields import name_field, text_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import WHERE, Drop, Row
from xstilts.data.word_problems.arithmetic import number_text, number_value
from xstilts.data.word_problems.castings import CastOptions, answer_options, judged_solutions, next_step
from xstilts.data.word_problems.operations import tagged_words
from xstilts.data.word_problems.solutions import Solution, parse_solution, unusable


@dataclass(frozen=True, kw_only=True)
class WordProblemRow(RowMakerBase):
    """The base of the castings: fields of the question and of its worked solution, and the seed of what is drawn."""

    question: str = "question"
    answer: str = "answer"
    seed: int = 0

    def _read(self, row: Row) -> Solution | Drop:
        if drop := self.dropped(row):
            return drop
        solution = parse_solution(text_field(row, self.answer))
        if isinstance(solution, str):
            return Drop(solution)
        reason = unusable(solution)
        return solution if reason is None else Drop(reason)

    def _choice(self, row: Row, number: int, options: CastOptions) -> ChoiceExample:
        prompts = (options.prompt,) * len(options.texts)
        return ChoiceExample(**self.names(row, number), prompts=prompts, options=options.texts, answer=options.right)


@dataclass(frozen=True, kw_only=True)
class AnswerRow(WordProblemRow):
    """A question with four final numbers.

    Arguments
        asked: field of the question in another language, whose numbers are not rewritten; "" asks `question`.
        states: field that states the final number once more; "" for none. Raises DataError (file:line) where it is not
            that of the solution: the two files are not in step.
    """

    asked: str = ""
    states: str = ""

    def __call__(self, row: Row, number: int) -> ChoiceExample | Drop:
        solution = self._read(row)
        if isinstance(solution, Drop):
            return solution
        if self.states:
            stated = name_field(row, self.states)
            if number_value(stated) != solution.answer:
                beside = number_text(solution.answer)
                problem = f"the final number is '{stated}', but that of the solution beside it is {beside}"
                raise DataError(problem, where=row[WHERE])
        name = self.names(row, number)["id"]
        options = answer_options(text_field(row, self.question), solution, name, self.seed, bool(self.asked))
        if options is None:
            return Drop("other numbers give no four answers")
        if self.asked:
            options = CastOptions(prompt=text_field(row, self.asked), texts=options.texts, right=options.right)
        return self._choice(row, number, options)


@dataclass(frozen=True, kw_only=True)
class VerdictRow(WordProblemRow):
    """Two examples a row: a question with its solution ("right"), and with a corrupted one ("wrong")."""

    unit: ClassVar[str] = "group"

    def __call__(self, row: Row, number: int) -> list[TextExample] | Drop:
        solution = self._read(row)
        if isinstance(solution, Drop):
            return solution
        names = self.names(row, number)
        judged = judged_solutions(text_field(row, self.question), solution, names["id"], self.seed)
        if judged is None:
            return Drop("no two numbers of the question can change places")
        return [
            TextExample(**{**names, "id": f"{names['id']}-{label}"}, text=judged.question, pair=text, label=label)
            for label, text in (("right", judged.right), ("wrong", judged.wrong))
        ]


@dataclass(frozen=True, kw_only=True)
class NextStepRow(WordProblemRow):
    """A question with the steps so far, and two to four next steps."""

    def __call__(self, row: Row, number: int) -> ChoiceExample | Drop:
        solution = self._read(row)
        if isinstance(solution, Drop):
            return solution
        name = self.names(row, number)["id"]
        options = next_step(text_field(row, self.question), solution, name, self.seed)
        return Drop("no step can be told apart") if options is None else self._choice(row, number, options)


@dataclass(frozen=True, kw_only=True)
class OperationsRow(WordProblemRow):
    """The words of a question, each number tagged with the operation that uses it."""

    def __call__(self, row: Row, number: int) -> TagExample | Drop:
        solution = self._read(row)
        if isinstance(solution, Drop):
            return solution
        words, tags = tagged_words(text_field(row, self.question), solution)
        if set(tags) == {"O"}:
            return Drop("no number of the question is used by a calculation")
        return TagExample(**self.names(row, number), words=words, lines=(), tags=tags)
