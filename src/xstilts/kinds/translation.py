"""Translation ranking: pairs of sentences whose vectors should be close, and words of theirs whose should.

Trained by ranking (each sentence's translation against those of the others), and by the same for aligned words where
a row has links. What it trains is the encoder: there are no parameters of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, TextExample
from xstilts.data.source import Row
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import frame
from xstilts.kinds.tokenizers import pieces, token_hash
from xstilts.kinds.user_data import unlabelled_text
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class TranslationRanking(Kind):
    """`text` and `pair` of an example say the same in two languages.

    layer: the hidden state that is read: None the last, 0 the embeddings, k the k-th block.
    sentences, words: weights of the two losses; temperatures divide cosines.

    Columns of a row, beside the common ones (two sequences a row, gold always [1]):
        links  [i0, j0, i1, j1, ...] positions of aligned tokens, i in the first sequence and j in the second
        words  the same of aligned words, each as its first token: what is compared in context, where a tagger reads
        same   [number of the first text, number of the second]: equal for equal texts
    Output of the head for a row: (vector of the text, vector of its pair); a guess is the id of the example whose pair
    is nearest to this text by cosine.
    """

    identity_name: ClassVar[str] = "Translation"

    layer: Annotated[int | None, Ge(0), Le(1_000)] = None
    sentences: Annotated[float, Ge(0), Le(1e6)] = 1.0
    words: Annotated[float, Ge(0), Le(1e6)] = 1.0
    temperature: Annotated[float, Gt(0), Le(1e6)] = 0.05
    word_temperature: Annotated[float, Gt(0), Le(1e6)] = 0.1

    name: ClassVar[str] = "translation"
    example: ClassVar[type[Example]] = TextExample
    head: ClassVar[str] = "xstilts.heads.translation:TranslationHead"

    @property
    def head_settings(self) -> dict[str, Any]:
        """All settings: its head has no weights that another could go on with, and reads all of it."""
        return asdict(self)

    @property
    def linked(self) -> str:
        """The column of links that is compared: tokens know nothing of their word before the first block."""
        return "links" if self.layer == 0 else "words"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Accuracy(),)

    def check(self, example: TextExample) -> None:
        """Raise DataError for a text without a translation."""
        if not (example.pair or "").strip() or not example.text.strip():
            raise DataError("a text without its translation", where=example.where)

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each example, each side cut to `max_length` tokens; sides without pieces give no row."""
        first = pieces(tokenizer, [e.text for e in examples])
        second = pieces(tokenizer, [e.pair or "" for e in examples])
        shape = frame(tokenizer, 1)
        room = shape.room(max_length)
        names = ("example", "ids", "lengths", "segments", "gold", "links", "words", "same")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        encoded = Encoded(columns=columns)
        for index, sides in enumerate(zip(first, second, strict=True)):
            if not all(sides):
                encoded.unusable += 1
                continue
            encoded.truncated += any(len(ids) > room for ids in sides)
            rows = [shape.join(ids[:room])[0] for ids in sides]
            columns["example"].append(index)
            columns["ids"].append([*rows[0], *rows[1]])
            columns["lengths"].append([len(row) for row in rows])
            columns["segments"].append([0] * sum(map(len, rows)))
            columns["gold"].append([1])
            columns["links"].append([])
            columns["words"].append([])
            columns["same"].append([token_hash(ids) for ids in sides])
        return encoded

    def gold(self, example: TextExample) -> str:
        return example.id

    def postprocess(
        self, examples: Sequence[TextExample], rows: Mapping[str, Any], outputs: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> list[str | None]:
        """Return the id of the example whose pair is nearest; None where a text has no row."""
        guesses: list[str | None] = [None] * len(examples)
        if not len(outputs):
            return guesses
        texts_RD, pairs_RD = (np.stack(side) for side in zip(*outputs, strict=True))
        pairs_RD = pairs_RD / np.maximum(np.linalg.norm(pairs_RD, axis=1, keepdims=True), 1e-12)
        owner_R = [int(example) for example in rows["example"]]
        for row, nearest in enumerate((texts_RD @ pairs_RD.T).argmax(1)):
            guesses[owner_R[row]] = examples[owner_R[int(nearest)]].id
        return guesses

    def chance_guesses(self, golds: Sequence[str]) -> list[str]:
        """Return the first example for everyone."""
        return [golds[0]] * len(golds)

    def from_user_row(self, row: Row, number: str) -> Example:
        return unlabelled_text(row, number)
