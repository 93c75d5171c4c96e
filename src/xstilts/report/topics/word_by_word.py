"""Word by word: right words by distance to the head, depth, length of the sentence, and what training has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xstilts.report.elements.blocks import Block, Figure, Fold, Items, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Tile, heat
from xstilts.report.elements.formatting import count, interval, name_list, number, probability, signed
from xstilts.report.scores.group_gains import DistanceCorrelation, Gain, distance_correlation, gains_by_language
from xstilts.report.scores.inputs import ContrastSpec
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.word_gains import FEWEST_WORDS, WordRow, order_distances, word_rows
from xstilts.report.topics.topic import Topic

NONE = "–"
ORDER = "word order of the treebanks"
EXPLANATION = (
    "Right words in percent, by what the gold says of each: over the words of a language, then over the languages "
    f"other than the one trained in that have at least {FEWEST_WORDS} such words. A head is right where it is the very "
    "word. Below a score the difference from the baseline, with the 95 % interval of that number alone; nothing is "
    "tested."
)
FACET_NAMES = {
    "distance": "distance of the word from its head",
    "direction": "side on which the head stands",
    "depth": "steps to the root",
    "length": "words of the sentence",
    "word": "whether the training sentences have the word",
}


@dataclass(frozen=True, kw_only=True)
class WordByWord:
    """All that is said of single words.

    orders: target -> language -> distance in word order from the training treebank. notes: what is missing, and why.
    """

    arms: tuple[str, ...]
    baseline: str
    contrasts: tuple[ContrastSpec, ...]
    rows: tuple[WordRow, ...]
    correlations: tuple[DistanceCorrelation, ...]
    orders: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]


def compute(board: Scoreboard) -> WordByWord | None:
    """Return None for a study without counts of words. Raises StoreError when they cannot be read."""
    results = board.results
    if not results.word_counts:
        return None
    draws = board.target_draws
    orders = {counts.target: order_distances(counts) for counts in results.word_counts}
    correlations = [
        found
        for target, numbers in orders.items()
        if numbers
        for spec in results.contrasts
        if (found := distance_correlation(spec, gains_by_language(spec, [draws[target]]), ORDER, numbers, target))
    ]
    return WordByWord(
        arms=results.arms,
        baseline=results.baseline,
        contrasts=results.contrasts,
        rows=tuple(row for one in results.word_counts for row in word_rows(results, one, draws[one.target])),
        correlations=tuple(correlations),
        orders={target: numbers for target, numbers in orders.items() if numbers},
        notes=tuple(f"{one.target}: {text}" for one in results.word_counts for text in (one.reason, one.note) if text),
    )


def sections(words: WordByWord) -> tuple[Section, ...]:
    blocks: list[Block] = [Prose(text=EXPLANATION)] if words.rows else []
    for target in dict.fromkeys(row.target for row in words.rows):
        rows = [row for row in words.rows if row.target == target]
        rows = [row for row in rows if row.measure == rows[0].measure]  # others are in the table for programs
        facets = list(dict.fromkeys(row.facet for row in rows))
        of = {facet: [row for row in rows if row.facet == facet] for facet in facets}
        maps = tuple(_heat_map(words, of[facet]) for facet in facets) if words.contrasts else ()
        if maps:
            caption = f"{target}, {rows[0].measure}: differences in points, by what the gold says of a word."
            blocks.append(Figure(svg=maps, caption=caption))
        blocks += [word_table(words, of[facet]) for facet in facets]
        blocks += _order_blocks(words, target)
    if words.notes:
        blocks.append(Items(items=words.notes))
    return (Section(id="words", title="Word by word", blocks=tuple(blocks)),)


def _facet_name(facet: str) -> str:
    return FACET_NAMES.get(facet, f"whether the training sentences have the {facet} that ends at the word")


def _heat_map(words: WordByWord, rows: Sequence[WordRow]) -> str:
    largest = max([2.0, *(abs(gain.value) for row in rows for gain in row.gains.values())])
    limit = min(largest, 20.0)
    lines = [(spec.title, [_tile(row, spec.title, limit) for row in rows]) for spec in words.contrasts]
    facet = rows[0].facet
    name = f"{rows[0].target}: differences by {_facet_name(facet)}; the numbers stand in the table below"
    return heat([row.value for row in rows], lines, f"by {facet}", name)


def _tile(row: WordRow, title: str, limit: float) -> Tile:
    gain = row.gains.get(title)
    if gain is None:
        return Tile(text="·", tip="missing: an arm lacks a score", missing=True)
    tip = f"{title}, {row.facet} {row.value}: {_gain_text(gain)}; {count(row.words)} words"
    return Tile(text=signed(gain.value), tip=tip, shade=max(-1.0, min(1.0, gain.value / limit)))


def _gain_text(gain: Gain) -> str:
    return signed(gain.value) + interval(gain.low, gain.high, before=" ")


def word_table(words: WordByWord, rows: Sequence[WordRow]) -> Table:
    """Lay out one facet: values by arms, and by the contrasts that are not of one arm with another."""
    first = rows[0]
    of_arm = {arm: title for spec in words.contrasts if (arm := _only_arm(spec)) for title in (spec.title,)}
    others = [spec for spec in words.contrasts if not _only_arm(spec)]
    return Table(
        caption=f"{first.target}, {first.measure} in percent, by {_facet_name(first.facet)}.",
        columns=(
            TableColumn(label=first.facet, numeric=False),
            TableColumn(label="Words"),
            TableColumn(label="Languages"),
            *(TableColumn(label=arm) for arm in words.arms),
            *(TableColumn(label=spec.title) for spec in others),
        ),
        rows=tuple(
            (
                TableCell(text=row.value),
                TableCell(text=count(row.words)),
                TableCell(text=str(len(row.languages)), tip=name_list(row.languages, 40)),
                *(_score_cell(row, arm, of_arm.get(arm, "")) for arm in words.arms),
                *(_difference_cell(row.gains.get(spec.title)) for spec in others),
            )
            for row in rows
        ),
    )


def _only_arm(spec: ContrastSpec) -> str:
    """Return the arm that a contrast sets against one other; "" for a contrast of several."""
    return next(arm for arm, weight in spec.weights.items() if weight > 0) if len(spec.weights) == 2 else ""


def _score_cell(row: WordRow, arm: str, title: str) -> TableCell:
    if arm not in row.scores:
        return TableCell(text=NONE, tip="it lacks a score", role="missing")
    gain = row.gains.get(title)
    return TableCell(text=number(row.scores[arm]), small_print=(_gain_text(gain),) if gain else ())


def _difference_cell(gain: Gain | None) -> TableCell:
    return TableCell(text=NONE, role="missing") if gain is None else TableCell(text=_gain_text(gain))


def _order_blocks(words: WordByWord, target: str) -> list[Block]:
    lines = [one for one in words.correlations if one.target == target]
    if not lines:
        return []
    labels = ("Difference", "Languages", "rho", "95 % interval", "p alone")
    table = Table(
        caption=f"{target}: rank correlation, over languages, of a difference with the distance in word order from the "
        "training treebank (0 to 1: how far the shares of dependents left of their head are apart, over relations).",
        columns=tuple(TableColumn(label=label, numeric=label != labels[0]) for label in labels),
        rows=tuple(
            (
                TableCell(text=one.contrast),
                TableCell(text=str(one.n)),
                TableCell(text=NONE if one.rho is None else number(one.rho, 2)),
                TableCell(text=NONE if one.low is None or one.high is None
                          else f"({number(one.low, 2)} to {number(one.high, 2)})"),
                TableCell(text=probability(one.p) or NONE),
            )
            for one in lines
        ),
    )  # fmt: skip
    nearest = sorted(words.orders[target].items(), key=lambda pair: pair[1])
    listed = ", ".join(f"{language} {number(distance, 2)}" for language, distance in nearest)
    return [table, Fold(title=f"{target}: distance in word order", blocks=(Prose(text=listed),))]


def lines(words: WordByWord) -> list[dict[str, Any]]:
    """Return one line for each score and each difference of each kind of words."""
    return [
        {
            "target": row.target,
            "measure": row.measure,
            "facet": row.facet,
            "value_of_facet": row.value,
            "words": row.words,
            "languages": " ".join(row.languages),
            "what": what,
            "name": name,
            "value": value,
            "low": low,
            "high": high,
        }
        for row in words.rows
        for what, name, value, low, high in (
            *(("score", arm, score, None, None) for arm, score in row.scores.items()),
            *(("difference", title, gain.value, gain.low, gain.high) for title, gain in row.gains.items()),
        )
    ]


def record(words: WordByWord) -> dict[str, Any]:
    return {
        "word_by_word": {
            "rows": [
                {**asdict(row), "gains": {title: asdict(gain) for title, gain in row.gains.items()}}
                for row in words.rows
            ],
            "correlations": [asdict(one) for one in words.correlations],
            "orders": {target: dict(numbers) for target, numbers in words.orders.items()},
            "notes": list(words.notes),
        }
    }


WORD_BY_WORD = Topic(
    name="word_by_word",
    compute=compute,
    sections=sections,
    record=record,
    empty_record={"word_by_word": None},
    tables={"word_by_word": lines},
)
