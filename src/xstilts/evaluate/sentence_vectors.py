"""Sentence vectors: texts through an encoder, one vector each, by the head that retrieval is scored with.

N texts, D hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xstilts.data.examples import SentenceExample
from xstilts.evaluate.predict import CheckpointRef, load_model
from xstilts.heads.registry import head_key
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.train.checkpoint import encoder_folder
from xstilts.train.job import Compute
from xstilts.train.model import outputs

if TYPE_CHECKING:
    from xstilts.engine.step import Progress


@dataclass(frozen=True, kw_only=True)
class SentenceVectors:
    """Vectors [N, D] in fp32; how many tokens were read, and how many texts were longer than that."""

    vectors_ND: NDArray[np.float32]
    tokens: int
    truncated: int


class SentenceEncoder:
    """An encoder that is loaded once. `kind`: the layer, as the encoder has it, and whether special tokens count.

    Raises EncoderError for a folder that cannot be loaded, StudyError for a layer that the encoder does not have."""

    def __init__(self, folder: Path, kind: Retrieval, compute: Compute) -> None:
        self._model = load_model(CheckpointRef(checkpoint=folder), kind, compute)
        self.kind = kind.at_depth(self._model.encoder.num_layers)
        self.layers = self._model.encoder.num_layers
        self._tokenizer = load_tokenizer(encoder_folder(folder))
        self._compute, self._key = compute, head_key(kind)

    def vectors(self, texts: Sequence[str], max_length: int, progress: Progress | None = None) -> SentenceVectors:
        """Return a vector for each text, of its first `max_length` tokens (or as many as the encoder has places for).
        An empty text keeps its special tokens alone."""
        examples = [
            SentenceExample(id=str(n), group=str(n), text=text or " ", side="candidate") for n, text in enumerate(texts)
        ]
        encoder = self._model.encoder
        encoded = self.kind.encode(examples, self._tokenizer, min(max_length, encoder.max_length or max_length))
        columns = encoded.columns
        lengths_N = np.array([len(ids) for ids in columns["ids"]], dtype=np.int64)
        decoded = outputs(
            self._model,
            self._key,
            lambda n: {name: column[n] for name, column in columns.items()},
            lengths_N,
            self._compute,
            progress,
        )
        table_ND = np.stack(decoded) if decoded else np.zeros((0, encoder.hidden_size))
        return SentenceVectors(
            vectors_ND=table_ND.astype(np.float32), tokens=int(lengths_N.sum()), truncated=encoded.truncated
        )
