"""The document of a report: what each topic says, gathered into one page. It knows no topic by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xstilts.report.elements.blocks import Document, Section, TerminalBlock
from xstilts.report.elements.formatting import name_list, plural
from xstilts.report.scores.inputs import Results
from xstilts.report.topics.topic import Topic


@dataclass(frozen=True, kw_only=True)
class TopicValue:
    """A topic with what it computed; None where it has nothing to say."""

    topic: Topic[Any]
    value: Any

    def answer(self) -> Sequence[str]:
        return () if self.value is None else self.topic.answer(self.value)

    def sections(self) -> Sequence[Section]:
        return () if self.value is None else self.topic.sections(self.value)

    def record(self) -> Mapping[str, Any]:
        return self.topic.empty_record if self.value is None else self.topic.record(self.value)

    def terminal(self) -> Sequence[TerminalBlock]:
        return () if self.value is None else self.topic.terminal(self.value)


def document(results: Results, topics: Sequence[TopicValue]) -> Document:
    """Lay out everything the report says. Sections without content are left out."""
    return Document(
        title=f"{results.name}: a study of intermediate-task training",
        question=results.question,
        answer=tuple(sentence for topic in topics for sentence in topic.answer()),
        facts=_facts(results),
        sections=_joined([section for topic in topics for section in topic.sections()]),
    )


def _joined(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Join sections of the same id."""
    by_id: dict[str, Section] = {}
    for section in sections:
        first = by_id.get(section.id)
        by_id[section.id] = replace(first, blocks=(*first.blocks, *section.blocks)) if first else section
    return tuple(section for section in by_id.values() if section.blocks)


def _facts(results: Results) -> tuple[str, ...]:
    scored = sum(cell.status == "done" for cell in results.cells)
    facts = (
        results.encoder,
        plural(len(results.arms), "arm"),
        plural(len(results.targets), "target"),
        f"{'seed' if len(results.seeds) == 1 else 'seeds'} {name_list([str(seed) for seed in results.seeds])}",
        f"{scored} of {len(results.cells)} cells scored",
    )
    return (*facts, f"scale: {results.scale}") if results.scale else facts
