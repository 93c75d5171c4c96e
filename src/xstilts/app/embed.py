"""Embed a user's own sentences: a vector for each, from an encoder, a layer and a pooling, in a file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.app.encoder_folders import folder_of_encoder
from xstilts.app.execution import compute_here
from xstilts.app.predict import read_rows
from xstilts.app.vector_files import check_vector_file, write_vectors
from xstilts.core.errors import DataError
from xstilts.data.fields import name_field, text_field
from xstilts.data.source import WHERE
from xstilts.kinds.retrieval import Retrieval
from xstilts.models.store import Say
from xstilts.pipeline.options import Options

if TYPE_CHECKING:
    from xstilts.engine.step import Progress

# How the states of a text's tokens become one vector -> whether its special tokens are part of the mean.
POOLINGS: Mapping[str, bool] = {"mean": True, "mean-of-text": False}


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """The settings of `embed`. layer: 0 the embeddings, k the k-th block, -1 the last; None: as retrieval is scored.
    pooling: a key of `POOLINGS`. column: of the texts. max_length: tokens of a text that are read."""

    layer: int | None = None
    pooling: str = "mean"
    column: str = "text"
    max_length: int = Retrieval.default_max_length

    def kind(self) -> Retrieval:
        """Raises DataError for a pooling that there is not."""
        if self.pooling not in POOLINGS:
            message = f"There is no pooling '{self.pooling}'."
            raise DataError(message, where="--pooling", value=self.pooling, allowed=POOLINGS)
        return Retrieval(layer=self.layer, specials=POOLINGS[self.pooling])


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What was written. width: numbers of a vector. truncated: texts of which a part was not read."""

    file: str
    encoder: str
    vectors: int
    width: int
    layer: int
    layers: int
    pooling: str
    tokens: int
    truncated: int
    seconds: float


def read_texts(path: Path, column: str) -> dict[str, str]:
    """Return the texts of a file by their ids: those of a column `id`, else the numbers of the rows from 0.

    Raises DataError (file:line) for a file or a column that is not there, an id that stands twice, a blank text and a
    file without rows."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}'.")
    texts: dict[str, str] = {}
    places: dict[str, str] = {}  # id -> where it stands first
    for number, row in enumerate(read_rows(path)):
        name, where = name_field(row, "id") if "id" in row else str(number), row[WHERE]
        if name in places:
            raise DataError(f"the id '{name}' occurs twice, first at {places[name]}", where=where)
        places[name], texts[name] = where, text_field(row, column)
        if not texts[name].strip():
            raise DataError(f"`{column}` is blank: there is nothing to make a vector of", where=where)
    if not texts:
        raise DataError("The file has no rows.", where=str(path))
    return texts


def embed_file(
    encoder: str,
    path: Path,
    out: Path,
    options: Options,
    settings: Embedding,
    *,
    say: Say,
    progress: Progress | None = None,
) -> Embedded:
    """Write a vector for each text of `path` into `out` and return what was written.

    Args:
        encoder: as a study names one, or a checkpoint.
        say: announces what is fetched.

    Raises DataError for the file, its place and the pooling, EncoderError for the encoder, StudyError for its layer,
    all before anything is computed."""
    check_vector_file(out, path)
    kind, texts = settings.kind(), read_texts(path, settings.column)
    folder = folder_of_encoder(encoder, options, say)
    from xstilts.evaluate.sentence_vectors import SentenceEncoder

    model, began = SentenceEncoder(folder, kind, compute_here(options)), time.monotonic()
    made = model.vectors(list(texts.values()), settings.max_length, progress)
    layer = model.kind.layer
    assert layer is not None  # at_depth says a number
    said = {"encoder": encoder, "layer": str(layer), "pooling": settings.pooling}
    write_vectors(out, list(texts), made.vectors_ND, said)
    return Embedded(
        file=str(out),
        encoder=encoder,
        vectors=len(texts),
        width=made.vectors_ND.shape[1],
        layer=layer,
        layers=model.layers,
        pooling=settings.pooling,
        tokens=made.tokens,
        truncated=made.truncated,
        seconds=round(time.monotonic() - began, 3),
    )
