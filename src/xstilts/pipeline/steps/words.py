"""The words step: right words of all arms and seeds on a target, by what can be said of each word. Needs no torch.

It is no goal of a study: a report asks for it (`pipeline/word_counts`), of whatever predictions there are.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xstilts.core.files import write_json
from xstilts.data.examples import Example
from xstilts.data.read import ResolvedSource, apply_views, load_examples
from xstilts.data.source import Key, View
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.kinds.word_judges import WordJudge
from xstilts.metrics.word_facets import SeenInTraining
from xstilts.pipeline.steps.base import EvaluationSet, StepKind

VERSION = 1
BLOCKS = 128  # into which the groups of test items are put, by their names; what intervals resample
FILE, ORDERS = "words.parquet", "orders.json"


@dataclass(frozen=True, kw_only=True)
class TrainedOn:
    """The training rows of a target: what was seen in training."""

    source: ResolvedSource
    views: tuple[View, ...]


@dataclass(frozen=True, kw_only=True)
class WordsSettings:
    """parts: of each of the inputs "0", "1", ...: the folder of its predictions ("": the artefact itself).
    trained_on: None where it is not the same for all of them."""

    kind: Kind
    tests: tuple[EvaluationSet, ...]
    parts: tuple[str, ...]
    trained_on: TrainedOn | None


def run(settings: WordsSettings, context: Context) -> None:
    """Writes `words.parquet`: measure, language, facet, value, block, words, and right words of every input; and
    `orders.json`: the word order of the training sentences ("") and of each language."""
    from xstilts.evaluate.score import read_guesses

    judge = settings.kind.word_judge
    assert judge is not None
    trained = _training_examples(settings.trained_on)
    seen = judge.seen(trained) if trained else None
    orders, lines = {"": judge.orders(trained)}, list[dict[str, Any]]()
    folders = [context.inputs[str(number)] / part for number, part in enumerate(settings.parts)]
    for number, test in enumerate(settings.tests):
        context.progress(number, len(settings.tests), "languages", test.language)
        loaded = load_examples(test.source)
        examples = test.evaluated(loaded.examples, settings.kind)
        guesses = [read_guesses(folder, test.language, examples) for folder in folders]
        orders[test.language] = judge.orders(examples)
        lines += _lines(settings.kind, judge, seen, test.language, examples, guesses)
    _write(lines, context)
    write_json(context.out / ORDERS, orders)


def _training_examples(trained_on: TrainedOn | None) -> list[Example]:
    if trained_on is None:
        return []
    examples = load_examples(trained_on.source).examples
    return [examples[i] for i in apply_views(trained_on.views, [Key.of(example) for example in examples])]


def _lines(
    kind: Kind,
    judge: WordJudge,
    seen: SeenInTraining | None,
    language: str,
    examples: Sequence[Example],
    guesses: Sequence[Sequence[Any]],
) -> list[dict[str, Any]]:
    """Count one language. guesses: of each input, one an example."""
    words: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    right: dict[tuple[str, str, str, int], np.ndarray] = {}
    for number, example in enumerate(examples):
        facets, block = judge.facets(example, seen), block_of(example.group)
        gold = kind.gold(example)
        by_input = [judge.right(gold, of_input[number]) for of_input in guesses]
        right_of = {measure: np.array([one[measure] for one in by_input], dtype=np.int64) for measure in judge.measures}
        for facet, values in facets.items():
            for value, places in _places(values).items():
                words[facet, value, block] += len(places)
                for measure, right_IW in right_of.items():
                    key = (measure, facet, value, block)
                    count_I = right_IW[:, places].sum(axis=1)
                    right[key] = right[key] + count_I if key in right else count_I
    return [
        {
            "measure": measure,
            "language": language,
            "facet": facet,
            "value": value,
            "block": block,
            "words": words[facet, value, block],
            "right": count_I.tolist(),
        }
        for (measure, facet, value, block), count_I in right.items()
    ]


def _places(values: Sequence[str]) -> Mapping[str, list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        places[value].append(place)
    return places


def block_of(group: str) -> int:
    """Return the block of a group: the same in every language and for every arm, so that comparisons stay paired."""
    return zlib.crc32(group.encode()) % BLOCKS


def _write(lines: Sequence[Mapping[str, Any]], context: Context) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = {
        **{name: pa.string() for name in ("measure", "language", "facet", "value")},
        "block": pa.int32(),
        "words": pa.int64(),
        "right": pa.list_(pa.int64()),
    }
    table = pa.Table.from_pylist([dict(line) for line in lines], schema=pa.schema(list(fields.items())))
    pq.write_table(table, context.out / FILE, compression="zstd")


KIND = StepKind(name="words", version=VERSION, run=run)


def words_step(settings: WordsSettings, predictions: Sequence[Step], *, task: str) -> Step:
    """`predictions`: in the order of `settings.parts`."""
    inputs = {str(number): step for number, step in enumerate(predictions)}
    return KIND.step(settings, inputs, label=f"{task}, words", about={"task": task, "use": "test"})
