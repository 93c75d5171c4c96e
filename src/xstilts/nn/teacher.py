"""A teacher: a frozen encoder whose hidden states another one learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.forward_pass import Hidden
from xstilts.nn.precision import autocast


@dataclass(frozen=True, eq=False)
class Teacher:
    """No module, so that its weights are neither trained nor saved with those of its student."""

    encoder: Encoder
    precision: str = "fp32"

    @classmethod
    def of(cls, encoder: Encoder, precision: str) -> Teacher:
        """Return a teacher that computes in this precision; the encoder's own matrices are rounded where it is bf16."""
        encoder.eval().requires_grad_(False)
        if precision == "bf16":
            encoder.round_frozen()
        return cls(encoder, precision)

    def states(self, batch: Batch, layers: Sequence[int]) -> Hidden:
        """Return the last states, and those of `layers`, without gradients, in fp32."""
        with torch.no_grad(), autocast(batch.ids_T.device, self.precision):
            return self.encoder(batch, layers=layers)
