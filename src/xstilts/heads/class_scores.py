"""Class scores of a batch, by what they are scores of, and how far those of two views of the same rows are apart.

A unit is what has scores of its own within a row: the row itself, a word, the beginning of an answer. U units, C
classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class ClassScores(NamedTuple):
    """Log-probabilities of the classes of each unit, fp32; -inf for a class that a unit has not.

    row_U, unit_U: which row of the batch, and which unit of it; two views of a row are compared in the units that both
    have. weight_U: of each unit in the loss, as of its part in the head's own loss.
    """

    log_probs_UC: Tensor
    row_U: np.ndarray
    unit_U: np.ndarray
    weight_U: np.ndarray


def whole_rows(log_probs_RC: Tensor) -> ClassScores:
    """Return the class scores of a head that has one unit a row."""
    rows = np.arange(len(log_probs_RC))
    return ClassScores(log_probs_RC, rows, np.zeros_like(rows), np.ones(len(rows)))


def symmetric_kl(p_UC: Tensor, q_UC: Tensor) -> Tensor:
    """Return (KL(p || q) + KL(q || p)) / 2 of each unit, [U], from log-probabilities, as of R-Drop (Liang et al. 2021,
    equation 2); in nats. A class that neither has (-inf in both) adds nothing."""
    absent_UC = torch.isneginf(p_UC) & torch.isneginf(q_UC)
    difference_UC = p_UC.masked_fill(absent_UC, 0.0) - q_UC.masked_fill(absent_UC, 0.0)
    return ((p_UC.exp() - q_UC.exp()) * difference_UC).sum(-1) / 2


def distance(first: Sequence[ClassScores], second: Sequence[ClassScores], comparable_R: np.ndarray) -> Tensor:
    """Return the weighted sum of the symmetric KL over the units that both views of a row have, among the rows that can
    be compared. Gradients go to both views."""
    total = first[0].log_probs_UC.new_zeros(())
    for one, other in zip(first, second, strict=True):
        pairs = _common_units(one, other, comparable_R)
        if not len(pairs):
            continue
        at, other_at = (torch.from_numpy(places).to(total.device) for places in pairs.T.copy())
        width = max(one.log_probs_UC.shape[1], other.log_probs_UC.shape[1])
        divergence_U = symmetric_kl(
            _widened(one.log_probs_UC, width)[at], _widened(other.log_probs_UC, width)[other_at]
        )
        weight_U = torch.from_numpy(one.weight_U[pairs[:, 0]]).to(divergence_U)
        total = total + (divergence_U * weight_U).sum()
    return total


def _common_units(one: ClassScores, other: ClassScores, comparable_R: np.ndarray) -> np.ndarray:
    """Return the places of units that both have, [P, 2]."""
    places = {unit: at for at, unit in enumerate(zip(other.row_U.tolist(), other.unit_U.tolist(), strict=True))}
    units = enumerate(zip(one.row_U.tolist(), one.unit_U.tolist(), strict=True))
    found = [(at, places[unit]) for at, unit in units if unit in places and comparable_R[unit[0]]]
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


def _widened(log_probs_UC: Tensor, width: int) -> Tensor:
    """Return the same with classes that no unit has."""
    return F.pad(log_probs_UC, (0, width - log_probs_UC.shape[1]), value=float("-inf"))


def grouped(log_probs_T: Tensor, group_T: Tensor, groups: int) -> Tensor:
    """Return the log of the summed probability of each group, [groups]; each has a member.

    >>> probabilities = torch.tensor([0.5, 0.2, 0.3])
    >>> [round(p, 6) for p in grouped(probabilities.log(), torch.tensor([0, 1, 0]), 2).exp().tolist()]
    [0.8, 0.2]
    """
    most_G = log_probs_T.new_full((groups,), float("-inf")).scatter_reduce(0, group_T, log_probs_T.detach(), "amax")
    summed_G = log_probs_T.new_zeros(groups).index_add(0, group_T, (log_probs_T - most_G[group_T]).exp())
    return most_G + summed_G.log()
