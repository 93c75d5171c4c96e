"""Least squares, weighted and bounded: one scaling model on the mean scores of sizes, for many resamples at once.

Given the shape numbers of a model its scores are linear in `first` and `last`, which are solved for exactly within
their bounds; what is left is a search over none to two numbers (variable projection: Golub and Pereyra 1973, SIAM
Journal on Numerical Analysis 10). So no start has to be guessed, and a thousand resamples are a few products of
matrices. A test compares it with `scipy.optimize.least_squares`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xstilts.scaling.models import ScalingModel, SizeRange

_STEPS = 60  # of the search; each halves its step, or moves
FINEST, FINE = 1e-9, 1e-5  # of the range of a shape number: of a fit, and of one of a thousand for a band
_FLAT = 1e-10  # a determinant below it, relative: the two columns are one


@dataclass(frozen=True, eq=False)
class ShapeSolution:
    """Least squares of one model. R resamples, D shape numbers."""

    first: np.ndarray  # [R] percent
    last: np.ndarray  # [R] percent
    shape: np.ndarray  # [R, D]
    squares: np.ndarray  # [R] weighted sum of squares that is left


def solve(
    model: ScalingModel,
    log_sizes: np.ndarray,
    means: np.ndarray,
    weights: np.ndarray,
    extent: SizeRange,
    finest: float = FINEST,
) -> ShapeSolution:
    """Fit a model to mean scores [R, K] at sizes [K] whose squares count `weights` [K] times.

    finest: the step at which a search ends, as a share of the range of a shape number."""
    bounds, grid = model.bounds(extent), model.grid(extent)
    coarse = _bounded_linear(model.basis(log_sizes, grid, extent)[None], means, weights)[2]  # [R, G]
    at = grid[coarse.argmin(axis=1)]  # [R, D]
    if model.shape:
        at = _search(model, at, bounds, (log_sizes, means, weights, extent), finest)
    first, last, squares = _bounded_linear(model.basis(log_sizes, at, extent)[:, None], means, weights)
    return ShapeSolution(first[:, 0], last[:, 0], at, np.maximum(squares[:, 0], 0.0))


def _search(
    model: ScalingModel,
    start: np.ndarray,
    bounds: np.ndarray,
    data: tuple[np.ndarray, np.ndarray, np.ndarray, SizeRange],
    finest: float,
) -> np.ndarray:
    """Go from each start [R, D] to the best neighbour, and halve the step where there is none."""
    log_sizes, means, weights, extent = data
    span = bounds[:, 1] - bounds[:, 0]
    moves = np.stack([axis.ravel() for axis in np.meshgrid(*[(0, -1, 1)] * len(span))], axis=-1)  # [M, D]
    moves = moves[np.argsort(np.abs(moves).sum(axis=1), kind="stable")]  # staying comes first
    at, step = start.copy(), np.full(len(start), 1 / 24)
    for _ in range(_STEPS):
        going = np.flatnonzero(step >= finest)
        if not len(going):
            break
        near = np.clip(at[going, None] + moves * (step[going, None] * span)[:, None], *bounds.T)  # [R, M, D]
        squares = _bounded_linear(model.basis(log_sizes, near, extent), means[going], weights)[2]
        best = squares.argmin(axis=1)
        at[going] = near[np.arange(len(going)), best]
        step[going] = np.where(best == 0, step[going] / 2, step[going])
    return at


def _bounded_linear(
    basis: np.ndarray, means: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve `first (1 - s) + last s` with both in [0, 100]. basis [R or 1, G, K], means [R, K], weights [K].

    Returns `first`, `last` and the weighted squares that are left, each [R, G]. The squares of two bounded numbers are
    convex: the least are inside the box, or on one of its four edges.
    """
    centre = (means * weights).sum(axis=1, keepdims=True) / weights.sum()  # [R, 1]: keeps differences of squares exact
    y, low, high = means - centre, -centre, 100 - centre
    one = 1 - basis
    a, b, d = ((one * one) @ weights, (one * basis) @ weights, (basis * basis) @ weights)
    p, q = _products(one, y * weights), _products(basis, y * weights)
    total = ((y * y) @ weights)[:, None]
    a, b, d = (np.broadcast_to(part, p.shape) for part in (a, b, d))
    determinant = a * d - b * b
    singular = determinant <= _FLAT * np.maximum(a * d, 1e-300)
    safe = np.where(singular, 1.0, determinant)
    first, last = (d * p - b * q) / safe, (a * q - b * p) / safe
    inside = ~singular & (first >= low) & (first <= high) & (last >= low) & (last <= high)
    squares = np.where(inside, _squares(first, last, (a, b, d, p, q), total), np.inf)
    for edge in (low, high):
        fixed = np.broadcast_to(edge, p.shape)
        for x, z in (
            (fixed, np.clip((q - b * fixed) / np.maximum(d, 1e-300), low, high)),
            (np.clip((p - b * fixed) / np.maximum(a, 1e-300), low, high), fixed),
        ):
            left = _squares(x, z, (a, b, d, p, q), total)
            better = left < squares
            first, last, squares = (
                np.where(better, x, first),
                np.where(better, z, last),
                np.where(better, left, squares),
            )
    return first + centre, last + centre, squares


def _products(basis: np.ndarray, weighted: np.ndarray) -> np.ndarray:
    """basis [R or 1, G, K], weighted scores [R, K] -> [R, G]."""
    if len(basis) == 1:
        return np.asarray(weighted @ basis[0].T)
    return np.asarray((basis @ weighted[:, :, None])[..., 0])


def _squares(first: np.ndarray, last: np.ndarray, parts: tuple[np.ndarray, ...], total: np.ndarray) -> np.ndarray:
    a, b, d, p, q = parts
    return np.asarray(total + a * first**2 + 2 * b * first * last + d * last**2 - 2 * (p * first + q * last))
