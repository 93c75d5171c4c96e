"""From a study's results to everything its report says, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.document import Extras, document
from xstilts.report.elements.blocks import Document
from xstilts.report.scores.contrasts import Contrast, compare
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.published import PublishedRow
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.benchmark_average import BenchmarkAverage, headline
from xstilts.report.topics.forgetting import ForgettingChange, changes
from xstilts.report.topics.gain_by_target import AverageGain, gains
from xstilts.report.topics.published import PublishedComparison, against


@dataclass(frozen=True, kw_only=True)
class Report:
    """The numbers and the document made of them.

    gains: what each average difference is made of, target by target.
    published: the study beside published rows, one entry a benchmark; () where none were asked for.
    headline: the average over the targets of one benchmark; None for a study with few of them.
    changes: what is left of intermediate tasks after later phases; () where the study does not ask.
    """

    scoreboard: Scoreboard
    document: Document
    gains: tuple[AverageGain, ...] = ()
    published: tuple[PublishedComparison, ...] = ()
    headline: BenchmarkAverage | None = None
    changes: tuple[ForgettingChange, ...] = ()

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Every contrast of the study, over each target and over their mean."""
        return self.scoreboard.comparison.contrasts


def compose(results: Results, rows: Sequence[PublishedRow] = ()) -> Report:
    """Compares, then lays out. `rows`: published ones to set beside the study. Raises StoreError when a score artefact
    cannot be read."""
    board = Scoreboard(results, compare(results))
    taken_apart, published, left = gains(board), against(board, rows), changes(results.forgetting)
    average = headline(board)
    return Report(
        scoreboard=board,
        document=document(board, Extras(gains=taken_apart, published=published, headline=average, changes=left)),
        gains=taken_apart,
        published=published,
        headline=average,
        changes=left,
    )
