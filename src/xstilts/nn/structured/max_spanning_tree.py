"""Maximum spanning tree: the best tree over the words of a sentence, an arborescence with exactly one root.

Chu and Liu (1965) and Edmonds (1967), growing a path as Tarjan (1977) does: O(W^2) for W words. The single root comes
from a penalty on arcs from the root that is larger than any gain from a second one (Stanojević and Cohen 2021), so the
result is exact. W words of a sentence, K of the longest of R sentences, J = W + 1 heads (0 is the root).
"""

from __future__ import annotations

import numpy as np


def trees(heads_RK: np.ndarray, sizes_R: np.ndarray) -> np.ndarray:
    """Tell which of R lists of heads are trees with a single root, [R]. Heads beyond a sentence's size are not looked
    at.

    >>> trees(np.array([[2, 0, 9], [2, 1, 0]]), np.array([2, 3])).tolist()
    [True, False]
    """
    absent_RK = np.arange(heads_RK.shape[1]) >= sizes_R[:, None]
    above_RJ = np.pad(np.where(absent_RK, 0, heads_RK), ((0, 0), (1, 0)))
    roots_R = ((heads_RK == 0) & ~absent_RK).sum(1)
    for _ in range(int(heads_RK.shape[1]).bit_length()):  # each turn doubles how far up a word looks
        above_RJ = np.take_along_axis(above_RJ, above_RJ, 1)
    return (roots_R == 1) & (above_RJ == 0).all(1)


def arborescence(scores_WJ: np.ndarray) -> np.ndarray:
    """Heads [W] of the tree with a single root whose scores sum highest; `scores[w - 1, h]` is for the word w under h.
    A word is never its own head. Arcs that score -inf or no number are taken where no tree does without them.

    >>> arborescence(np.array([[1.0, 0.0, 9.0], [2.0, 9.0, 0.0]])).tolist()
    [2, 0]
    """
    size = len(scores_WJ)
    return _Contraction(_with_one_root(scores_WJ), size).heads() if size else np.zeros(0, dtype=np.int64)


def _with_one_root(scores_WJ: np.ndarray) -> np.ndarray:
    """Scores without infinities, those of the root so low that the best tree uses one of them."""
    scores_WJ = np.array(scores_WJ, dtype=np.float64)
    size = len(scores_WJ)
    counts = np.isfinite(scores_WJ)
    counts[np.arange(size), np.arange(1, size + 1)] = False
    lowest, highest = (scores_WJ[counts].min(), scores_WJ[counts].max()) if counts.any() else (0.0, 0.0)
    if not counts.all():
        floor = lowest - size * (highest - lowest) - 1.0
        scores_WJ[~counts] = lowest = floor
    scores_WJ[:, 0] -= size * (highest - lowest) + 1.0
    return scores_WJ


class _Contraction:
    """Nodes: 0 the root, 1 to W the words, then circles that were contracted. Arcs between nodes remember the words
    they run between: `dependent_NN`, `head_NN`."""

    def __init__(self, scores_WJ: np.ndarray, size: int) -> None:
        nodes = 2 * size + 1
        self.size, self.count = size, size + 1
        self.scores_NN = np.full((nodes, nodes), -np.inf)
        self.scores_NN[1 : size + 1, : size + 1] = scores_WJ
        np.fill_diagonal(self.scores_NN, -np.inf)
        self.dependent_NN = np.broadcast_to(np.arange(nodes)[:, None], (nodes, nodes)).copy()
        self.head_NN = np.broadcast_to(np.arange(nodes), (nodes, nodes)).copy()
        self.best = [0.0] * nodes  # the score of the arc chosen into a node,
        self.arc = [(0, 0)] * nodes  # and its words: (dependent, head)
        self.inside = [0] * nodes  # the circle that a node was contracted into
        self.circles: dict[int, list[int]] = {}

    def heads(self) -> np.ndarray:
        settled = {0}
        for word in range(1, self.size + 1):
            if word not in settled and not self.inside[word]:
                settled.update(self._climb(word, settled))
        for circle in reversed(self.circles):
            dependent, head = self.arc[circle]
            entered = dependent
            while self.inside[entered] != circle:
                entered = self.inside[entered]
            self.arc[entered] = (dependent, head)
        return np.array([self.arc[word][1] for word in range(1, self.size + 1)], dtype=np.int64)

    def _climb(self, node: int, settled: set[int]) -> list[int]:
        """Follows the best arcs upwards to what is settled, contracting circles on the way."""
        path: list[int] = []
        while node not in settled:
            if node in path:
                first = path.index(node)
                node = self._contract(path[first:])
                del path[first:]
            path.append(node)
            best_head = int(self.scores_NN[node].argmax())
            self.best[node] = float(self.scores_NN[node, best_head])
            self.arc[node] = (int(self.dependent_NN[node, best_head]), int(self.head_NN[node, best_head]))
            node = best_head
        return path

    def _contract(self, members: list[int]) -> int:
        """A new node in the place of a circle. An arc into it costs the arc of the circle that it replaces."""
        circle, self.count = self.count, self.count + 1
        scores, every = self.scores_NN, np.arange(len(self.scores_NN))
        into_MN = scores[members] - np.array([self.best[member] for member in members])[:, None]
        entered = np.array(members)[into_MN.argmax(0)]
        left = np.array(members)[scores[:, members].argmax(1)]
        scores[circle], scores[:, circle] = into_MN.max(0), scores[every, left]
        for words_NN in (self.dependent_NN, self.head_NN):
            words_NN[circle], words_NN[:, circle] = words_NN[entered, every], words_NN[every, left]
        scores[circle, [*members, circle]] = -np.inf
        scores[:, members] = -np.inf
        self.circles[circle] = members
        for member in members:
            self.inside[member] = circle
        return circle
