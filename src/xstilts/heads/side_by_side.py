"""Heads side by side: several heads read one pass of an encoder, each the layer that it wants.

T tokens, D hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from xstilts.heads.base import Head, Rows
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class SideBySide(Head):
    """Heads that read the same rows in the same way, each one layer. scores: those of each head; decode: a tuple a row,
    the output of each head."""

    def __init__(self, heads: Sequence[Head], encoder: Encoder) -> None:
        super().__init__()
        self.parts = nn.ModuleList(heads)
        self.layer_of_head = [encoder.num_layers if head.layer is None else head.layer for head in heads]
        self.layers = tuple(sorted(set(self.layer_of_head)))
        self.layer = max(self.layers)  # nothing above it is computed

    def collate(self, rows: Rows, draw: Sequence[int] = ()) -> Batch:
        return self._heads[0].collate(rows, draw)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> list[Any]:
        """`hidden_TD`: the states of `layers` side by side."""
        states = dict(zip(self.layers, hidden_TD.chunk(len(self.layers), dim=-1), strict=True))
        return [head(states[layer], batch) for head, layer in zip(self._heads, self.layer_of_head, strict=True)]

    def decode(self, scores: list[Any], batch: Batch) -> list[Any]:
        decoded = (head.decode(of_head, batch) for head, of_head in zip(self._heads, scores, strict=True))
        return list(zip(*decoded, strict=True))

    @property
    def _heads(self) -> list[Head]:
        return list(self.parts)  # type: ignore[arg-type]
