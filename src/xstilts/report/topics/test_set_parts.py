"""Parts of test sets: how each arm does in each phenomenon and paradigm, for targets that have such parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from xstilts.report.elements.blocks import Block, Fold, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import number
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

MISSING = "–"
MANY = 15  # parts; a longer table is folded


@dataclass(frozen=True, kw_only=True)
class PartScore:
    """An arm in one part of a target's test set: the mean of the main metric over seeds, in percent (None: no seed has
    one), and the lowest and highest end of the seeds' 95 % intervals over test items."""

    target: str
    language: str
    facet: str  # "phenomenon", "paradigm"
    part: str  # "": test items that are in none
    arm: str
    n: int
    seeds: int
    score: float | None
    low: float | None
    high: float | None


def compute(board: Scoreboard) -> tuple[PartScore, ...] | None:
    """Return the parts target by target, in the order of the study; None where no target has parts."""
    return tuple(_scores(board)) or None


def _scores(board: Scoreboard) -> Iterator[PartScore]:
    for target in board.results.targets:
        folders = {
            arm: [
                cell.scores
                for cell in board.results.cells
                if (cell.arm, cell.target, cell.status) == (arm, target.name, "done") and cell.scores is not None
            ]
            for arm in board.results.arms
        }
        for language in target.languages:
            for arm, of_arm in folders.items():
                yield from _of_arm(target.name, language, arm, of_arm)


def _of_arm(target: str, language: str, arm: str, folders: Sequence[Path]) -> Iterator[PartScore]:
    records = [read_scores(folder) for folder in folders]
    numbers = [found for record in records if (found := record.languages(record.main).get(language)) is not None]
    names = {(facet, part): None for one in numbers for facet, parts in one.facets.items() for part in parts}
    for facet, part in names:
        seeds = [one.facets[facet][part] for one in numbers if part in one.facets.get(facet, {})]
        scores = [seed.headline for seed in seeds if seed.headline is not None]
        lows, highs = ([end for seed in seeds if (end := seed.interval[i]) is not None] for i in (0, 1))
        yield PartScore(
            target=target,
            language=language,
            facet=facet,
            part=part,
            arm=arm,
            n=max(seed.n or 0 for seed in seeds),
            seeds=len(scores),
            score=fmean(scores) if scores else None,
            low=min(lows, default=None),
            high=max(highs, default=None),
        )


def sections(parts: Sequence[PartScore]) -> tuple[Section, ...]:
    tables = dict.fromkeys((part.target, part.language, part.facet) for part in parts)
    return (Section(id="parts", title="Parts of test sets", blocks=tuple(_block(parts, *key) for key in tables)),)


def _block(parts: Sequence[PartScore], target: str, language: str, facet: str) -> Block:
    chosen = [part for part in parts if (part.target, part.language, part.facet) == (target, language, facet)]
    arms, cells = list(dict.fromkeys(part.arm for part in chosen)), {(part.part, part.arm): part for part in chosen}
    names = sorted(dict.fromkeys(part.part for part in chosen))
    table = Table(
        caption=f"{target}, {language}, by {facet}: percent, the mean over seeds; below the 95 % interval over test "
        "items (of several seeds the widest).",
        columns=(
            TableColumn(label=facet, numeric=False),
            TableColumn(label="items"),
            *(TableColumn(label=arm) for arm in arms),
        ),
        rows=tuple(
            (
                TableCell(text=name or "none"),
                TableCell(text=str(max(part.n for part in chosen if part.part == name))),
                *(_cell(cells.get((name, arm))) for arm in arms),
            )
            for name in names
        ),
    )
    return table if len(names) <= MANY else Fold(title=f"{target}, {language}, by {facet}", blocks=(table,))


def _cell(part: PartScore | None) -> TableCell:
    if part is None or part.score is None:
        return TableCell(text=MISSING, role="missing")
    if part.low is None or part.high is None:
        return TableCell(text=number(part.score))
    return TableCell(text=number(part.score), small_print=(f"{number(part.low)} to {number(part.high)}",))


TEST_SET_PARTS = Topic(
    name="test_set_parts",
    compute=compute,
    sections=sections,
    record=lambda parts: {"test_set_parts": [asdict(part) for part in parts]},
    empty_record={"test_set_parts": []},
)
