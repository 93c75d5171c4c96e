"""An embedding table cut down to the rows that a training touches.

XLM-R's table is two thirds of the base model's weights, and a study reads a few per cent of its rows: the others cost
memory, time in the optimiser and in the norm of the gradients, and change in one known way, by weight decay.
V rows of the whole table, K of them kept, E its width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class KeptRows:
    """`table` holds the rows `ids` of `whole` and stands in its place; `places` says where the rows are in it.

    Rows up to the padding index are always kept, so that it stays what it is.
    """

    def __init__(self, whole: nn.Embedding, ids: Tensor) -> None:
        device, padding = whole.weight.device, whole.padding_idx
        kept_V = torch.zeros(whole.num_embeddings, dtype=torch.bool)
        kept_V[ids] = True
        kept_V[: (padding or 0) + 1] = True
        self.whole = whole
        self.ids_K = kept_V.nonzero().squeeze(1).to(device)
        self._place_V = torch.full((whole.num_embeddings,), -1, device=device)
        self._place_V[self.ids_K] = torch.arange(len(self.ids_K), device=device)
        rows_KE = whole.weight.detach()[self.ids_K]
        self.table = nn.Embedding.from_pretrained(rows_KE, freeze=False, padding_idx=padding)

    def places(self, ids: Tensor) -> Tensor:
        """Of token ids, any shape. A row that was not kept is an IndexError of the table."""
        return self._place_V[ids]

    @torch.no_grad()
    def restored(self, decay: float) -> nn.Embedding:
        """The whole table with the rows as they are now; the others shrunk to `decay` of what they were."""
        self.whole.weight.mul_(decay)
        self.whole.weight[self.ids_K] = self.table.weight.to(self.whole.weight)
        return self.whole
