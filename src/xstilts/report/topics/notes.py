"""Notes of a study: remarks on its data and targets, what was dropped or cut, and cells without a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.report.elements.blocks import Items, Section
from xstilts.report.elements.formatting import count, name_list, plural
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.data import dropped_rows
from xstilts.report.topics.topic import Topic

# Columns of a data record that count what was lost, and how a note calls it.
LOSSES = {
    "without_gold": "without gold, so neither trained on nor scored",
    "truncated": "truncated",
    "unusable": "unusable for training",
    "unknown_labels": "with an intent or a slot outside the label set, which no guess finds",
    "malformed_forms": "with a form whose brackets or quotation marks do not fit",
    "long_forms": "with a form longer than the decoder writes",
    "unknown_tokens": "with a form that holds a token that is neither a label nor a word of the question",
    "blank_answers": "blank answers beside others, which are left out",
    "overlapping": "arguments left out of training, for they overlap a longer one",
}


@dataclass(frozen=True, kw_only=True)
class StudyNotes:
    """study: what the study itself says; items: all that the page lists."""

    study: tuple[str, ...]
    items: tuple[str, ...]


def compute(board: Scoreboard) -> StudyNotes:
    results = board.results
    targets = [f"{target.name}: {note}" for target in results.targets for note in target.notes]
    items = [*results.notes, *targets, *losses(results.data), *_unscored_cells(board)]
    return StudyNotes(study=results.notes, items=tuple(dict.fromkeys(items)))


def sections(notes: StudyNotes) -> tuple[Section, ...]:
    blocks = (Items(items=notes.items),) if notes.items else ()
    return (Section(id="notes", title="Notes", blocks=blocks),)


def losses(data: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Write one line for each task and use that lost rows or tokens; the data table has it file by file."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in data:
        use = "test" if line.get("use") == line.get("language") else str(line.get("use", ""))
        groups.setdefault((str(line.get("task", "")), use), []).append(line)
    return tuple(f"{' '.join(key)}: {text}." for key, lines in groups.items() if (text := _loss(lines)))


def _loss(lines: Sequence[Mapping[str, Any]]) -> str:
    """ "1,200 rows (2,400 examples) used in 8 files; 31 dropped (empty, the first at a.tsv:7), 2 truncated"; "" where
    nothing is lost."""
    reasons, first = dropped_rows(lines)
    ordered = reasons.most_common()
    parts = [f"{count(n)} dropped ({reason}{_first(first.get(reason))})" for reason, n in ordered[:3]]
    if others := ordered[3:]:
        parts.append(f"{count(sum(n for _, n in others))} dropped for {plural(len(others), 'other reason')}")
    for name, text in LOSSES.items():
        if n := sum(line.get(name) or 0 for line in lines):
            parts.append(f"{count(n)} {text}" + _first(_first_place(lines, name)))
    rows, examples = (sum(line.get(name) or 0 for line in lines) for name in ("rows", "examples"))
    several = f" ({count(examples)} examples)" if examples > rows else ""
    return f"{count(rows)} rows{several} used in {plural(len(lines), 'file')}; {', '.join(parts)}" if parts else ""


def _first_place(lines: Sequence[Mapping[str, Any]], loss: str) -> str | None:
    return next((str(line[f"first_{loss}"]) for line in lines if line.get(f"first_{loss}")), None)


def _first(place: str | None) -> str:
    return f", the first at {place}" if place else ""


def _unscored_cells(board: Scoreboard) -> list[str]:
    """Gather the cells without a score by reason."""
    by_reason: dict[str, list[str]] = {}
    for cell in board.results.cells:
        if cell.scores is None:
            by_reason.setdefault(cell.outcome, []).append(f"{cell.arm} on {cell.target} (seed {cell.seed})")
    return [f"{plural(len(cells), 'cell')} {reason}. {name_list(cells, 8)}." for reason, cells in by_reason.items()]


NOTES = Topic(name="notes", compute=compute, sections=sections, record=lambda notes: {"notes": list(notes.study)})
