"""Row makers: which fields of a row become which part of an example.

Fields are named by path (`data.fields`): "question.stem", "choices.*.text". All makers share

    id          field that holds the id; None: the row's number (from 0)
    group       fields that together name the group; () : the row's number divided by `group_rows`
    group_rows  rows that share a group when they follow one another (XNLI: 3 hypotheses to a premise)
    drop        (field, value) pairs; a row where one holds is left out and counted
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as setting
from typing import Any, ClassVar

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, SentenceExample, SpanExample, TagExample, TextExample
from xstilts.data.fields import field, fill, name, text, words
from xstilts.data.source import Drop, Row
from xstilts.data.views import place_of

Labels = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, kw_only=True)
class Maker:
    """What all row makers share."""

    id: str | None = None
    group: tuple[str, ...] = ()
    group_rows: int = 1
    unit: ClassVar[str] = "id"  # what `Source.take` counts: rows, or groups where rows need each other
    drop: tuple[tuple[str, str], ...] = ()

    def names(self, row: Row, number: int) -> dict[str, str]:
        """id, group and where of the example made from this row."""
        return {
            "id": str(number) if self.id is None else text(row, self.id),
            "group": name(row, self.group) if self.group else str(number // self.group_rows),
            "where": row["where"],
        }

    def dropped(self, row: Row) -> Drop | None:
        for path, value in self.drop:
            if str(field(row, path)) == value:
                return Drop(f"{path} is '{value}'")
        return None


def mapped(raw: Any, labels: Labels, where: str) -> str | None:
    """The label that `raw` stands for. () maps every label to itself; a label mapped to None is "unlabelled"."""
    table = dict(labels)
    if table and str(raw) not in table:
        raise DataError(f"'{raw}' is not a label of this file", where=where, value=str(raw), allowed=table)
    return table[str(raw)] if table else str(raw)


@dataclass(frozen=True, kw_only=True)
class TextRow(Maker):
    """One text, with a label or without.

    Arguments
        text: field of the text.
        label: field of the label; None: unlabelled.
        labels: (in the file, name) pairs; () : labels are named as in the file; a name of None: unlabelled.
    """

    identity_name: ClassVar[str] = "Text"

    text: str = "text"
    label: str | None = None
    labels: Labels = ()

    def __call__(self, row: Row, number: int) -> TextExample | Drop:
        if drop := self.dropped(row):
            return drop
        label = None if self.label is None else mapped(field(row, self.label), self.labels, row["where"])
        return TextExample(**self.names(row, number), text=text(row, self.text), label=label)


@dataclass(frozen=True, kw_only=True)
class PairRow(Maker):
    """Two texts, with a label or without. `a` and `b` are their fields; `label` and `labels` as in `TextRow`."""

    identity_name: ClassVar[str] = "Pair"

    a: str
    b: str
    label: str | None = None
    labels: Labels = ()

    def __call__(self, row: Row, number: int) -> TextExample | Drop:
        if drop := self.dropped(row):
            return drop
        label = None if self.label is None else mapped(field(row, self.label), self.labels, row["where"])
        return TextExample(**self.names(row, number), text=text(row, self.a), pair=text(row, self.b), label=label)


@dataclass(frozen=True, kw_only=True)
class ChoiceRow(Maker):
    """Several options of which one is right.

    Arguments
        prompt: template for the first half of each scored pair, such as "{context} {question}".
        options: path of a list of options ("endings", "question.choices.*.text"), or one field for each option.
        option: template for the second half; "{option}" is the option at hand. `prompt` may use it too.
        answer: field of the answer; None: unlabelled. An empty answer is unlabelled too.
        answer_as: "index" (from 0), "number" (from 1), "letter" (A is the first), "text" (the option itself) or
            "label" (the position in the list at path `answer_labels`).
        phrases: (value, phrase) pairs for the field `phrase`: "{phrase}" in a template is the phrase of its value
            (XCOPA's "cause" and "effect").
    """

    identity_name: ClassVar[str] = "Choice"

    prompt: str
    options: str | tuple[str, ...]
    option: str = "{option}"
    answer: str | None = None
    answer_as: str = "index"
    answer_labels: str | None = None
    phrase: str | None = None
    phrases: tuple[tuple[str, str], ...] = ()

    def __call__(self, row: Row, number: int) -> ChoiceExample | Drop:
        if drop := self.dropped(row):
            return drop
        listed = self.options
        options = words(row, listed) if isinstance(listed, str) else tuple(text(row, path) for path in listed)
        if len(options) < 2:
            raise DataError(f"a choice needs two options, the row has {len(options)}", where=row["where"])
        if self.phrase is not None:
            row = {**row, "phrase": mapped(field(row, self.phrase), self.phrases, row["where"])}
        each = [{**row, "option": option} for option in options]
        return ChoiceExample(
            **self.names(row, number),
            prompts=tuple(fill(self.prompt, one) for one in each),
            options=tuple(fill(self.option, one) for one in each),
            answer=self._answer(row, options),
        )

    def _answer(self, row: Row, options: tuple[str, ...]) -> int | None:
        raw = None if self.answer is None else field(row, self.answer)
        if raw is None or raw == "":
            return None
        count = len(options)
        names = {
            "index": lambda: [str(i) for i in range(count)],
            "number": lambda: [str(i + 1) for i in range(count)],
            "letter": lambda: [chr(ord("A") + i) for i in range(count)],
            "text": lambda: list(options),
            "label": lambda: list(words(row, self.answer_labels or "")),
        }[self.answer_as]()
        if str(raw) not in names:
            raise DataError(f"the answer '{raw}' names no option", where=row["where"], value=str(raw), allowed=names)
        return names.index(str(raw))


@dataclass(frozen=True, kw_only=True)
class SpanRow(Maker):
    """A question, its context and where the answer stands in it.

    Arguments
        question, context: fields, taken as they are (starts count characters of the raw context).
        answers: field of a list of (text, start), or of {"text": [...], "answer_start": [...]}; None: unlabelled.
        impossible: field that is true where the context holds no answer.
        empty: what a question without answers is where `impossible` does not say: "unlabelled" or "impossible".
        misplaced: a row with an answer that does not stand where it says is an "error" (of the kind), or a "drop".

    Groups: the default is the paragraph of the file, which is right where all languages have the same documents in the
    same order (XQuAD). MLQA's titles and paragraphs differ by language: ("id",). TyDiQA repeats contexts: ("context",).
    Answers whose texts are all empty (the blanks of TyDiQA and MLQA test files) are unlabelled.
    """

    identity_name: ClassVar[str] = "Span"

    id: str | None = "id"
    group: tuple[str, ...] = ("title", "paragraph")
    question: str = "question"
    context: str = "context"
    answers: str | None = "answers"
    impossible: str | None = "is_impossible"
    empty: str = "unlabelled"
    misplaced: str = setting(default="error", metadata=OMIT_DEFAULT)

    def __call__(self, row: Row, number: int) -> SpanExample | Drop:
        if drop := self.dropped(row):
            return drop
        answers, impossible = self._gold(row)
        context = text(row, self.context)
        if self.misplaced == "drop" and not all(_stands(answer, start, context) for answer, start in answers or ()):
            return Drop("an answer does not stand where it says")
        return SpanExample(
            **self.names(row, number),
            question=text(row, self.question),
            context=context,
            answers=answers,
            impossible=impossible,
        )

    def _gold(self, row: Row) -> tuple[tuple[tuple[str, int], ...] | None, bool]:
        raw = None if self.answers is None else field(row, self.answers)
        if raw is None:
            return None, False
        pairs = zip(raw["text"], raw["answer_start"], strict=True) if isinstance(raw, dict) else raw
        answers = tuple((str(answer), int(start)) for answer, start in pairs)
        said = row.get(self.impossible) if self.impossible else None
        if said:
            return (), True
        if any(answer for answer, _ in answers):
            return answers, False
        if not answers and said is None and self.empty == "impossible":
            return (), True
        return None, False


def _stands(answer: str, start: int, context: str) -> bool:
    return bool(answer.strip()) and start >= 0 and context.startswith(answer, start)


@dataclass(frozen=True, kw_only=True)
class TagsRow(Maker):
    """Words and one tag for each.

    Arguments
        words, tags: fields with lists of equal length; `tags` None: unlabelled.
        labels: (in the file, name) pairs, as in `TextRow`; every tag must be in it.
        cut: tags end before this string (":" makes "nsubj:pass" the tag "nsubj").
    """

    identity_name: ClassVar[str] = "Tags"

    words: str = "words"
    tags: str | None = "tags"
    labels: Labels = ()
    cut: str = ""

    def __call__(self, row: Row, number: int) -> TagExample | Drop:
        if drop := self.dropped(row):
            return drop
        return TagExample(**self.names(row, number), words=words(row, self.words), tags=self._tags(row))

    def _tags(self, row: Row) -> tuple[str, ...] | None:
        if self.tags is None:
            return None
        raw = words(row, self.tags)
        if self.cut:
            raw = tuple(tag.split(self.cut, 1)[0] for tag in raw)
        names = [mapped(tag, self.labels, row["where"]) for tag in raw]
        return None if None in names else tuple(tag for tag in names if tag is not None)


@dataclass(frozen=True, kw_only=True)
class SentencesRow(Maker):
    """A parallel row as two sentences that match each other: a query (field `a`) and a candidate (field `b`).

    Their ids are "q" and "c" before the row's id. `group=("b",)` gives one English sentence one group in all languages.
    `part` is what the sentences may be used for, "test" or "tune".
    """

    identity_name: ClassVar[str] = "Sentences"

    unit: ClassVar[str] = "group"
    a: str = "a"
    b: str = "b"
    part: str = "test"

    def __call__(self, row: Row, number: int) -> list[SentenceExample] | Drop:
        if drop := self.dropped(row):
            return drop
        names = self.names(row, number)
        number_or_id = names.pop("id")
        query, candidate = f"q{number_or_id}", f"c{number_or_id}"
        shared: dict[str, Any] = {**names, "part": self.part}
        return [
            SentenceExample(id=query, text=text(row, self.a), side="query", matches=(candidate,), **shared),
            SentenceExample(id=candidate, text=text(row, self.b), side="candidate", **shared),
        ]


@dataclass(frozen=True, kw_only=True)
class MinedRow(Maker):
    """A sentence of a comparable corpus, as `readers.Mining` gives it.

    A gold pair shares a group; other sentences stand alone. `tune` is the share of the groups (both sides, by a hash of
    the group and `seed`) whose sentences may set the threshold; the rest is scored. Each part is a mining problem of
    its own.
    """

    identity_name: ClassVar[str] = "Mined"

    unit: ClassVar[str] = "group"
    id: str | None = "id"
    text: str = "text"
    tune: float = 0.5
    seed: int = 0

    def __call__(self, row: Row, number: int) -> SentenceExample | Drop:
        if drop := self.dropped(row):
            return drop
        names = self.names(row, number)
        group = field(row, "pair") or names["id"]
        matches = field(row, "matches")
        return SentenceExample(
            id=names["id"],
            group=group,
            where=names["where"],
            text=text(row, self.text),
            side=text(row, "side"),
            matches=None if matches is None else tuple(matches),
            part="tune" if place_of(f"tune {group}", self.seed) < self.tune else "test",
        )
