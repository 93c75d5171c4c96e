"""From a study's results to everything its report says, computed once."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.report.blocks import Document
from xstilts.report.board import Board
from xstilts.report.compare import compare
from xstilts.report.document import document
from xstilts.report.results import Results


@dataclass(frozen=True)
class Report:
    """The numbers and the document made of them."""

    board: Board
    document: Document


def compose(results: Results) -> Report:
    """Compares, then lays out. Raises StoreError when a score artefact cannot be read."""
    board = Board(results, compare(results))
    return Report(board, document(board))
