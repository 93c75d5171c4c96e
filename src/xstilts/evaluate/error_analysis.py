"""Error analysis: where several arms are right on a test set, by length, label and tag; what they take for what; where
they agree; and examples on which two of them differ. Needs neither torch nor a GPU.

An example is right where the guess is the gold, or its main metric, of it alone, is 100 %.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xstilts.data.example_inputs import example_inputs, in_words
from xstilts.data.examples import Example, WordsExample
from xstilts.kinds.base import Kind
from xstilts.metrics.tallies import Metric, headline

EXAMPLES = 20  # that are shown of a target
CONFUSIONS = 15
LENGTHS = ("shortest quarter", "second quarter", "third quarter", "longest quarter")
_LONGEST = 300  # characters of a text that is shown


@dataclass(frozen=True, kw_only=True)
class JudgedSet:
    """One language's scored examples, with the guesses of A arms.

    Attributes:
        golds: [N], plain JSON.
        guesses: [A][N].
        right: [A, N], whether a guess is right altogether.
    """

    language: str
    examples: Sequence[Example]
    golds: Sequence[Any]
    guesses: Sequence[Sequence[Any]]
    right: np.ndarray


def judged(
    kind: Kind, metric: Metric, examples: Sequence[Example], guesses: Sequence[Sequence[Any]], language: str
) -> JudgedSet:
    """Return the examples that a score counts. `guesses`: of each arm, one for each example."""
    scored = [number for number, example in enumerate(examples) if example.scored]
    right = [right_examples(kind, metric, examples, of_arm, language)[scored] for of_arm in guesses]
    return JudgedSet(
        language=language,
        examples=[examples[i] for i in scored],
        golds=[kind.gold(examples[i]) for i in scored],
        guesses=[[of_arm[i] for i in scored] for of_arm in guesses],
        right=np.array(right, dtype=bool).reshape(len(guesses), len(scored)),
    )


def right_examples(
    kind: Kind, metric: Metric, examples: Sequence[Example], guesses: Sequence[Any], language: str
) -> np.ndarray:
    """Return whether each guess is right, [N]. A metric may say 0 % of the gold itself (a sentence without chunks)."""
    values_N = np.asarray(headline(metric, kind.count(metric, examples, guesses, language)), dtype=np.float64)
    same_N = np.array(
        [kind.gold(example) == guess for example, guess in zip(examples, guesses, strict=True)], dtype=bool
    )
    return same_N | (np.nan_to_num(values_N) >= 100.0 - 1e-9)


def analysis(kind: Kind, sets: Sequence[JudgedSet], baseline: int) -> dict[str, Any]:
    """Return all that a report says of the errors of A arms on a target, as plain values.

    groups: lines of facet, value, language, n and how many each arm has right. confusions: gold, guess, and how often
    each arm makes the mistake, over all languages. agreement: lines of an arm beside the baseline. examples: those that
    one of the two has right and the other wrong.
    """
    labels = frozenset(getattr(kind, "labels", ()))
    tags = labels if issubclass(kind.example, WordsExample) else frozenset[str]()  # several labels of a text are none
    return {
        "groups": [line for one in sets for line in (*_lengths(one), *_by_label(one, labels), *_by_tag(one, tags))],
        "confusions": _confusions(sets, labels, tags),
        "agreement": [line for one in sets for line in _agreement(one, baseline)],
        "examples": _differing(sets, baseline),
    }


def _lengths(one: JudgedSet) -> Iterator[dict[str, Any]]:
    """Yield right examples by their length in characters, a quarter of the examples each."""
    lengths_N = np.array([sum(map(len, example.texts)) for example in one.examples])
    if len(lengths_N) < len(LENGTHS) or lengths_N.min() == lengths_N.max():
        return
    quarter_N = np.searchsorted(np.quantile(lengths_N, [0.25, 0.5, 0.75]), lengths_N, side="left")
    for number, name in enumerate(LENGTHS):
        yield from _group(one, "length", name, quarter_N == number)


def _by_label(one: JudgedSet, labels: frozenset[str]) -> Iterator[dict[str, Any]]:
    if not all(isinstance(gold, str) and gold in labels for gold in one.golds):
        return
    for label in sorted(set(one.golds)):
        yield from _group(one, "label", label, np.array([gold == label for gold in one.golds]))


def _group(one: JudgedSet, facet: str, value: str, chosen_N: np.ndarray) -> Iterator[dict[str, Any]]:
    if chosen_N.any():
        right = one.right[:, chosen_N].sum(axis=1).tolist()
        yield {"facet": facet, "value": value, "language": one.language, "n": int(chosen_N.sum()), "right": right}


def _by_tag(one: JudgedSet, labels: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield right words by the type of their gold tag: B-PER and I-PER are PER."""
    if not _are_tagged(one.golds, labels):
        return
    words: Counter[str] = Counter()
    right = [Counter[str]() for _ in one.guesses]
    for number, gold in enumerate(one.golds):
        words.update(map(tag_type, gold))
        for counts, of_arm in zip(right, one.guesses, strict=True):
            counts.update(tag_type(a) for a, b in zip(gold, of_arm[number], strict=False) if a == b)
    for name in sorted(words):
        counted = [counts[name] for counts in right]
        yield {"facet": "tag", "value": name, "language": one.language, "n": words[name], "right": counted}


def _are_tagged(golds: Sequence[Any], labels: frozenset[str]) -> bool:
    return all(isinstance(gold, list) and labels.issuperset(map(str, gold)) for gold in golds) and any(golds)


def tag_type(tag: str) -> str:
    """Return what a tag says beside where a chunk begins.

    >>> tag_type("B-PER"), tag_type("O"), tag_type("NOUN")
    ('PER', 'O', 'NOUN')
    """
    letter, dash, name = tag.partition("-")
    return name if dash and len(letter) == 1 else tag


def _confusions(sets: Sequence[JudgedSet], labels: frozenset[str], tags: frozenset[str]) -> list[dict[str, Any]]:
    arms = len(sets[0].guesses) if sets else 0
    counts = [Counter[tuple[str, str]]() for _ in range(arms)]
    for one in sets:
        for number, gold in enumerate(one.golds):
            for of_arm, counted in zip(one.guesses, counts, strict=True):
                counted.update(_mistakes(gold, of_arm[number], labels, tags))
    every = sum(counts, Counter[tuple[str, str]]())
    return [
        {"gold": gold, "guess": guess, "counts": [counted[gold, guess] for counted in counts]}
        for (gold, guess), _ in sorted(every.items(), key=lambda item: (-item[1], item[0]))[:CONFUSIONS]
    ]


def _mistakes(gold: Any, guess: Any, labels: frozenset[str], tags: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(gold, str) and gold in labels and isinstance(guess, str):
        if gold != guess:
            yield gold, guess
    elif _are_tagged([gold], tags) and isinstance(guess, list):
        pairs = ((tag_type(a), tag_type(str(b))) for a, b in zip(gold, guess, strict=False))
        yield from (pair for pair in pairs if pair[0] != pair[1])


def _agreement(one: JudgedSet, baseline: int) -> Iterator[dict[str, Any]]:
    base_N = one.right[baseline]
    for arm, right_N in enumerate(one.right):
        if arm == baseline:
            continue
        pairs = zip(one.guesses[baseline], one.guesses[arm], strict=True)
        same_N = np.array([a == b for a, b in pairs], dtype=bool)
        yield {
            "language": one.language,
            "arm": arm,
            "n": len(one.examples),
            "both_right": int((base_N & right_N).sum()),
            "only_baseline": int((base_N & ~right_N).sum()),
            "only_arm": int((~base_N & right_N).sum()),
            "same_mistake": int((~base_N & ~right_N & same_N).sum()),
            "other_mistakes": int((~base_N & ~right_N & ~same_N).sum()),
        }


def _differing(sets: Sequence[JudgedSet], baseline: int) -> list[dict[str, Any]]:
    """Return examples that the baseline or another arm alone has right, in turn of language, arm and side; which of
    them, a hash of their names says, so that nobody has chosen them."""
    queues: list[list[tuple[JudgedSet, int]]] = []
    for one in sets:
        for arm in range(len(one.guesses)):
            for side in (True, False):
                found = [
                    number
                    for number in range(len(one.examples))
                    if one.right[arm, number] == side and one.right[baseline, number] != side
                ]
                found.sort(key=lambda number: zlib.crc32(f"{one.language} {one.examples[number].id}".encode()))
                queues.append([(one, number) for number in found])
    chosen: dict[tuple[str, str], dict[str, Any]] = {}
    for depth in range(EXAMPLES):
        for queue in queues:
            if depth < len(queue) and len(chosen) < EXAMPLES:
                one, number = queue[depth]
                chosen.setdefault((one.language, one.examples[number].id), _shown(one, number))
    return list(chosen.values())


def _shown(one: JudgedSet, number: int) -> dict[str, Any]:
    example = one.examples[number]
    return {
        "language": one.language,
        "id": example.id,
        "inputs": {name: _text(value) for name, value in example_inputs(example).items()},
        "gold": in_words(example, one.golds[number], _LONGEST),
        "guesses": [in_words(example, of_arm[number], _LONGEST) for of_arm in one.guesses],
        "right": [bool(right) for right in one.right[:, number]],
    }


def _text(value: Any) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
