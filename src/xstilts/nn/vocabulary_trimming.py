"""Vocabulary trimming: an embedding table cut down to the rows that a training touches.

XLM-R's table is two thirds of the base model's weights, and a study reads a few per cent of its rows: the others cost
memory, time in the optimiser and in the norm of the gradients, and change in one known way, by weight decay.
V rows of the full table, K of them kept, E its width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class KeptEmbeddings:
    """`table` holds the rows `ids_K` of `full_table` and takes its place; `row_numbers` says where the rows are in it.

    Rows up to the padding index are always kept, so that it stays what it is.
    """

    def __init__(self, full_table: nn.Embedding, token_ids: Tensor) -> None:
        device, padding = full_table.weight.device, full_table.padding_idx
        kept_V = torch.zeros(full_table.num_embeddings, dtype=torch.bool)
        kept_V[token_ids] = True
        kept_V[: (padding or 0) + 1] = True
        self.full_table = full_table
        self.ids_K = kept_V.nonzero().squeeze(1).to(device)
        self._row_V = torch.full((full_table.num_embeddings,), -1, device=device)
        self._row_V[self.ids_K] = torch.arange(len(self.ids_K), device=device)
        rows_KE = full_table.weight.detach()[self.ids_K]
        self.table = nn.Embedding.from_pretrained(rows_KE, freeze=False, padding_idx=padding)

    def row_numbers(self, token_ids: Tensor) -> Tensor:
        """Return the row of each token id (any shape) in `table`; -1, an IndexError of the table, for one that was not
        kept."""
        return self._row_V[token_ids]

    @torch.no_grad()
    def restored(self, decay: float) -> nn.Embedding:
        """Return the full table with the rows as they are now; the others shrunk to `decay` of what they were."""
        self.full_table.weight.mul_(decay)
        self.full_table.weight[self.ids_K] = self.table.weight.to(self.full_table.weight)
        return self.full_table
