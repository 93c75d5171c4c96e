"""Build a report: compute every topic once, and lay them out as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from xstilts.report.document import TopicValue, document
from xstilts.report.elements.blocks import Document, TerminalBlock
from xstilts.report.scores.contrasts import Contrast, compare
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.published_rows import PublishedRow
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.index import TOPICS
from xstilts.report.topics.topic import Topic

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Report:
    """A study's numbers, and what each topic says of them, in the order of the page."""

    scoreboard: Scoreboard
    topics: tuple[TopicValue, ...]

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Every contrast of the study, over each target and over their mean."""
        return self.scoreboard.comparison.contrasts

    @cached_property
    def document(self) -> Document:
        return document(self.scoreboard.results, self.topics)

    def value(self, topic: Topic[Value]) -> Value | None:
        """Return what a topic computed; None where it has nothing to say."""
        value: Value | None = self.scoreboard.once(topic.compute)
        return value

    def record(self) -> dict[str, Any]:
        """Return the whole report as plain values: what report.json holds. It names no path of this machine."""
        return {key: entry for topic in self.topics for key, entry in topic.record().items()}

    def command_json(self) -> dict[str, Any]:
        """Return what `xstilts run --json` prints of the report."""
        return {name: part.record()[key] for part in self.topics for key, name in part.topic.command_json.items()}

    def terminal(self) -> tuple[TerminalBlock, ...]:
        """Return what `xstilts run` prints of the report."""
        return tuple(block for topic in self.topics for block in topic.terminal())


def compose(results: Results, rows: Sequence[PublishedRow] = (), topics: Sequence[Topic[Any]] = TOPICS) -> Report:
    """Compare, then compute every topic.

    Args:
        rows: published rows that the reader asked to see with the study.
        topics: what the report says, in the order of the page.

    Raises:
        StoreError: a score artefact cannot be read.
    """
    scoreboard = Scoreboard(results, compare(results), tuple(rows))
    return Report(
        scoreboard=scoreboard,
        topics=tuple(TopicValue(topic=topic, value=scoreboard.once(topic.compute)) for topic in topics),
    )
