"""Extractive question answering: the answer is a span of the context.

Long contexts become several rows (windows). Offsets are exact characters of the original context, so an answer is
always cut out of it and never re-joined from pieces.

Tokens and answers. A predicted span begins and ends at a token, so an answer that begins or ends *inside* a token
("German" in "Germans", part of a Chinese word) cannot be predicted exactly by any model over that tokenizer. The
training target is then the shortest run of tokens that holds the answer; the gold column `trim` says how many
characters to cut off that run, so that `decode` of an encoded answer gives the answer's own text for every row.
Predictions have no trim. Such answers are counted in `notes["answer_inside_token"]`: their number over that of all
answers is what the tokenizer costs in exact match. Contexts are not split further than the tokenizer does by itself,
because the encoder was pretrained on its pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from annotated_types import Ge, Le

from xstilts.core.errors import DataError, EncoderError
from xstilts.data.examples import Example, SpanExample
from xstilts.data.row_makers.catalog import SpanRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.alignment import Offsets, TokenSpan, align, windows
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import Frame, frame
from xstilts.kinds.tokenizers import pieces
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, made, user_id
from xstilts.metrics.spans import Mlqa, Squad2, SquadScore
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

COLUMNS = ("example", "ids", "lengths", "segments", "gold", "starts", "ends", "trim")


@dataclass(frozen=True)
class SpanQA(Kind):
    """`no_answer`: questions may have none (SQuAD 2.0). `stride`: tokens between the beginnings of two windows (BERT's
    doc_stride), fewer where a window is so short that an answer could fall between two. `max_question`: tokens kept of
    a question. `max_answer`: tokens of a predicted answer at most.

    Columns of a row with L tokens, beside the common ones:
        starts, ends  [L] the token covers context[start:end] (outer white space left out); -1 outside the context
        trim          [left, right] characters to cut off the gold tokens' text to get the answer's own; [] without one
    gold [first, last] token positions in the row (inclusive), [0, 0] (the leading special token) for a window without
    the answer, [] for an unlabelled question and for one whose answer no window holds; output of the head for a row:
    (start logits [L], end logits [L]); guess: the answer's text, "" for no answer.
    """

    no_answer: bool = False
    stride: Annotated[int, Ge(1), Le(2**20)] = 128
    max_question: Annotated[int, Ge(1), Le(2**20)] = 64
    max_answer: Annotated[int, Ge(1), Le(2**20)] = 30

    name: ClassVar[str] = "span_qa"
    example: ClassVar[type[Example]] = SpanExample
    head: ClassVar[str] = "xstilts.heads.span_qa:SpanQAHead"
    class_scores: ClassVar[str] = "word"
    typical_tokens: ClassVar[float] = 190.0  # a window of a context
    default_max_length: ClassVar[int] = 384  # as the released pipeline of XTREME sets it
    survives_translation: ClassVar[bool] = True  # an answer is translated between marks
    answers_in_the_text: ClassVar[bool] = True
    copies_text: ClassVar[bool] = True
    hf_auto_class: ClassVar[str | None] = "AutoModelForQuestionAnswering"
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("question", "context", "answers", "start", "id", "group", "impossible"),
        defaults={"question": "question", "context": "context", "answers": "answers"},
        layout_defaults={"squad": {"id": "id", "group": ("title", "paragraph"), "impossible": "is_impossible"}},
    )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Squad2(),) if self.no_answer else (SquadScore(),)

    @property
    def other_metrics(self) -> tuple[Metric, ...]:
        return () if self.no_answer else (Mlqa(),)

    def check(self, example: SpanExample) -> None:
        """Raise DataError for an answer that is blank or is not where it says, and for a question that has
        none where `no_answer` is off."""
        for text, start in example.answers or ():
            if not text.strip():
                raise DataError(f"a blank answer to '{example.question[:60]}'", where=example.where)
            if start < 0 or example.context[start : start + len(text)] != text:
                text_there = example.context[max(start, 0) : max(start, 0) + len(text)]
                problem = f"the context does not contain the answer '{text[:60]}' at character {start}"
                raise DataError(f"{problem}; it says '{text_there[:60]}' there", where=example.where)
        if example.answers == () and not self.no_answer:
            raise DataError(
                f"no answer to '{example.question[:60]}', but every question of this task has one",
                where=example.where,
                hint="Declare the kind with no_answer: true (SQuAD 2.0).",
            )

    def encode(self, examples: Sequence[SpanExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each window. The first answer is the one that is trained on.

        `truncated` counts questions that were cut, `unusable` those whose answer no window holds. Raises EncoderError
        when the tokenizer puts no special token in front ([0, 0] could then be an answer)."""
        shape = frame(tokenizer, 2)
        if not shape.fixed[0]:
            raise EncoderError("the tokenizer puts no special token in front, which 'no answer' points at")
        limit = min(self.max_question, max(shape.room(max_length) // 2, 1))
        distinct = list(dict.fromkeys(e.context for e in examples))
        contexts = dict(zip(distinct, align(tokenizer, distinct), strict=True))
        questions = pieces(tokenizer, [e.question for e in examples])
        encoded = Encoded(columns={key: [] for key in COLUMNS}, notes={"answer_inside_token": 0})
        for index, (example, question) in enumerate(zip(examples, questions, strict=True)):
            context = contexts[example.context]
            span = context.cover(*_first(example)) if example.answers else None
            rows = list(self._windows(shape, question[:limit], context, span, max_length))
            labelled = [row for row in rows if row["trim"]] if example.answers else rows
            unlabelled = example.answers is None or not labelled
            for row in rows:
                gold = [] if unlabelled else row["gold"]
                _append(encoded, row | {"example": index, "gold": gold})
            encoded.split += len(rows) > 1
            encoded.truncated += len(question) > limit
            encoded.unusable += bool(example.answers) and not labelled
            encoded.notes["answer_inside_token"] += span is not None and max(span.left, span.right) > 0
            if example.blanks:
                encoded.notes["blank_answers"] = encoded.notes.get("blank_answers", 0) + example.blanks
                encoded.first.setdefault("blank_answers", example.where)
        return encoded

    def _windows(
        self, shape: Frame, question: list[int], context: Offsets, span: TokenSpan | None, max_length: int
    ) -> Iterable[dict[str, Any]]:
        room = shape.room(max_length) - len(question)
        step = min(self.stride, max(room - self.max_answer, 1))
        context_start = len(shape.fixed[0]) + len(question) + len(shape.fixed[1])
        for start, stop in windows(len(context.ids), room, step):
            ids, segments = shape.join(question, context.ids[start:stop])
            outside = [-1] * context_start, [-1] * (len(ids) - context_start - (stop - start))
            gold, trim = [0, 0], []
            if span is not None and start <= span.first and span.last < stop:
                gold = [span.first - start + context_start, span.last - start + context_start]
                trim = [span.left, span.right]
            yield {
                "ids": ids,
                "lengths": [len(ids)],
                "segments": segments,
                "starts": [*outside[0], *context.starts[start:stop].tolist(), *outside[1]],
                "ends": [*outside[0], *context.ends[start:stop].tolist(), *outside[1]],
                "gold": gold,
                "trim": trim,
            }

    def gold(self, example: SpanExample) -> list[str] | None:
        """Return all answer texts, [] where the question has none."""
        return None if example.answers is None else [text for text, _ in example.answers]

    def postprocess(
        self,
        examples: Sequence[SpanExample],
        rows: Mapping[str, Any],
        outputs: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> list[str]:
        """Return the span of highest start + end logit over all windows; with `no_answer`, nothing where the leading
        token scores higher in every window (threshold 0, as in BERT's run_squad)."""
        best = np.full(len(examples), -np.inf)
        null = np.full(len(examples), np.inf)
        guesses = [""] * len(examples)
        for row, (start_L, end_L) in enumerate(outputs):
            index, starts_L, ends_L = int(rows["example"][row]), rows["starts"][row], rows["ends"][row]
            null[index] = min(null[index], float(start_L[0]) + float(end_L[0]))
            score, first, last = best_span(start_L, end_L, np.asarray(starts_L) >= 0, self.max_answer)
            if score > best[index]:
                best[index] = score
                guesses[index] = examples[index].context[int(starts_L[first]) : int(ends_L[last])].strip()
        if self.no_answer:
            return ["" if null[i] > best[i] else guess for i, guess in enumerate(guesses)]
        return guesses

    def chance_guesses(self, golds: Sequence[Sequence[str]]) -> list[str]:
        """Return no answer everywhere: 0, or the share of questions that have none."""
        return [""] * len(golds)

    def blind_answers(self, golds: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return no answer everywhere, and the answer that most questions have."""
        counts = Counter(text for gold in golds for text in set(gold))
        return [[text] * len(golds) for text in ("", *(text for text, _ in counts.most_common(1)))]

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls(no_answer=task.no_answer)

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        roles = {role: columns[role] for role in ("question", "context", "answers")}
        empty = "impossible" if task.no_answer else "unlabelled"
        start, impossible = columns.get("start"), columns.get("impossible")
        return SpanRow(**roles, start=start, impossible=impossible, empty=empty, **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> Example:
        return made(SpanRow(answers=None, impossible=None, group=(), **user_id(row)), row, number)


def decode(context: str, starts: Sequence[int], ends: Sequence[int], gold: Sequence[int], trim: Sequence[int]) -> str:
    """Return the text of an encoded answer: characters of tokens gold[0]..gold[1], `trim` cut off on either side.

    >>> decode("the Germans", [-1, 0, 4, -1], [-1, 3, 11, -1], [2, 2], [0, 1])
    'German'
    """
    return context[int(starts[gold[0]]) + int(trim[0]) : int(ends[gold[1]]) - int(trim[1])]


def best_span(start_L: np.ndarray, end_L: np.ndarray, allowed_L: np.ndarray, max_answer: int) -> tuple[float, int, int]:
    """Return (start + end logit, first, last) of the best span of at most `max_answer` tokens between allowed
    positions; (-inf, 0, 0) where nothing is allowed."""
    start_L = np.where(allowed_L, start_L, -np.inf).astype(np.float64)
    end_L = np.where(allowed_L, end_L, -np.inf).astype(np.float64)
    padded = np.concatenate([end_L, np.full(max_answer - 1, -np.inf)])
    scores_LA = start_L[:, None] + np.lib.stride_tricks.sliding_window_view(padded, max_answer)
    first, length = divmod(int(scores_LA.argmax()), max_answer)
    score = float(scores_LA[first, length])
    return (score, first, first + length) if score > -np.inf else (score, 0, 0)


def _first(example: SpanExample) -> tuple[int, int]:
    text, start = (example.answers or (("", 0),))[0]
    return start, start + len(text)


def _append(encoded: Encoded, row: Mapping[str, Any]) -> None:
    for name, column in encoded.columns.items():
        column.append(row[name])
