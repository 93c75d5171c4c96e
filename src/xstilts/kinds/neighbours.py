"""Nearest neighbours among unit vectors, in blocks of numpy so that no full similarity matrix is ever held.

Q queries, N candidates, D dimensions, k neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_BLOCK = 1024  # queries compared with all candidates at once,
_COSINES = 2**26  # or fewer, so that there are at most so many cosines


def unit(vectors_ND: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float32; a zero row stays zero."""
    vectors_ND = np.asarray(vectors_ND, dtype=np.float32)
    norms = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return vectors_ND / np.maximum(norms, np.finfo(np.float32).tiny)


def nearest(query_QD: np.ndarray, candidate_ND: np.ndarray) -> np.ndarray:
    """Index [Q] of each query's nearest candidate by cosine; the first one where several tie."""
    return np.concatenate([(block_BD @ candidate_ND.T).argmax(axis=1) for block_BD in _blocks(query_QD, candidate_ND)])


def neighbours(query_QD: np.ndarray, candidate_ND: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines [Q, k] and indices [Q, k] of the k nearest candidates, nearest first."""
    k = min(k, len(candidate_ND))
    cosines, indices = [], []
    for block_BD in _blocks(query_QD, candidate_ND):
        block_BN = block_BD @ candidate_ND.T
        found_Bk = np.argpartition(-block_BN, k - 1, axis=1)[:, :k]
        cosine_Bk = np.take_along_axis(block_BN, found_Bk, axis=1)
        order_Bk = np.argsort(-cosine_Bk, axis=1, kind="stable")
        cosines.append(np.take_along_axis(cosine_Bk, order_Bk, axis=1))
        indices.append(np.take_along_axis(found_Bk, order_Bk, axis=1))
    return np.concatenate(cosines), np.concatenate(indices)


def mine(query_QD: np.ndarray, candidate_ND: np.ndarray, k: int) -> list[tuple[int, int, float]]:
    """(query, candidate, margin) pairs, best margin first, no query and no candidate twice.

    margin(x, y) = cos(x, y) / ((mean cosine of x with its k nearest + mean cosine of y with its k nearest) / 2).
    Each side proposes, among its k nearest, the partner of highest margin; proposals of both sides are then taken
    greedily (Artetxe and Schwenk 2019, equations 1 and 3, ratio margin, "max" retrieval).
    """
    forward_Qk, ahead_Qk = neighbours(query_QD, candidate_ND, k)
    backward_Nk, behind_Nk = neighbours(candidate_ND, query_QD, k)
    query_mean_Q, candidate_mean_N = forward_Qk.mean(axis=1), backward_Nk.mean(axis=1)
    forward_Qk = forward_Qk / ((query_mean_Q[:, None] + candidate_mean_N[ahead_Qk]) / 2)
    backward_Nk = backward_Nk / ((candidate_mean_N[:, None] + query_mean_Q[behind_Nk]) / 2)
    queries = np.concatenate([np.arange(len(query_QD)), _best(behind_Nk, backward_Nk)])
    candidates = np.concatenate([_best(ahead_Qk, forward_Qk), np.arange(len(candidate_ND))])
    margins = np.concatenate([forward_Qk.max(axis=1), backward_Nk.max(axis=1)])
    pairs: list[tuple[int, int, float]] = []
    seen_queries, seen_candidates = set(), set()
    for i in np.argsort(-margins, kind="stable"):
        query, candidate = int(queries[i]), int(candidates[i])
        if query not in seen_queries and candidate not in seen_candidates:
            seen_queries.add(query)
            seen_candidates.add(candidate)
            pairs.append((query, candidate, float(margins[i])))
    return pairs


def _best(indices_Qk: np.ndarray, scores_Qk: np.ndarray) -> np.ndarray:
    """For each row the index whose score is highest."""
    return indices_Qk[np.arange(len(indices_Qk)), scores_Qk.argmax(axis=1)]


def _blocks(query_QD: np.ndarray, candidate_ND: np.ndarray) -> Iterator[np.ndarray]:
    size = max(1, min(_BLOCK, _COSINES // max(1, len(candidate_ND))))
    return (query_QD[start : start + size] for start in range(0, len(query_QD), size))
