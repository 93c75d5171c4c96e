"""Word relevance: one pass of an encoder over texts, and how much of each text's vector hangs on each of its tokens.

A text that is longer than a sequence may be is read in pieces, one after another, and its vector is the mean over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xstilts.core.io_errors import writing
from xstilts.heads.word_relevance import COUNTS, WordRelevanceHead
from xstilts.kinds.alignment import Offsets, align, windows
from xstilts.kinds.special_tokens import Frame, frame
from xstilts.kinds.tokenizers import CHUNK, load_tokenizer
from xstilts.perturb.relevance_file import NAME, relevance_rows
from xstilts.perturb.word_choice import TextRelevance
from xstilts.train.checkpoint import load_encoder
from xstilts.train.job import Compute
from xstilts.train.memory import use_threads
from xstilts.train.model import Model, outputs

if TYPE_CHECKING:
    from xstilts.engine.step import Progress

_KEY = "relevance"
_NONE = TextRelevance(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))


class RelevanceCounts(NamedTuple):
    """texts: how many were read. tokens: theirs, special ones included. split: texts that were read in pieces."""

    texts: int
    tokens: int
    split: int


def write_relevance(
    encoder_folder: Path,
    texts: Sequence[str],
    max_length: int,
    out: Path,
    compute: Compute,
    progress: Progress | None = None,
) -> RelevanceCounts:
    """Write the relevance of the words of distinct texts into the folder `out`. `max_length`: tokens of a sequence, no
    more than the encoder takes."""
    import pyarrow.parquet as pq

    reader = RelevanceReader(encoder_folder, max_length, compute)
    with writing(out), pq.ParquetWriter(out / NAME, relevance_rows([], []).schema, compression="zstd") as writer:
        for start in range(0, len(texts), CHUNK):
            part = texts[start : start + CHUNK]
            writer.write_table(relevance_rows(part, reader.read(part)))
            if progress:
                progress(start + len(part), len(texts), "texts")
    return RelevanceCounts(texts=len(texts), tokens=reader.tokens, split=reader.split)


class RelevanceReader:
    """Reads texts with an encoder as it is, and counts. Raises EncoderError where the folder holds no encoder."""

    def __init__(self, encoder_folder: Path, max_length: int, compute: Compute) -> None:
        use_threads(compute.threads)
        encoder = load_encoder(encoder_folder, device=compute.device)
        self.compute, self.tokens, self.split = compute, 0, 0
        self._model = Model(encoder, {_KEY: WordRelevanceHead()})
        self._tokenizer = load_tokenizer(encoder_folder)
        self._frame = frame(self._tokenizer, 1)
        self._room = self._frame.room(min(max_length, encoder.max_length or max_length))

    def read(self, texts: Sequence[str]) -> list[TextRelevance]:
        """Return the relevance of the words of each text; none of a text without a token that stands for characters."""
        tokens = align(self._tokenizer, texts)
        covering = [np.flatnonzero(of.ends >= 0) for of in tokens]
        numbers = [number for number, places in enumerate(covering) if len(places)]
        rows = [_row(place, tokens[number], self._frame, self._room) for place, number in enumerate(numbers)]
        lengths_R = np.array([len(row["ids"]) for row in rows], dtype=np.int64)
        shares = outputs(self._model, _KEY, rows.__getitem__, lengths_R, self.compute) if rows else []
        self.tokens += int(lengths_R.sum())
        self.split += sum(len(row["lengths"]) > 1 for row in rows)
        found = [_NONE] * len(texts)
        for number, shares_T in zip(numbers, shares, strict=True):
            of, places = tokens[number], covering[number]
            found[number] = TextRelevance(of.starts[places], of.ends[places], shares_T)
        return found


def _row(number: int, tokens: Offsets, around: Frame, room: int) -> dict[str, Any]:
    """Return the row of a text: its tokens in as many sequences as it takes, special tokens around each."""
    row: dict[str, Any] = {"example": number, "ids": [], "lengths": [], "segments": [], "gold": [], COUNTS: []}
    covers = (tokens.ends >= 0).astype(int).tolist()
    for start, end in windows(len(tokens.ids), room, room):
        ids, segments = around.join(tokens.ids[start:end])
        first, last = around.places(tokens.ids[start:end])
        row["ids"] += ids
        row["segments"] += segments
        row["lengths"].append(len(ids))
        row[COUNTS] += [0] * first + covers[start:end] + [0] * (len(ids) - last)
    return row
