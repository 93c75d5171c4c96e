"""The masked-LM head (Devlin et al. 2019; `mlm`): of the masked tokens 80 % become the mask token, 10 % a random token
and 10 % stay. T tokens, M masked ones in all, V vocabulary."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, Rows, split
from xstilts.heads.pretrained_heads import make_part, scoring_only
from xstilts.kinds.mlm import MaskedLM
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class MaskedLMHead(Head):
    """scores: logits at the masked places [M, V], of the candidates alone [M, C] in training with `candidates`; decode:
    (true ids, guessed ids) a row."""

    reads_embedding_table = True
    is_encoders_own = True

    def __init__(self, kind: MaskedLM, encoder: Encoder) -> None:
        super().__init__()
        self.kind = kind
        self.vocabulary = encoder.embeddings.num_embeddings
        self.part = make_part(kind, 2, encoder)

    def collate(self, rows: Rows, draw: Sequence[int] = ()) -> Batch:
        """Mask a copy of the rows. `gold` are the true ids [M]; `places_M` says where they are in the batch,
        `masked_R` how many each row has. A row's mask depends on its content and example, the kind's seed and `draw`
        alone."""
        masked = [self._mask(row, draw) for row in rows]
        batch = super().collate([{**row, "ids": ids} for row, (ids, _, _) in zip(rows, masked, strict=True)])
        ends = np.cumsum([len(ids) for ids, _, _ in masked])
        places = [places + end - len(ids) for (ids, places, _), end in zip(masked, ends, strict=True)]
        batch.gold = torch.from_numpy(np.concatenate([true for _, _, true in masked]))
        batch.extra = {
            "places_M": torch.from_numpy(np.concatenate(places)),
            "masked_R": [len(row_places) for row_places in places],
        }
        if self.kind.candidates and draw:
            random = np.random.default_rng((*draw, len(batch.gold)))
            others = torch.from_numpy(random.integers(self.vocabulary, size=self.kind.candidates))
            batch.extra["candidates_C"] = torch.unique(torch.cat([batch.gold, others]))
        return batch

    def _mask(self, row: Mapping[str, Any], draw: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (ids after masking, masked places within the row, true ids there). At least one token is masked."""
        ids = np.array(row["ids"], dtype=np.int64)
        ranges = np.asarray(row["text"], dtype=np.int64).reshape(-1, 2)
        text = np.concatenate([np.arange(start, stop) for start, stop in ranges])
        random = np.random.default_rng((self.kind.seed, int(row["example"]), zlib.crc32(ids.tobytes()), *draw))
        count = min(max(1, round(self.kind.rate * len(text))), len(text))
        places = text[np.sort(random.permutation(len(text))[:count])]
        true = ids[places].copy()
        chance = random.random(count)
        ids[places[chance < 0.8]] = int(row["mask"][0])
        swapped = places[chance >= 0.9]
        ids[swapped] = random.integers(self.vocabulary, size=len(swapped))
        return ids, places, true

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        with scoring_only(self.part, batch.extra.get("candidates_C")):
            return self.part.tokens(hidden_TD.index_select(0, batch.extra["places_M"]))

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        candidates_C = batch.extra.get("candidates_C")
        gold_M = batch.gold if candidates_C is None else torch.searchsorted(candidates_C, batch.gold)
        return Loss(F.cross_entropy(scores, gold_M, reduction="sum"), len(scores))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        sizes = batch.extra["masked_R"]
        return list(zip(split(batch.gold, sizes), split(scores.argmax(-1), sizes), strict=True))
