"""Nearest neighbours among unit vectors, in blocks of numpy so that no full similarity matrix is ever held.

Q queries, N candidates, D dimensions, k neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

_BLOCK = 1024  # queries compared with all candidates at once,
_COSINES = 2**26  # or fewer, so that there are at most so many cosines
_GROUP = 64  # columns that are looked at through their maximum


def unit(vectors_ND: np.ndarray) -> np.ndarray:
    """Return rows scaled to length 1, float32; a zero row stays zero."""
    vectors_ND = np.asarray(vectors_ND, dtype=np.float32)
    norms = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return vectors_ND / np.maximum(norms, np.finfo(np.float32).tiny)


def nearest(query_QD: np.ndarray, candidate_ND: np.ndarray) -> np.ndarray:
    """Return the index [Q] of each query's nearest candidate by cosine; the first one where several tie."""
    return np.concatenate([(block_BD @ candidate_ND.T).argmax(axis=1) for block_BD in _blocks(query_QD, candidate_ND)])


def neighbours(query_QD: np.ndarray, candidate_ND: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cosines [Q, k] and indices [Q, k] of the k nearest candidates, nearest first."""
    k = min(k, len(candidate_ND))
    return _joined([_largest(block_BD @ candidate_ND.T, k) for block_BD in _blocks(query_QD, candidate_ND)])


Near = tuple[np.ndarray, np.ndarray]  # cosines and indices, nearest first


def both_ways(query_QD: np.ndarray, candidate_ND: np.ndarray, k: int) -> tuple[Near, Near]:
    """Return `neighbours` of the queries among the candidates and of the candidates among the queries. Every cosine is
    computed once: a block of queries has all it takes for its own rows, and adds to what is known of the candidates."""
    forward_k, backward = min(k, len(candidate_ND)), _Columns(len(candidate_ND), min(k, len(query_QD)))
    forward, start = [], 0
    for block_BD in _blocks(query_QD, candidate_ND):
        block_BN = block_BD @ candidate_ND.T
        forward.append(_largest(block_BN, forward_k))
        backward.add(block_BN, start)
        start += len(block_BD)
    return _joined(forward), (backward.values_Nk, backward.rows_Nk)


def _joined(blocks: Sequence[Near]) -> Near:
    cosines, indices = zip(*blocks, strict=True)
    return np.concatenate(cosines), np.concatenate(indices)


def _largest(values_BN: np.ndarray, k: int) -> Near:
    """Return the k largest of each row, largest first. They are in the k groups of columns with the largest maxima,
    so that few columns are partitioned."""
    rows, width = values_BN.shape
    groups = width // _GROUP
    if groups <= k:
        return _sorted(values_BN, np.broadcast_to(np.arange(width), values_BN.shape), k)
    most_BG = values_BN[:, : groups * _GROUP].reshape(rows, _GROUP, groups).max(axis=1)
    top_Bk = np.argpartition(most_BG, groups - k, axis=1)[:, groups - k :]
    columns_BC = (top_Bk[:, :, None] + np.arange(_GROUP) * groups).reshape(rows, -1)
    remaining = np.broadcast_to(np.arange(groups * _GROUP, width), (rows, width - groups * _GROUP))
    columns_BC = np.concatenate([columns_BC, remaining], axis=1)
    return _sorted(np.take_along_axis(values_BN, columns_BC, axis=1), columns_BC, k)


def _sorted(values_BC: np.ndarray, columns_BC: np.ndarray, k: int) -> Near:
    """Return the k largest of each row and their columns, largest first."""
    order_Bk = np.argpartition(values_BC, -k, axis=1)[:, -k:]
    order_Bk = np.take_along_axis(
        order_Bk, np.argsort(-np.take_along_axis(values_BC, order_Bk, axis=1), axis=1, kind="stable"), axis=1
    )
    return np.take_along_axis(values_BC, order_Bk, axis=1), np.take_along_axis(columns_BC, order_Bk, axis=1)


class _Columns:
    """The k largest of every column of a matrix that comes in blocks of rows. After the first block hardly a value is
    larger than the k-th of its column, so one comparison does nearly all the work."""

    def __init__(self, columns: int, k: int) -> None:
        self.k = k
        self.values_Nk = np.full((columns, k), -np.inf, dtype=np.float32)
        self.rows_Nk = np.zeros((columns, k), dtype=np.int64)

    def add(self, block_BN: np.ndarray, start: int) -> None:
        """Look at rows `start`, `start + 1`, ..."""
        if start == 0 and len(block_BN) >= self.k:
            self.values_Nk, self.rows_Nk = _largest(np.ascontiguousarray(block_BN.T), self.k)
            return
        # Much faster than np.nonzero of two dimensions.
        rows, columns = np.divmod(np.flatnonzero(block_BN > self.values_Nk[:, -1]), block_BN.shape[1])
        values = block_BN[rows, columns]
        order = np.lexsort((rows, -values, columns))
        rows, columns, values = rows[order], columns[order], values[order]
        changed, first, place = np.unique(columns, return_index=True, return_inverse=True)
        rank = np.arange(len(columns)) - first[place]
        few = rank < self.k  # no more of a block can be among the k of its column
        new_values = np.full((len(changed), self.k), -np.inf, dtype=np.float32)
        new_rows = np.zeros((len(changed), self.k), dtype=np.int64)
        new_values[place[few], rank[few]] = values[few]
        new_rows[place[few], rank[few]] = rows[few] + start
        all_values = np.concatenate([self.values_Nk[changed], new_values], axis=1)
        best = np.argsort(-all_values, axis=1, kind="stable")[:, : self.k]
        self.values_Nk[changed] = np.take_along_axis(all_values, best, axis=1)
        all_rows = np.concatenate([self.rows_Nk[changed], new_rows], axis=1)
        self.rows_Nk[changed] = np.take_along_axis(all_rows, best, axis=1)


def mine(query_QD: np.ndarray, candidate_ND: np.ndarray, k: int) -> list[tuple[int, int, float]]:
    """Return (query, candidate, margin) pairs, best margin first, no query and no candidate twice, no margin below 0.

    margin(x, y) = cos(x, y) / ((mean cosine of x with its k nearest + mean cosine of y with its k nearest) / 2).
    Each side proposes, among its k nearest, the partner of highest margin; proposals of both sides are then taken
    greedily (Artetxe and Schwenk 2019, equations 1 and 3, ratio margin, "max" retrieval).
    """
    (forward_Qk, ahead_Qk), (backward_Nk, behind_Nk) = both_ways(query_QD, candidate_ND, k)
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
            if margins[i] > 0:
                pairs.append((query, candidate, float(margins[i])))
    return pairs


def _best(indices_Qk: np.ndarray, scores_Qk: np.ndarray) -> np.ndarray:
    """Return, for each row, the index whose score is highest."""
    return indices_Qk[np.arange(len(indices_Qk)), scores_Qk.argmax(axis=1)]


def _blocks(query_QD: np.ndarray, candidate_ND: np.ndarray) -> Iterator[np.ndarray]:
    size = max(1, min(_BLOCK, _COSINES // max(1, len(candidate_ND))))
    return (query_QD[start : start + size] for start in range(0, len(query_QD), size))
