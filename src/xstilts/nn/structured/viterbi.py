"""Viterbi decoding: the best sequence of BIO tags in which no span is continued that has not begun. P sequences of K
words, C = 1 + 2L tags: O, then for each of L labels the tag that begins a span of it (1 + 2i) and the one that
continues it (2 + 2i)."""

from __future__ import annotations

import torch
from torch import Tensor


def best_spans(scores_PKC: Tensor) -> Tensor:
    """Return the tags [P, K] whose scores sum highest among those allowed: a tag that continues a span stands behind
    the one that begins it or continues it too. With that constraint alone a step needs no table of C x C transitions.

    >>> best_spans(torch.tensor([[[0.0, 1.0, 9.0], [0.0, 0.0, 5.0]]])).tolist()
    [[1, 2]]
    """
    sequences, words, _ = scores_PKC.shape
    best_PC = scores_PKC[:, 0].clone()
    best_PC[:, 2::2] = float("-inf")  # nothing has begun before the first word
    came_from = []
    for k in range(1, words):
        top_P, from_P = best_PC.max(1)
        begun_PL, continued_PL = best_PC[:, 1::2], best_PC[:, 2::2]
        later_PL = continued_PL > begun_PL
        from_PC = from_P[:, None].repeat(1, best_PC.shape[1])
        from_PC[:, 2::2] = torch.arange(1, best_PC.shape[1], 2, device=from_PC.device) + later_PL.long()
        best_PC = top_P[:, None].repeat(1, best_PC.shape[1])
        best_PC[:, 2::2] = torch.maximum(begun_PL, continued_PL)
        best_PC = best_PC + scores_PKC[:, k]
        came_from.append(from_PC)
    tags_PK = torch.zeros(sequences, words, dtype=torch.long, device=scores_PKC.device)
    tag_P = best_PC.argmax(1)
    tags_PK[:, words - 1] = tag_P
    for k in range(words - 1, 0, -1):
        tag_P = came_from[k - 1].gather(1, tag_P[:, None])[:, 0]
        tags_PK[:, k - 1] = tag_P
    return tags_PK
