"""Estimates of sizes and speeds, before anything is spent: rows and tokens of files, tokens a second of an encoder.

Tokens are estimated from bytes, and marked so, until a file is prepared. A nominal speed comes from the encoder's size;
`throughput` puts what was measured in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xstilts.data.read import TO_FETCH, ResolvedSource
from xstilts.data.views import passing_share
from xstilts.models.encoders import LocatedEncoder

BYTES_A_TOKEN = 4.5  # uncompressed UTF-8 of Latin-script text with the tags and ids around it
ROW_TOKENS = 40.0  # a guess for rows nobody has tokenised yet
UNKNOWN_ROWS = 1_000
TOKENISE_BYTES = 1.5e6  # uncompressed bytes a second
START_SECONDS = 2.0  # loading an encoder, writing a checkpoint
CHECKPOINT_BYTES = 2e4  # of a checkpoint beside the encoder's weights: heads, records, curves
ADAPTER_SHARE = 0.03  # of the encoder's bytes, about what adapters of the usual width take

# Nominal floating-point operations a second, where no step of this store has been timed: two CPU cores in fp32; a GPU
# of the H200's class in bf16, at a quarter of what its matrix units do.
NOMINAL_RATE: Mapping[str, float] = {"cpu": 6e10, "cuda": 2e14}
# Small encoders are bound by other work: tokens a second at most, (training, predicting).
MOST_TOKENS: Mapping[str, tuple[float, float]] = {"cpu": (60_000.0, 200_000.0), "cuda": (500_000.0, 2_000_000.0)}


@dataclass(frozen=True, kw_only=True)
class Size:
    """Rows and tokens of a source. `counted`: read from its prepared file; else estimated from bytes."""

    rows: float
    tokens: float
    counted: bool

    @property
    def row(self) -> float:
        """Tokens of a mean row."""
        return self.tokens / max(self.rows, 1.0)

    def scaled(self, share: float) -> Size:
        return Size(rows=self.rows * share, tokens=self.tokens * share, counted=self.counted)


@dataclass(frozen=True, kw_only=True)
class Speed:
    """The speed of steps of one kind: `start` seconds, and `tokens` a second from then on. `steps`: how many steps of
    the store it was measured with; 0 for a nominal speed."""

    start: float
    tokens: float
    steps: int = 0

    def seconds(self, tokens: float) -> float:
        return self.start + tokens / self.tokens


def source_size(source: ResolvedSource, row_tokens: float = ROW_TOKENS) -> Size:
    """About what the views of a source choose, of rows that nobody has tokenised yet. `row_tokens`: tokens of a row
    where its bytes are not known (`Kind.typical_tokens`)."""
    is_here = source.kind != TO_FETCH
    size = size_from_bytes(source.text_bytes) if is_here else size_from_rows(source.rows, row_tokens)
    return size.scaled(passing_share(source.views, size.rows))


def size_from_bytes(text_bytes: float) -> Size:
    tokens = text_bytes / BYTES_A_TOKEN
    return Size(rows=max(1.0, tokens / ROW_TOKENS), tokens=tokens, counted=False)


def size_from_rows(rows: int | None, row_tokens: float) -> Size:
    """The size of a source that is not here: its published number of rows, or a guess."""
    number = float(rows or UNKNOWN_ROWS)
    return Size(rows=number, tokens=number * row_tokens, counted=False)


def parameters(config: Mapping[str, Any]) -> float:
    """Return about how many numbers the weights are."""
    width = config.get("embedding_size", config.get("hidden_size", 128))
    return block_weights(config) + float(config.get("vocab_size", 8_000)) * float(width)


def encoder_bytes(encoder: LocatedEncoder) -> float:
    """Return about how many bytes the weights of a checkpoint of an encoder take: numbers of four bytes."""
    return parameters(encoder.config()) * 4.0


def weights_share(tune: object) -> float:
    """Return the share of the encoder's bytes that the weights of a training take; `tune`: its way of tuning."""
    return 1.0 if isinstance(tune, str) else ADAPTER_SHARE


def block_weights(config: Mapping[str, Any]) -> float:
    """Weights a token is multiplied with, from config.json (embeddings cost next to nothing): 4 d² + 2 d × inner a
    layer. A small encoder is assumed while its configuration is not known."""
    width = float(config.get("hidden_size", 128))
    inner = float(config.get("intermediate_size", 4 * width))
    return float(config.get("num_hidden_layers", 2)) * (4 * width * width + 2 * width * inner)


def nominal_speed(config: Mapping[str, Any], device: str, *, training: bool) -> float:
    """Tokens a second: two operations a weight and token forward, four more backward."""
    kind = "cuda" if device.startswith("cuda") else "cpu"
    limit = MOST_TOKENS[kind][0 if training else 1]
    return min(NOMINAL_RATE[kind] / (block_weights(config) * (6 if training else 2)), limit)
