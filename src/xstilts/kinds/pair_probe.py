"""Linear probe of minimal pairs: one score for each sentence, linear in the mean of its states; that of the good one
should be the larger. The second reading beside pseudo-log-likelihood, and the only one of an encoder without a
masked-LM head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from xstilts.data.examples import ChoiceExample
from xstilts.kinds.base import Encoded
from xstilts.kinds.choice import Choice
from xstilts.kinds.special_tokens import encode_texts
from xstilts.kinds.user_data import UserColumns

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class PairProbe(Choice):
    """A choice without prompts: each sentence is read for itself, so that where it stands says nothing. As a
    target it trains its head alone."""

    name: ClassVar[str] = "pair_probe"
    class_scores: ClassVar[str] = ""  # nothing is trained
    head: ClassVar[str] = "xstilts.heads.pair_probe:PairProbeHead"
    typical_tokens: ClassVar[float] = 30.0
    is_probe: ClassVar[bool] = True
    survives_translation: ClassVar[bool] = False  # a translation repairs what makes a sentence bad
    hf_auto_class: ClassVar[str | None] = None
    user_columns: ClassVar[UserColumns | None] = None

    def encode(self, examples: Sequence[ChoiceExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example: its sentences end to end, each cut to `max_length` tokens."""
        texts = [text for example in examples for text in example.options]
        encoded = encode_texts(texts, [None] * len(texts), tokenizer, max_length)
        columns: dict[str, list[Any]] = {"example": list(range(len(examples)))}
        columns |= {name: [] for name in ("ids", "lengths", "segments", "gold")}
        start, truncated = 0, 0
        for example in examples:
            part = slice(start, start + len(example.options))
            start = part.stop
            columns["ids"].append(list(chain.from_iterable(encoded.ids[part])))
            columns["lengths"].append([len(ids) for ids in encoded.ids[part]])
            columns["segments"].append(list(chain.from_iterable(encoded.segments[part])))
            columns["gold"].append([] if example.answer is None else [example.answer])
            truncated += any(encoded.cut[part])
        return Encoded(columns=columns, truncated=truncated)
