"""Distillation: texts on which a student's hidden states should be those of its teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, TextExample
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import frame
from xstilts.kinds.tokenizers import pieces
from xstilts.metrics.similarity import Similarity
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Distillation(Kind):
    """An objective of pretraining; no task of a study.

    layers: (student's layer, teacher's layer) of the states that are compared; 0 the embeddings, k the k-th block. ():
        each block of the student with the one at the same share of the teacher's depth.
    sentences: weight of the second loss, 1 - cosine of the mean-pooled last states.

    A row is one sequence; a text with a pair gives rows for both; a long text gives several. gold is always [1]. Output
    of the head for a row: the cosine of student and teacher; the guess of an example is the mean of its rows'.
    """

    layers: tuple[tuple[int, int], ...] = ()
    sentences: float = 1.0

    name: ClassVar[str] = "distillation"
    example: ClassVar[type[Example]] = TextExample
    head: ClassVar[str] = "xstilts.heads.distillation:DistillationHead"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Similarity(),)

    def check(self, example: TextExample) -> None:
        """Raise DataError for an empty text."""
        if not example.text.strip():
            raise DataError("an empty text", where=example.where)

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each block of at most `max_length` tokens of each text; texts without pieces give no row."""
        shape, room = frame(tokenizer, 1), frame(tokenizer, 1).room(max_length)
        names = ("example", "ids", "lengths", "segments", "gold")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        encoded = Encoded(columns=columns)
        first = pieces(tokenizer, [example.text for example in examples])
        second = pieces(tokenizer, [example.pair or "" for example in examples])
        for index, sides in enumerate(zip(first, second, strict=True)):
            encoded.split += any(len(ids) > room for ids in sides)
            blocks = [ids[start : start + room] for ids in sides for start in range(0, len(ids), room)]
            encoded.unusable += not blocks
            for block in blocks:
                row, segments = shape.join(block)
                for name, value in zip(names, (index, row, [len(row)], segments, [1]), strict=True):
                    columns[name].append(value)
        return encoded

    def gold(self, example: TextExample) -> float:
        """Return the cosine that is aimed at."""
        return 1.0

    def postprocess(
        self, examples: Sequence[TextExample], rows: Mapping[str, Any], outputs: Sequence[Any]
    ) -> list[float | None]:
        """Return the mean cosine of each example's rows; None where it has none."""
        cosines: list[list[float]] = [[] for _ in examples]
        for row, cosine in enumerate(outputs):
            cosines[int(rows["example"][row])].append(float(cosine))
        return [sum(values) / len(values) if values else None for values in cosines]

    def chance_guesses(self, golds: Sequence[float]) -> list[float]:
        """Return 0: vectors that know nothing of each other."""
        return [0.0] * len(golds)
