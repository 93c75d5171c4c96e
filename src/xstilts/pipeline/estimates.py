"""Arithmetic behind a plan: tokens, updates and seconds before anything is spent.

Tokens come from the prepared files where they exist; otherwise they are estimated from bytes and marked so. Seconds
come from rates measured by earlier steps in the same store; otherwise from the encoder's size and a nominal speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.core.settings.training import Recipe

BYTES_A_TOKEN = 4.5  # uncompressed UTF-8 of Latin-script text with the tags and ids around it
ROW_TOKENS = 40.0  # a guess for rows nobody has tokenised yet
UNKNOWN_ROWS = 1_000
# Tokens of a row, by kind: pairs of sentences, sentences, windows of a context, options with their prompt.
KIND_TOKENS: Mapping[str, float] = {
    "tagging": 30,
    "dependency": 30,
    "roles": 30,
    "dependency_roles": 30,
    "retrieval": 25,
    "span_qa": 190,
    "choice": 200,
    "dual_encoder": 90,
}
TOKENISE_BYTES = 1.5e6  # uncompressed bytes a second
EVALUATIONS = 10  # dev evaluations of a phase when the study does not say

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


def size_from_bytes(text_bytes: float) -> Size:
    tokens = text_bytes / BYTES_A_TOKEN
    return Size(rows=max(1.0, tokens / ROW_TOKENS), tokens=tokens, counted=False)


def size_from_rows(rows: int | None, kind: str) -> Size:
    """Of a source that is not here: its published number of rows, or a guess."""
    number = float(rows or UNKNOWN_ROWS)
    return Size(rows=number, tokens=number * KIND_TOKENS.get(kind, ROW_TOKENS), counted=False)


def parameters(config: Mapping[str, Any]) -> float:
    """About how many numbers the weights are."""
    return block_weights(config) + float(config.get("vocab_size", 8_000)) * float(config.get("hidden_size", 128))


def block_weights(config: Mapping[str, Any]) -> float:
    """Weights a token is multiplied with, from config.json (embeddings cost next to nothing): 4 d² + 2 d × inner a
    layer. A small encoder is assumed while its configuration is not known."""
    width = float(config.get("hidden_size", 128))
    inner = float(config.get("intermediate_size", 4 * width))
    return float(config.get("num_hidden_layers", 2)) * (4 * width * width + 2 * width * inner)


def seq2seq_shape(config: Mapping[str, Any], beams: int) -> dict[str, Any]:
    """An encoder with about as many weights for each source token as a translation model has: its encoder once, its
    decoder for every beam."""
    layers = int(config.get("encoder_layers", 6)) + beams * int(config.get("decoder_layers", 6))
    width = int(config.get("d_model", 512))
    inner = int(config.get("encoder_ffn_dim", 4 * width))
    return {"hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers}


def nominal_tokens_a_second(config: Mapping[str, Any], device: str, *, training: bool) -> float:
    """Two operations a weight and token forward, four more backward."""
    kind = "cuda" if device.startswith("cuda") else "cpu"
    most = MOST_TOKENS[kind][0 if training else 1]
    return min(NOMINAL_RATE[kind] / (block_weights(config) * (6 if training else 2)), most)


def updates_of(recipe: Recipe, rows: float) -> float:
    if recipe.updates is not None:
        return float(recipe.updates)
    return max(1.0, float(-(-rows * (recipe.epochs or 1.0) // recipe.batch)))


def training_tokens(
    recipe: Recipe, parts: Sequence[tuple[Size, Size]], added: Sequence[float | None] | None = None
) -> float:
    """Tokens of a phase over (train, dev) sizes: the updates, and a forward pass over the dev examples at each
    evaluation (a third of a training token's work). `added`: of each part the updates for each one of the others that
    come on top; None for a part that is one of the others."""
    more = added or [None] * len(parts)
    tasks = [train for (train, _), ratio in zip(parts, more, strict=True) if ratio is None]
    rows = sum(train.rows for train in tasks)
    updates = updates_of(recipe, rows)
    mean_row = sum(train.tokens for train in tasks) / max(rows, 1.0)
    mean_row += sum(train.row * ratio for (train, _), ratio in zip(parts, more, strict=True) if ratio is not None)
    evaluations = updates / recipe.evaluate_every if recipe.evaluate_every else EVALUATIONS
    limit = recipe.dev_examples or float("inf")
    dev = sum(min(size.rows, limit) * size.row for _, size in parts)
    return updates * recipe.batch * mean_row + evaluations * dev / 3
