"""Errors: by length, label and tag, what is taken for what, where arms agree, and examples on which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.core.files import read_json_mapping
from xstilts.report.elements.blocks import Block, Fold, Items, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import count, number, signed
from xstilts.report.scores.inputs import ErrorTables
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

EXPLANATION = (
    "Of the predictions of one seed. An example is right where the guess is the gold, or its metric, of it alone, is "
    "100 %: all words of a sentence, the whole answer. Shares are over all test languages together; differences are "
    "those from the baseline, and nothing is tested."
)
FACETS = {
    "length": "Right examples by the length of their texts, a quarter of each language's examples a line",
    "label": "Right examples by their gold label",
    "tag": "Right words by the type of their gold tag",
}
NONE = "–"


@dataclass(frozen=True, kw_only=True)
class TargetErrors:
    """The errors of one target. `tables` is what `errors.json` holds; {} where `reason` says why there is none."""

    target: str
    arms: tuple[str, ...]
    baseline: str
    seed: int
    tables: Mapping[str, Any]
    reason: str = ""

    @property
    def facets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line["facet"] for line in self.tables.get("groups", ())))


def compute(board: Scoreboard) -> tuple[TargetErrors, ...] | None:
    """Return None for a study of which no two arms have run. Raises StoreError when a file cannot be read."""
    return tuple(map(_read, board.results.error_tables)) or None


def _read(one: ErrorTables) -> TargetErrors:
    return TargetErrors(
        target=one.target,
        arms=one.arms,
        baseline=one.baseline,
        seed=one.seed,
        tables=read_json_mapping(one.file) if one.file else {},
        reason=one.reason,
    )


def sections(errors: tuple[TargetErrors, ...]) -> tuple[Section, ...]:
    blocks: list[Block] = [Prose(text=EXPLANATION)]
    for one in errors:
        inner: list[Block] = [group_table(one, facet) for facet in one.facets]
        inner += [*_confusions(one), *_agreement(one), *_examples(one)]
        if inner:
            blocks.append(Fold(title=f"{one.target}, seed {one.seed}", blocks=tuple(inner)))
    if reasons := tuple(f"{one.target}: {one.reason}" for one in errors if one.reason):
        blocks.append(Items(items=reasons))
    return (Section(id="errors", title="Errors", blocks=tuple(blocks)),)


def group_table(one: TargetErrors, facet: str) -> Table:
    """Lay out one facet over all languages: a line a value, the share that each arm has right."""
    sums: dict[str, tuple[int, list[int]]] = {}
    for line in one.tables["groups"]:
        if line["facet"] == facet:
            n, right = sums.get(line["value"], (0, [0] * len(one.arms)))
            sums[line["value"]] = n + line["n"], [a + b for a, b in zip(right, line["right"], strict=True)]
    base = one.arms.index(one.baseline)
    return Table(
        caption=f"{one.target}. {FACETS.get(facet, facet)}, in percent.",
        columns=(
            TableColumn(label=facet, numeric=False),
            TableColumn(label="Words" if facet == "tag" else "Examples"),
            *(TableColumn(label=arm) for arm in one.arms),
        ),
        rows=tuple(
            (
                TableCell(text=value),
                TableCell(text=count(n)),
                *(_share(right[arm], right[base], n, arm == base) for arm in range(len(one.arms))),
            )
            for value, (n, right) in sums.items()
        ),
    )


def _share(right: int, base: int, n: int, is_base: bool) -> TableCell:
    value = 100.0 * right / n
    below = () if is_base else (signed(value - 100.0 * base / n),)
    return TableCell(text=number(value), small_print=below)


def _confusions(one: TargetErrors) -> list[Block]:
    lines = one.tables.get("confusions", ())
    if not lines:
        return []
    table = Table(
        caption=f"{one.target}. What is taken for what, the commonest mistakes of all arms together.",
        columns=(
            TableColumn(label="Gold", numeric=False),
            TableColumn(label="Guess", numeric=False),
            *(TableColumn(label=arm) for arm in one.arms),
        ),
        rows=tuple(
            (
                TableCell(text=line["gold"]),
                TableCell(text=line["guess"]),
                *(TableCell(text=count(number)) for number in line["counts"]),
            )
            for line in lines
        ),
    )
    return [table]


def _agreement(one: TargetErrors) -> list[Block]:
    lines = one.tables.get("agreement", ())
    if not lines:
        return []
    names = {
        "n": "Examples", "both_right": "Both right", "only_baseline": f"Only {one.baseline} right",
        "only_arm": "Only the arm right", "same_mistake": "Same mistake", "other_mistakes": "Other mistakes",
    }  # fmt: skip
    table = Table(
        caption=f"{one.target}. Each arm beside {one.baseline}, in examples.",
        columns=(
            TableColumn(label="Arm", numeric=False),
            TableColumn(label="Language", numeric=False),
            *(TableColumn(label=name) for name in names.values()),
        ),
        rows=tuple(
            (
                TableCell(text=one.arms[line["arm"]]),
                TableCell(text=line["language"]),
                *(TableCell(text=count(line[key])) for key in names),
            )
            for line in sorted(lines, key=lambda line: line["arm"])
        ),
    )
    return [table]


def _examples(one: TargetErrors) -> list[Block]:
    examples = one.tables.get("examples", ())
    if not examples:
        return []
    table = Table(
        caption=f"{one.target}. Examples that {one.baseline} and another arm do not both have right; a hash of their "
        "names has chosen them. ✓ marks a right guess.",
        columns=(
            TableColumn(label="Example", numeric=False),
            TableColumn(label="Text", numeric=False),
            TableColumn(label="Gold", numeric=False),
            *(TableColumn(label=arm, numeric=False) for arm in one.arms),
        ),
        rows=tuple(
            (
                TableCell(text=f"{line['language']} {line['id']}"),
                _inputs(line["inputs"]),
                TableCell(text=line["gold"], role="text"),
                *(_guess(guess, right) for guess, right in zip(line["guesses"], line["right"], strict=True)),
            )
            for line in examples
        ),
    )
    return [Fold(title=f"{len(examples)} examples on which arms differ", blocks=(table,), page_only=True)]


def _inputs(inputs: Mapping[str, str]) -> TableCell:
    first, *others = [text if len(inputs) == 1 else f"{name}: {text}" for name, text in inputs.items()] or [NONE]
    return TableCell(text=first, small_print=tuple(others), role="text long")


def _guess(guess: str, right: bool) -> TableCell:
    return TableCell(text=f"✓ {guess}" if right else guess, role="text" if right else "text wrong")


def lines(errors: Sequence[TargetErrors]) -> list[dict[str, Any]]:
    """Return one line for each arm, language and group of examples or words."""
    return [
        {
            "target": one.target,
            "arm": arm,
            "seed": one.seed,
            "language": line["language"],
            "facet": line["facet"],
            "value_of_facet": line["value"],
            "n": line["n"],
            "right": right,
        }
        for one in errors
        for line in one.tables.get("groups", ())
        for arm, right in zip(one.arms, line["right"], strict=True)
    ]


def record(errors: tuple[TargetErrors, ...]) -> dict[str, Any]:
    return {
        "errors": [
            {"target": one.target, "arms": list(one.arms), "baseline": one.baseline, "seed": one.seed,
             "reason": one.reason, **one.tables}
            for one in errors
        ]
    }  # fmt: skip


ERRORS = Topic(
    name="errors",
    compute=compute,
    sections=sections,
    record=record,
    empty_record={"errors": None},
    tables={"errors": lines},
)
