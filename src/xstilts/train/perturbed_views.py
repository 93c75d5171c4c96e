"""Perturbed views: the rows of a training set as they are, and the same rows with perturbed texts.

The views of an example are paired by its place among the chosen examples; where one of them is several rows (a long
text), row by row, and what the other has no row for stays as it is. R rows as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from xstilts.core.errors import StoreError
from xstilts.kinds.tokenized import TokenizedRows

Row = Mapping[str, Any]
NONE = -1


class ViewedRow(NamedTuple):
    """A row as it is, and its perturbed view; None where that is not there, or the same tokens. is_whole: either view
    is all of its example, so that they can be compared."""

    clean: Row
    perturbed: Row | None
    is_whole: bool

    @property
    def tokens(self) -> int:
        return len(self.clean["ids"]) + (0 if self.perturbed is None else len(self.perturbed["ids"]))


class PerturbedViews:
    """The perturbed rows of a training set, in one file a stage, the easiest first.

    Arguments
        clean: rows as they are.
        chosen: the examples among them that are trained on; example j of every stage is the j-th of these.

    Raises StoreError where the files do not hold the same examples.
    """

    def __init__(self, clean: TokenizedRows, chosen: Sequence[int], stages: Sequence[TokenizedRows]) -> None:
        self.clean, self.stages = clean, stages
        ids = [clean.keys[index].id for index in chosen]
        for stage in stages:
            if [key.id for key in stage.keys] != ids:
                raise StoreError("the perturbed rows are not those that are trained on", where=str(stage.folder))
        paired = [_pair(clean, chosen, stage) for stage in stages]
        self._perturbed_R = [rows for rows, _ in paired]
        self._is_whole_R = [whole for _, whole in paired]

    def stage_at(self, update: int, updates: int) -> int:
        """Return the stage of an update of so many: each has an equal share of them."""
        return min(len(self.stages) - 1, update * len(self.stages) // max(1, updates))

    def row(self, number: int, stage: int) -> ViewedRow:
        """Return a row of the training set, by its number in the file, with its view at a stage."""
        clean, other = self.clean.row(number), int(self._perturbed_R[stage][number])
        if other == NONE:
            return ViewedRow(clean, None, False)
        perturbed = self.stages[stage].row(other)
        if np.array_equal(perturbed["ids"], clean["ids"]):
            return ViewedRow(clean, None, False)
        return ViewedRow(clean, perturbed, bool(self._is_whole_R[stage][number]))


def _pair(clean: TokenizedRows, chosen: Sequence[int], other: TokenizedRows) -> tuple[np.ndarray, np.ndarray]:
    """Return the row of `other` for each row, [R] (`NONE`: there is none that is labelled), and whether both are all of
    their example, [R]."""
    spans, other_spans = clean.spans(chosen), other.spans(range(len(chosen)))
    sizes, other_sizes = (np.diff(each, axis=1)[:, 0] for each in (spans, other_spans))
    rows_R, is_whole_R = np.full(len(clean), NONE, dtype=np.int64), np.zeros(len(clean), dtype=bool)
    for place in range(int(min(sizes.max(initial=0), other_sizes.max(initial=0)))):
        both = (sizes > place) & (other_sizes > place)
        rows_R[spans[both, 0] + place] = other_spans[both, 0] + place
    rows_R[~np.isin(rows_R, other.labelled)] = NONE
    is_whole_R[spans[(sizes == 1) & (other_sizes == 1), 0]] = True
    return rows_R, is_whole_R
