"""Translations found in monolingual text: sentences of two languages that are each other's nearest neighbours by ratio
margin (Artetxe and Schwenk 2019). N and M sentences, D hidden size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NEIGHBOURS = 4


def mutual(first_ND: NDArray[np.float32], second_MD: NDArray[np.float32], margin: float) -> list[tuple[int, int]]:
    """(n, m) of unit vectors that choose each other, with a cosine at least `margin` times the mean cosine of both to
    their four nearest neighbours on the other side."""
    if not len(first_ND) or not len(second_MD):
        return []
    cosines_NM = first_ND @ second_MD.T
    near_N, near_M = _near(cosines_NM), _near(cosines_NM.T)
    cosines_NM /= (near_N[:, None] + near_M[None, :]) / 2
    best_N, back_M = cosines_NM.argmax(1), cosines_NM.argmax(0)
    own_N = np.arange(len(first_ND))
    kept = (back_M[best_N] == own_N) & (cosines_NM[own_N, best_N] >= margin)
    return [(int(n), int(best_N[n])) for n in np.flatnonzero(kept)]


def _near(cosines_NM: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean cosine to the nearest neighbours of each row."""
    k = min(_NEIGHBOURS, cosines_NM.shape[1])
    return np.partition(cosines_NM, -k, axis=1)[:, -k:].mean(1)
