"""Intents and slots by one head: what a user wants, and with what.

An utterance is one row, however long (`kinds.windows`). Slots are tags of its words in BIO, of which the best sequence
is taken that is one of spans; the intent is read off the sentence's own state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

import numpy as np
from annotated_types import Ge, Le

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Example, FrameExample
from xstilts.data.meaning_trees import flat_form
from xstilts.data.readers.catalog import Jsonl, JsonList, Parquet, XsidUtterances
from xstilts.data.row_makers.catalog import FramesRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.tagging import UNKNOWN, blind_tags
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, required_labels, unlabelled_words
from xstilts.kinds.windows import encode_sentences
from xstilts.metrics.frames import FrameAccuracy, IntentAccuracy, SlotF1
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

States = Literal["first", "mean"]
Frame = dict[str, Any]


@dataclass(frozen=True)
class SlotsIntent(Kind):
    """`intents`, `slots`: the labels of both, slots without B- and I-; their order gives the ids. `open_labels`: files
    may hold others; they are left out of the loss, no guess finds them, and they are counted. `states`: what of a word
    its tag is read off, its first piece or the mean of its pieces. `intent_weight`: of the loss of intents; what is
    left of 1 is that of slots, of which each utterance's is the mean over its words.

    Columns of a row with W words, beside the common ones:
        first   [W] position of each word's first piece in the row
        pieces  [W] how many pieces it has
    gold: the intent's id, then W tags: 0 for none, 1 + 2i and 2 + 2i for words that begin and continue a slot i, -1 for
    a label outside an open set. Output of the head for a row: (intent id, tag ids [W]).
    Guess: {"intent": label, "slots": a tag for each word}; gold has the `form` of the file as well, where it has one.
    """

    intents: tuple[str, ...]
    slots: tuple[str, ...]
    open_labels: bool = field(default=False, metadata=OMIT_DEFAULT)
    states: States = "first"
    intent_weight: Annotated[float, Ge(0), Le(1)] = 0.5

    name: ClassVar[str] = "slots_intent"
    example: ClassVar[type[Example]] = FrameExample
    head: ClassVar[str] = "xstilts.heads.slots_intent:SlotsIntentHead"
    class_scores: ClassVar[str] = "word"
    typical_tokens: ClassVar[float] = 15.0
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("words", "slots", "intent", "id", "group"),
        defaults={"words": "words", "slots": "slots", "intent": "intent"},
        readers={"jsonl": Jsonl(), "json": JsonList(), "parquet": Parquet(), "xsid": XsidUtterances()},
    )

    def __post_init__(self) -> None:
        if self.states not in get_args(States):
            problem = f"tags are not read off '{self.states}'."
            raise StudyError(problem, value=str(self.states), allowed=get_args(States), where="states")
        if not 0 <= self.intent_weight <= 1:
            problem = "the weight of the intents' loss is a share, from 0 to 1"
            raise StudyError(problem, value=str(self.intent_weight), where="intent_weight")

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of words, in the order of their ids."""
        return ("O", *(f"{position}-{slot}" for slot in self.slots for position in "BI"))

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels: intents, then tags."""
        return (*self.intents, *self.tags)

    @property
    def head_settings(self) -> Mapping[str, Any]:
        return {"intents": len(self.intents), "states": self.states}

    @property
    def as_encoded(self) -> SlotsIntent:
        return SlotsIntent(self.intents, self.slots, self.open_labels)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (FrameAccuracy(), SlotF1(), IntentAccuracy())

    def check(self, example: FrameExample) -> None:
        """Raise DataError for an utterance without words, words and slots of different number, and labels outside
        closed sets."""
        if not example.words:
            raise DataError("an utterance without words", where=example.where)
        if example.slots is not None and len(example.slots) != len(example.words):
            problem = f"{len(example.slots)} slots for {len(example.words)} words"
            raise DataError(problem, where=example.where)
        if self.open_labels:
            return
        if example.intent is not None and example.intent not in self.intents:
            problem = f"intent '{example.intent}' is not one of this task's intents"
            raise DataError(problem, where=example.where, value=example.intent, allowed=self.intents)
        tags = self.tags
        for word, tag in enumerate(example.slots or ()):
            if tag not in tags:
                problem = f"slot tag '{tag}' is not one of this task's"
                raise DataError(problem, where=example.place(word), value=tag, allowed=tags)

    def encode(self, examples: Sequence[FrameExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each utterance. One whose slots no tags can say has no gold (`unusable`);
        `notes["unknown_labels"]` counts those with a label outside an open set."""
        intents = {label: i for i, label in enumerate(self.intents)}
        tags = {tag: i for i, tag in enumerate(self.tags)}
        golds: list[list[int]] = []
        for example in examples:
            is_usable = example.intent is not None and example.slots is not None
            slots = example.slots or ()
            golds.append(
                [intents.get(str(example.intent), UNKNOWN), *(tags.get(tag, UNKNOWN) for tag in slots)]
                if is_usable
                else []
            )
        encoded = encode_sentences(examples, golds, tokenizer, max_length)
        encoded.unusable = sum(example.intent is not None and example.slots is None for example in examples)
        encoded.notes["unknown_labels"] = sum(UNKNOWN in gold for gold in golds)
        return encoded

    def gold(self, example: FrameExample) -> Frame | None:
        if example.intent is None or (example.slots is None and example.form is None):
            return None
        form = {} if example.form is None else {"form": example.form}
        return {"intent": example.intent, "slots": list(example.slots or ()), **form}

    def postprocess(
        self,
        examples: Sequence[FrameExample],
        rows: Mapping[str, Any],
        outputs: Sequence[tuple[int, np.ndarray]],
    ) -> list[Frame]:
        tags = self.tags
        guesses: list[Frame] = [{} for _ in examples]
        for row, (intent, tags_W) in enumerate(outputs):
            slots = [tags[tag] for tag in tags_W.tolist()]
            guesses[int(rows["example"][row])] = {"intent": self.intents[int(intent)], "slots": slots}
        return guesses

    def count(
        self, metric: Metric, examples: Sequence[FrameExample], guesses: Sequence[Any], language: str
    ) -> np.ndarray:
        """A guess is written as a form where the gold is one."""
        return super().count(
            metric,
            examples,
            [_with_form(example, guess) for example, guess in zip(examples, guesses, strict=True)],
            language,
        )

    def chance_guesses(self, golds: Sequence[Frame]) -> list[Frame]:
        """Return the commonest intent, and no slots."""
        intent = _commonest(golds)
        return [{"intent": intent, "slots": ["O"] * len(gold["slots"])} for gold in golds]

    def blind_answers(self, golds: Sequence[Frame]) -> list[list[Frame]]:
        """Return the commonest intent with tags that ignore the words (`kinds.tagging.blind_tags`)."""
        intent = _commonest(golds)
        answers = [
            [{"intent": intent, "slots": slots} for slots in of_all]
            for of_all in blind_tags([g["slots"] for g in golds])
        ]
        return [self.chance_guesses(golds), *answers]

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        if len(task.intents) < 2:
            raise StudyError(
                f"A {task.kind} task needs `intents`, at least two, in the order of their ids.", where=where
            )
        labels = required_labels(task, where)
        if (tag := next((label for label in labels if label == "O" or label[:2] in ("B-", "I-")), None)) is not None:
            problem = f"'{tag}' is a tag: `labels` of a {task.kind} task are names of slots, without O, B- and I-."
            raise StudyError(problem, where=f"{where}.labels")
        return cls(intents=task.intents, slots=labels)

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        named = {role: columns[role] for role in ("words", "slots", "intent")}
        return FramesRow(**named, **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> FrameExample:
        return unlabelled_words(row, number, FrameExample)


def _with_form(example: FrameExample, guess: Frame) -> Frame:
    if example.form is None or "form" in guess:
        return guess
    return {**guess, "form": flat_form(example.words, guess["intent"], guess["slots"])}


def _commonest(golds: Sequence[Frame]) -> str:
    """Return the commonest intent; "" of none."""
    return next((intent for intent, _ in Counter(gold["intent"] for gold in golds).most_common(1)), "")
