"""From a study's results to everything its report says, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.document import Extras, document
from xstilts.report.elements.blocks import Document
from xstilts.report.scores.contrasts import compare
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.published import Row
from xstilts.report.scores.scoreboard import Board
from xstilts.report.topics.benchmark_average import Headline, headline
from xstilts.report.topics.forgetting import Change, changes
from xstilts.report.topics.gain_by_target import Gain, gains
from xstilts.report.topics.published import Beside, against


@dataclass(frozen=True, kw_only=True)
class Report:
    """The numbers and the document made of them.

    gains: what each average difference is made of, target by target.
    published: the study beside published rows, one entry a benchmark; () where none were asked for.
    headline: the average over the targets of one benchmark; None for a study with few of them.
    changes: what is left of intermediate tasks after later phases; () where the study does not ask.
    """

    board: Board
    document: Document
    gains: tuple[Gain, ...] = ()
    published: tuple[Beside, ...] = ()
    headline: Headline | None = None
    changes: tuple[Change, ...] = ()


def compose(results: Results, rows: Sequence[Row] = ()) -> Report:
    """Compares, then lays out. `rows`: published ones to set beside the study. Raises StoreError when a score artefact
    cannot be read."""
    board = Board(results, compare(results))
    taken_apart, published, left = gains(board), against(board, rows), changes(results.recalled)
    average = headline(board)
    return Report(
        board=board,
        document=document(board, Extras(gains=taken_apart, published=published, headline=average, changes=left)),
        gains=taken_apart,
        published=published,
        headline=average,
        changes=left,
    )
