"""A batch without padding: sequences lie end to end.

T tokens in all, N sequences, R rows (a row is one training unit; multiple choice has several sequences a row), D hidden
size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(kw_only=True)
class Batch:
    """Packed sequences with what their head needs."""

    ids_T: Tensor  # int64
    segments_T: Tensor  # int64
    lengths_N: Tensor  # int64, on the CPU; sums to T
    sequences_R: list[int]  # sequences of each row; sums to N
    examples_R: list[int]  # index of each row's example
    gold: Any = None  # tensors as the head's collate made them; None when unlabelled. forward never reads it
    extra: dict[str, Any] = field(default_factory=dict)  # the head's own columns

    @property
    def starts_N(self) -> Tensor:
        """Index of each sequence's first token in T (on the CPU)."""
        return torch.cumsum(self.lengths_N, 0) - self.lengths_N

    def to(self, device: str | torch.device) -> Batch:
        """Return a copy whose tensors are on `device`; `lengths_N` stays on the CPU."""

        def move(value: Any) -> Any:
            if isinstance(value, Tensor):
                return value.to(device, non_blocking=True)
            if isinstance(value, dict):
                return {k: move(v) for k, v in value.items()}
            if isinstance(value, list | tuple):
                return type(value)(move(v) for v in value)
            return value

        return Batch(
            ids_T=move(self.ids_T),
            segments_T=move(self.segments_T),
            lengths_N=self.lengths_N,
            sequences_R=self.sequences_R,
            examples_R=self.examples_R,
            gold=move(self.gold),
            extra=move(self.extra),
        )
