"""Tagging: one tag for each word, such as parts of speech, entities in BIO, supertags. The first piece of a word stands
for it.

A sentence longer than the encoder becomes several rows, split between words and never cut. Words are tokenised one by
one as they would be inside a sentence, so alignment needs no offsets and cannot shift; a word that gets no pieces
(invisible characters) becomes the unknown token and still has a tag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice, permutations
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.examples import Example, TagExample
from xstilts.data.row_makers.catalog import TagsRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import Frame, frame
from xstilts.kinds.tokenizers import pieces, specials
from xstilts.kinds.user_data import (
    TaskDeclaration,
    UserColumns,
    id_and_group,
    named_labels,
    required_labels,
    unlabelled_words,
)
from xstilts.kinds.word_judges import TagJudge
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.metrics.tag_schemes import SCHEMES, Scheme, scheme_of, strange_label
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BLIND_TAGS = 4  # the commonest ones, of which answers are made that ignore the words
UNKNOWN = -1  # gold id of a tag that is not in the label set: never trained on, never right


@dataclass(frozen=True)
class Tagging(Kind):
    """`labels`: the tag set; the order gives the ids. `open_labels`: test files may hold tags that are not in the set
    (a supertag never seen in training); they are left out of the loss and every guess for them is wrong.

    `scheme`: what tags say of chunks (`metrics.tag_schemes`), "none" where they say nothing; "" : what the labels
    themselves follow.

    Columns of a row with W words, beside the common ones:
        first  [W] position of each word's first piece in the row
        word   [W] number of each word in its sentence
    gold [W] tag ids, -1 for a tag outside an open set; output of the head for a row: tag ids [W] or logits [W, C];
    guess: one tag for each word.
    """

    labels: tuple[str, ...]
    open_labels: bool = field(default=False, metadata=OMIT_DEFAULT)
    scheme: Scheme = field(default="", metadata=OMIT_DEFAULT)

    name: ClassVar[str] = "tagging"
    example: ClassVar[type[Example]] = TagExample
    head: ClassVar[str] = "xstilts.heads.tagging:TaggingHead"
    class_scores: ClassVar[str] = "word"
    typical_tokens: ClassVar[float] = 30.0
    hf_auto_class: ClassVar[str | None] = "AutoModelForTokenClassification"
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        required=("words", "tags"),
        optional=("id", "group"),
        layout_defaults={
            "conllu": {"words": "words", "tags": "upos"},
            "conll2009": {"words": "words", "tags": "pos"},
            "conll2012": {"words": "words", "tags": "pos"},
            "bio": {"words": "token", "tags": "tag"},
        },
        named_labels=True,
    )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Chunk F1 first where tags follow a scheme, else the share of right tags alone."""
        scheme = self.read_as
        if not scheme:
            return (TokenAccuracy(),)
        # Of BIO with plain types XTREME's evaluator reads the same chunks.
        plain = scheme == "bio" and not any(
            "-" in label[2:] or len(label) == 1 for label in self.labels if label != "O"
        )
        return (ChunkF1() if plain else ChunkF1(scheme=scheme), TokenAccuracy())

    @property
    def read_as(self) -> str:
        """The scheme in which tags are read; "" where they are read in none."""
        return "" if self.scheme == "none" else self.scheme or scheme_of(self.labels)

    @property
    def word_judge(self) -> TagJudge | None:
        """Tags that are read as chunks say little word by word: most are O."""
        return None if self.read_as else TagJudge()

    @property
    def note(self) -> str:
        if self.read_as:
            said = "as the study says" if self.scheme else "as its labels look; `scheme` says otherwise"
            return f"tags are read as {self.read_as.upper()} ({said})"
        if self.scheme or "O" not in self.labels:
            return ""
        return f"its tags follow no scheme that is known ({', '.join(SCHEMES)}), so there is no F1 of chunks"

    def check(self, example: TagExample) -> None:
        """Raise DataError for a sentence without words, words and tags of different number, or a tag outside a
        closed set."""
        if not example.words:
            raise DataError("a sentence without words", where=example.where)
        if example.tags is None:
            return
        if len(example.tags) != len(example.words):
            problem = f"{len(example.tags)} tags for {len(example.words)} words"
            raise DataError(problem, where=example.where)
        strange = next((word for word, tag in enumerate(example.tags) if tag not in self.labels), None)
        if strange is not None and not self.open_labels:
            tag = example.tags[strange]
            problem = f"tag '{tag}' is not one of this task's tags"
            raise DataError(problem, where=example.place(strange), value=tag, allowed=self.labels)

    def encode(self, examples: Sequence[TagExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each sentence, or several where it is longer than `max_length` tokens.

        A single word longer than a row keeps the pieces that fit (counted in `truncated`)."""
        shape = frame(tokenizer, 1)
        room = shape.room(max_length)
        label_ids = {label: i for i, label in enumerate(self.labels)}
        words = word_pieces(tokenizer, {word for e in examples for word in e.words})
        encoded = Encoded(
            columns={key: [] for key in ("example", "ids", "lengths", "segments", "gold", "first", "word")}
        )
        for index, example in enumerate(examples):
            words_pieces = [words[word] for word in example.words]
            groups = split(list(map(len, words_pieces)), room)
            for start, stop in groups:
                tags = () if example.tags is None else example.tags[start:stop]
                gold = [label_ids.get(tag, UNKNOWN) for tag in tags]
                row = _row(shape, words_pieces[start:stop], room)
                _append(encoded, row | {"example": index, "gold": gold, "word": list(range(start, stop))})
            encoded.split += len(groups) > 1
            encoded.truncated += any(len(ids) > room for ids in words_pieces)
        return encoded

    def gold(self, example: TagExample) -> list[str] | None:
        return None if example.tags is None else list(example.tags)

    def postprocess(
        self, examples: Sequence[TagExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[list[str]]:
        guesses = [[""] * len(e.words) for e in examples]
        for row, output in enumerate(outputs):
            scores = np.asarray(output)
            tags_W = scores if scores.ndim == 1 else scores.argmax(axis=1)
            sentence = guesses[int(rows["example"][row])]
            for word, tag in zip(rows["word"][row], tags_W, strict=True):
                sentence[int(word)] = self.labels[int(tag)]
        return guesses

    def chance_guesses(self, golds: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the commonest tag everywhere."""
        counts = Counter(tag for gold in golds for tag in gold)
        return [[counts.most_common(1)[0][0]] * len(gold) for gold in golds]

    def blind_answers(self, golds: Sequence[Sequence[str]]) -> list[list[list[str]]]:
        return blind_tags(golds)

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        labels = required_labels(task, where)
        if task.scheme not in ("", "none") and (strange := strange_label(labels, task.scheme)) is not None:
            letters = " or ".join(f"{letter}-" for letter in SCHEMES[task.scheme])
            problem = f"The label '{strange}' is no tag of the scheme '{task.scheme}'"
            raise StudyError(f"{problem}, whose tags are O or begin with {letters}.", where=f"{where}.labels")
        return cls(labels=labels, scheme=task.scheme)

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        """A file of the layout "bio" is read into lists that are called "words" and as its columns, with an s."""
        shared = id_and_group(columns) | named_labels(task)
        if task.reader == "bio":
            return TagsRow(words="words", tags=f"{columns['tags']}s", **shared)
        return TagsRow(words=columns["words"], tags=columns["tags"], **shared)

    def from_user_row(self, row: Row, number: str) -> TagExample:
        return unlabelled_words(row, number, TagExample)


def blind_tags(golds: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    """Return tags that ignore the words, in several ways: the commonest everywhere, and two of them in turn: of a chunk
    F1 a single tag finds next to nothing, for neighbours of one tag are one chunk. Of tags with a prefix also chunks of
    one word, of two, and of the whole sentence, of each of the commonest types."""
    counts = Counter(tag for gold in golds for tag in gold)
    tags = [tag for tag, _ in counts.most_common(_BLIND_TAGS)]
    patterns: list[tuple[str, ...]] = [*((tag,) for tag in tags), *permutations(tags, 2)]
    for begin in [tag for tag, _ in counts.most_common() if tag.startswith("B-")][:_BLIND_TAGS]:
        inside = f"I-{begin.removeprefix('B-')}"
        patterns += [(begin,), (begin, inside), (begin, *[inside] * max(map(len, golds), default=1))]
    sizes = [len(gold) for gold in golds]
    answers = []
    for pattern in dict.fromkeys(patterns):
        of_size = {size: list(islice(cycle(pattern), size)) for size in set(sizes)}
        answers.append([of_size[size] for size in sizes])
    return answers


def word_pieces(tokenizer: Tokenizer, words: Iterable[str]) -> dict[str, list[int]]:
    """Return the pieces of each word as it is tokenised inside a sentence; at least one, the unknown token if need be.

    XLM-R marks the word itself ("▁word"); a byte-level tokenizer marks the space before it ("Ġword"), so its words
    are given one. Raises EncoderError when a word has no pieces and the tokenizer no unknown token.
    """
    distinct = sorted(words)
    lead = _lead(tokenizer)
    ids_of_word = dict(zip(distinct, pieces(tokenizer, [lead + word for word in distinct]), strict=True))
    empty = [word for word, ids in ids_of_word.items() if not ids]
    if empty:
        special = specials(tokenizer)
        stand_in = special.mask if special.unk is None else special.unk
        if stand_in is None:
            raise EncoderError(f"the tokenizer has neither pieces nor an unknown token for {empty[0]!r}")
        ids_of_word.update((word, [stand_in]) for word in empty)
    return ids_of_word


def _lead(tokenizer: Tokenizer) -> str:
    """Return what is put before a word so that it is tokenised as within a sentence: nothing, or a space."""
    bare, spaced, inside = pieces(tokenizer, ["b", " b", "a b"])
    return "" if inside[-len(bare) :] == bare or inside[-len(spaced) :] != spaced else " "


def split(sizes: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Return half-open ranges of words that fit in `room` pieces each; together they are all words, in order.

    >>> split([2, 2, 3, 9, 1], 5)
    [(0, 2), (2, 3), (3, 4), (4, 5)]
    """
    ranges: list[tuple[int, int]] = []
    start, used = 0, 0
    for word, size in enumerate(sizes):
        if word > start and used + size > room:
            ranges.append((start, word))
            start, used = word, 0
        used += size
    return [*ranges, (start, len(sizes))]


def _row(shape: Frame, words: Sequence[Sequence[int]], room: int) -> dict[str, Any]:
    first: list[int] = []
    ids: list[int] = []
    for pieces_of_word in words:
        first.append(len(shape.fixed[0]) + len(ids))
        ids += pieces_of_word[:room]
    row, segments = shape.join(ids)
    return {"ids": row, "lengths": [len(row)], "segments": segments, "first": first}


def _append(encoded: Encoded, row: Mapping[str, Any]) -> None:
    for name, column in encoded.columns.items():
        column.append(row[name])
