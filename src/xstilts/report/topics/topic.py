"""A topic of the report: one value computed from the scores, and how each form of the report shows it.

To add a topic: write a file that ends in a `Topic`, and add a line to `index.TOPICS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from xstilts.report.elements.blocks import Section, TerminalBlock

if TYPE_CHECKING:
    from xstilts.report.scores.scoreboard import Scoreboard

Value = TypeVar("Value")
Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Topic(Generic[Value]):
    """One topic of a report. All but `name` and `compute` may be left out; none of them is called where there is
    nothing to say.

    compute: the scores -> what the topic says of them; None where a study has nothing of it.
    answer: sentences at the head of the page, which answer the study's question.
    sections: parts of the page. Topics that name the same section share it, in the order of the index; one without
        blocks is left out.
    record: entries of report.json.
    empty_record: the same entries where there is nothing to say.
    terminal: what `xstilts run` prints at its end.
    tables: files for other programs, `<name>.csv` and `<name>.parquet`: name -> its lines, all with the same fields.
    command_json: entries of the record that `xstilts run --json` prints as well, and what they are called there.
    """

    name: str
    compute: Callable[[Scoreboard], Value | None]
    answer: Callable[[Value], Sequence[str]] = field(default=lambda value: ())
    sections: Callable[[Value], Sequence[Section]] = field(default=lambda value: ())
    record: Callable[[Value], Record] = field(default=lambda value: {})
    empty_record: Record = field(default_factory=dict)
    terminal: Callable[[Value], Sequence[TerminalBlock]] = field(default=lambda value: ())
    tables: Mapping[str, Callable[[Value], Sequence[Record]]] = field(default_factory=dict)
    command_json: Mapping[str, str] = field(default_factory=dict)
