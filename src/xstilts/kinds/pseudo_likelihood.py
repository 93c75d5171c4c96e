"""Pseudo-log-likelihood: the base of kinds that score sentences by an encoder's own masked-LM head. Nothing is trained.

A token's score is the log-probability (natural) of it where it is masked; a sentence's is the *sum* over its tokens,
not the mean. What is masked with a token:

    original     the token alone (Salazar et al. 2020)
    within-word  the token and the later ones of its word, which would give it away (Kauf and Ivanova 2023)

A word is what the tokenizer's own pre-tokenizer cuts: of BERT a run of letters, a punctuation mark, a Chinese
character; of XLM-R's pieces what stands between blanks, so that a Chinese or Thai sentence is one word, and within-word
scores it plainly from left to right. CLS, SEP and PAD are not scored, wherever they stand; an unknown piece is scored
like others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from xstilts.core.errors import EncoderError
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import Frame, frame
from xstilts.kinds.tokenizers import encodings, specials

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Way = Literal["original", "within-word"]
Masking = Literal["both", "original", "within-word"]
ROW_TOKENS = 4096  # of the copies of an example that are one row: a pass can be cut between rows alone


@dataclass(frozen=True)
class Sentence:
    """A text in parts that are summed apart: `ends[i]` is the character behind part i."""

    text: str
    ends: tuple[int, ...]

    @classmethod
    def whole(cls, text: str) -> Sentence:
        return cls(text, (len(text),))

    def part(self, character: int) -> int:
        """Return the part that a character is in; a blank between two parts is in the second."""
        return next((i for i, end in enumerate(self.ends) if character < end), len(self.ends) - 1)


@dataclass
class _Copies:
    """The masked copies of one example, each once: ids -> (segments, place -> targets). A target is (true id, part,
    bits of the ways that it is part of)."""

    of_ids: dict[tuple[int, ...], tuple[list[int], dict[int, list[list[int]]]]] = field(default_factory=dict)

    def add(self, ids: list[int], segments: list[int], place: int, target: tuple[int, int, int]) -> None:
        token, part, bit = target
        targets = self.of_ids.setdefault(tuple(ids), (segments, {}))[1].setdefault(place, [])
        same = next((known for known in targets if known[:2] == [token, part]), None)
        if same is None:
            targets.append([token, part, bit])
        else:
            same[2] |= bit


@dataclass(frozen=True)
class PseudoLikelihood(Kind):
    """`masking`: which sums are computed, "original", "within-word" or "both"; the first of `ways` is scored.

    A row holds masked copies of an example's sentences as its sequences, equal copies once (where the token that tells
    a pair apart is masked, both sentences are the same). Columns beside the common ones:
        places  [P] positions in the row where a token was masked that is scored
        target  [K] the entry of `places` that a score is about
        true    [K] the token id that is scored there
        part    [K] the part of the example that it belongs to; parts count through all sentences
        ways    [K] bit i: it belongs to the sum of `ways[i]`
    gold [] (nothing is trained); output of the head for a row: log-probabilities [K].
    """

    masking: Masking = "both"

    head: ClassVar[str] = "xstilts.heads.pseudo_likelihood:PseudoLikelihoodHead"
    hf_auto_class: ClassVar[str | None] = "AutoModelForMaskedLM"
    uses_own_head: ClassVar[bool] = True
    typical_tokens: ClassVar[float] = 400.0  # of all copies
    default_max_length: ClassVar[int] = 512

    @property
    def ways(self) -> tuple[Way, ...]:
        return ("within-word", "original") if self.masking == "both" else (self.masking,)

    @abstractmethod
    def sentences(self, example: Any) -> Sequence[Sentence]:
        """Return the texts of an example, with their parts."""

    @abstractmethod
    def guess(self, example: Any, sums: Mapping[Way, np.ndarray], tokens: np.ndarray) -> Any:
        """Return the prediction (plain JSON) from the sums of log-probabilities of each part, [parts], float64, and the
        number of its tokens, [parts]."""

    def encode(self, examples: Sequence[Any], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example, several where its copies are long, none (`unusable`) for one without any
        token. Longer sentences lose their end (`truncated`). Raises EncoderError when the tokenizer has no mask."""
        special, shape = specials(tokenizer), frame(tokenizer, 1)
        if special.mask is None:
            raise EncoderError("the tokenizer has no mask token, so nothing can be masked")
        names = ("example", "ids", "lengths", "segments", "gold", "places", "target", "true", "part", "ways")
        encoded = Encoded(columns={name: [] for name in names})
        unscored = {special.cls, special.sep, special.pad}
        of_example = [self.sentences(example) for example in examples]
        encoded_texts = iter(encodings(tokenizer, [sentence.text for texts in of_example for sentence in texts]))
        for index, texts in enumerate(of_example):
            copies, first_part, is_cut = _Copies(), 0, False
            for sentence in texts:
                encoding = next(encoded_texts)
                is_cut |= len(encoding.ids) > shape.room(max_length)
                parts = _parts(sentence, encoding, first_part)
                self._mask(copies, encoding, parts, shape, (special.mask, max_length), unscored)
                first_part += len(sentence.ends)
            rows = list(_rows(copies))
            for row in rows:
                for name, value in {"example": index, "gold": [], **row}.items():
                    encoded.columns[name].append(value)
            encoded.truncated += is_cut
            encoded.split += len(rows) > 1
            encoded.unusable += not rows
        return encoded

    def _mask(
        self,
        copies: _Copies,
        encoding: Encoding,
        parts: Sequence[int],
        shape: Frame,
        mask_and_length: tuple[int, int],
        unscored: set[int | None],
    ) -> None:
        """Add the masked copies of one sentence."""
        mask, max_length = mask_and_length
        kept = encoding.ids[: shape.room(max_length)]
        ids, segments = shape.join(kept)
        start = shape.places(kept)[0]
        for bit, way in enumerate(self.ways):
            for token, masked in enumerate(masked_together(encoding.word_ids[: len(kept)], way)):
                if kept[token] in unscored:
                    continue
                copy = list(ids)
                for place in masked:
                    if kept[place] not in unscored:
                        copy[start + place] = mask
                copies.add(copy, segments, start + token, (kept[token], parts[token], 1 << bit))

    def postprocess(self, examples: Sequence[Any], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]) -> list[Any]:
        sizes = [sum(len(sentence.ends) for sentence in self.sentences(example)) for example in examples]
        sums: list[dict[Way, np.ndarray]] = [{way: np.zeros(size) for way in self.ways} for size in sizes]
        tokens = [np.zeros(size, dtype=np.int64) for size in sizes]
        for row, scores_K in enumerate(outputs):
            index = int(rows["example"][row])
            part_K, ways_K = np.asarray(rows["part"][row]), np.asarray(rows["ways"][row])
            for bit, way in enumerate(self.ways):
                counts_K = (ways_K >> bit & 1).astype(bool)
                np.add.at(sums[index][way], part_K[counts_K], np.asarray(scores_K, dtype=np.float64)[counts_K])
            np.add.at(tokens[index], part_K[(ways_K & 1).astype(bool)], 1)
        return [self.guess(*one) for one in zip(examples, sums, tokens, strict=True)]


def masked_together(words: Sequence[int | None], way: Way) -> list[range]:
    """Return for each token the tokens that are masked while it is scored. `words`: the word of each token, whose
    tokens stand together; None: a word of its own.

    >>> masked_together([0, 0, 1], "within-word"), masked_together([0, 0, 1], "original")
    ([range(0, 2), range(1, 2), range(2, 3)], [range(0, 1), range(1, 2), range(2, 3)])
    """
    if way == "original":
        return [range(token, token + 1) for token in range(len(words))]
    ends = list(range(1, len(words) + 1))
    for token in range(len(words) - 2, -1, -1):
        if words[token] is not None and words[token] == words[token + 1]:
            ends[token] = ends[token + 1]
    return [range(token, end) for token, end in enumerate(ends)]


def _parts(sentence: Sentence, encoding: Encoding, first: int) -> list[int]:
    """Return the part of each token: that of its last character, for some pieces hold the blank before them."""
    return [first + sentence.part(max(end - 1, 0)) for _, end in encoding.offsets]


def _rows(copies: _Copies) -> Iterator[dict[str, list[int]]]:
    """Yield the columns of rows of at most `ROW_TOKENS` tokens, one copy at least."""
    row: dict[str, list[int]] = {}
    for ids, (segments, targets_of_place) in copies.of_ids.items():
        if row and len(row["ids"]) + len(ids) > ROW_TOKENS:
            yield row
            row = {}
        if not row:
            names = ("ids", "lengths", "segments", "places", "target", "true", "part", "ways")
            row = {name: [] for name in names}
        for place, targets in targets_of_place.items():
            for token, part, ways in targets:
                row["target"].append(len(row["places"]))
                row["true"].append(token)
                row["part"].append(part)
                row["ways"].append(ways)
            row["places"].append(len(row["ids"]) + place)
        row["ids"] += ids
        row["lengths"].append(len(ids))
        row["segments"] += segments
    if row:
        yield row
