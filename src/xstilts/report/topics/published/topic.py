"""The topic of published rows: one section a benchmark, shown where the reader asked for rows."""

from __future__ import annotations

from xstilts.report.topics.published.comparison import comparisons
from xstilts.report.topics.published.tables import record, sections, terminal
from xstilts.report.topics.topic import Topic

PUBLISHED = Topic(
    name="published",
    compute=lambda board: comparisons(board, board.published_rows) or None,
    sections=sections,
    record=lambda value: {"against": record(value)},
    empty_record={"against": []},
    terminal=terminal,
    command_json={"against": "against"},
)
