"""A linear model of choices: one weight a feature over the options of an example (McFadden 1974), or one a feature and
class over a single text (logistic regression)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class ConditionalLogit:
    """`classes`: 1 where the candidates of an example are chosen among, else the number of labels of its one candidate.
    `hashed`: the number of sparse features; `penalty`: of half the squared norm of the weights."""

    classes: int
    hashed: int
    penalty: float
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def fit(self, dense: np.ndarray, bags: Sequence[Sequence[int]], sizes: np.ndarray, golds: np.ndarray) -> None:
        """dense [N, F] over all candidates, bags [N] their sparse features, sizes [E] candidates of each example,
        golds [E] the number of the right candidate, or of the class."""
        from scipy.optimize import minimize

        table = self._table(dense, bags)
        example, right = self._cells(sizes, golds)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(table.shape[1], self.classes)
            logits = (table @ weights).ravel()
            chances = _softmax(logits, example)
            value = -np.log(np.maximum(chances[right], 1e-300)).sum() + 0.5 * self.penalty * float(flat @ flat)
            wrong = chances.copy()
            wrong[right] -= 1.0
            slope = table.T @ wrong.reshape(-1, self.classes)
            return value, np.asarray(slope).ravel() + self.penalty * flat

        start = np.zeros(table.shape[1] * self.classes)
        self.weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100}).x

    def guess(self, dense: np.ndarray, bags: Sequence[Sequence[int]], sizes: np.ndarray) -> np.ndarray:
        """Return the number of the best candidate, or class, of each example, [E]. Ties go to the first."""
        table = self._table(dense, bags)
        logits = (table @ self.weights.reshape(table.shape[1], self.classes)).ravel()
        starts = self._starts(sizes)
        return np.array([int(np.argmax(logits[a:b])) for a, b in zip(starts, [*starts[1:], len(logits)], strict=True)])

    def _table(self, dense: np.ndarray, bags: Sequence[Sequence[int]]) -> Any:
        from scipy.sparse import csr_matrix, hstack

        ones = np.ones((len(dense), 1))
        if not self.hashed:
            return csr_matrix(np.concatenate([dense, ones], axis=1))
        starts = np.concatenate([[0], np.cumsum([len(bag) for bag in bags])])
        columns = np.array([column for bag in bags for column in bag], dtype=int)
        sparse = csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(dense), self.hashed))
        return csr_matrix(hstack([csr_matrix(dense), csr_matrix(ones), sparse]))

    def _starts(self, sizes: np.ndarray) -> list[int]:
        cells = np.asarray(sizes) * self.classes
        return [0, *np.cumsum(cells)[:-1].tolist()]

    def _cells(self, sizes: np.ndarray, golds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the example of each logit, and which logit is the right one of each example."""
        return np.repeat(np.arange(len(sizes)), np.asarray(sizes) * self.classes), np.array(self._starts(sizes)) + golds


def _softmax(logits: np.ndarray, example: np.ndarray) -> np.ndarray:
    count = int(example[-1]) + 1
    top = np.full(count, -np.inf)
    np.maximum.at(top, example, logits)
    raised = np.exp(logits - top[example])
    return raised / np.bincount(example, weights=raised, minlength=count)[example]
