"""The consistency loss of a pass whose rows have two views: as they are, and perturbed.

A row with two views counts as one: the mean of both losses, and `weight` times the symmetric KL between what the model
says of either (R-Drop, Liang et al. 2021, whose sum of both losses with alpha is twice this with alpha / 2). Dropout
differs between the views, as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from xstilts.heads.base import Head, Loss, Rows
from xstilts.heads.class_scores import distance
from xstilts.train.model import Model
from xstilts.train.perturbed_views import ViewedRow


class _Scored(NamedTuple):
    scores: Any
    loss: Loss


def consistency_loss(
    model: Model, key: str, rows: Sequence[ViewedRow], weight: float, draw: Sequence[int], device: str
) -> Loss:
    """Return the loss of some rows, its count being that of the targets of their clean views."""
    head = model.by_key[key]
    single = [row.clean for row in rows if row.perturbed is None]
    pairs = [(row.clean, row.perturbed, row.is_whole) for row in rows if row.perturbed is not None]
    losses: list[Tensor] = []
    count = 0
    if single:
        alone = _scored(model, head, key, single, draw, device).loss
        losses.append(alone.sum)
        count += alone.count
    if pairs:
        clean_rows, perturbed_rows = [clean for clean, _, _ in pairs], [perturbed for _, perturbed, _ in pairs]
        clean = _scored(model, head, key, clean_rows, draw, device)
        perturbed = _scored(model, head, key, perturbed_rows, draw, device)
        apart = distance(
            head.class_scores(clean.scores, clean_rows),
            head.class_scores(perturbed.scores, perturbed_rows),
            np.asarray([is_whole for _, _, is_whole in pairs]),
        )
        losses.append((clean.loss.sum + perturbed.loss.sum) / 2 + weight * apart)
        count += clean.loss.count
    return Loss(sum(losses[1:], losses[0]), count)


def _scored(model: Model, head: Head, key: str, rows: Rows, draw: Sequence[int], device: str) -> _Scored:
    batch = head.collate(rows, draw).to(device)
    scores = model(batch, key)
    return _Scored(scores, head.loss(scores, batch))
