"""Metrics of semantic roles: spans as CoNLL 2005 scores them, heads as CoNLL 2009 does.

A sentence is a list of frames, as a file of predictions has it: mappings with `predicate` (its word, from 0),
`sense` (None where unknown) and `spans` [start, end, label] (words `start` to `end` - 1) or `heads` [word, label].
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np

from xstilts.metrics.chunks import precision_recall
from xstilts.metrics.tallies import percent

Frame = Mapping[str, Any]

_CONTINUES = "C-"
NOT_SCORED = "V"  # the predicate itself


@dataclass(eq=False)
class Argument:
    """Words `start` to `end` - 1; `pieces` is empty for an argument of one piece."""

    label: str
    start: int
    end: int
    pieces: list[Argument] = field(default_factory=list)

    @property
    def places(self) -> list[tuple[int, int]]:
        return sorted((piece.start, piece.end) for piece in self.pieces)


def arguments(spans: Sequence[Sequence[Any]]) -> list[Argument]:
    """Return the arguments that `srl-eval.pl` makes of spans [start, end, label], from left to right.

    "C-A1" goes on with the last argument A1 before it, which then has several pieces; without one it is an argument A1.
    "R-A1" is a label of its own. A span inside another one is an argument, and a piece of the outer one; of two spans
    of the same words the later counts.

    >>> [(a.label, a.start, a.end, a.places) for a in arguments([(0, 2, "A1"), (5, 7, "C-A1"), (3, 4, "R-A1")])]
    [('A1', 0, 7, [(0, 2), (5, 7)]), ('R-A1', 3, 4, [])]
    """
    args: list[Argument] = []
    latest: dict[str, Argument] = {}
    for phrase in _phrases(spans):
        continues = phrase.label.startswith(_CONTINUES)
        label = phrase.label.removeprefix(_CONTINUES)
        continued = latest.get(label) if continues else None
        if continued is None:
            phrase.label = label
            args.append(phrase)
            latest[label] = phrase
        else:
            continued.pieces = [*(continued.pieces or [Argument(label, continued.start, continued.end)]), phrase]
            continued.end = phrase.end
    return args


def _phrases(spans: Sequence[Sequence[Any]]) -> list[Argument]:
    """Spans from left to right, the outer before the inner, each with those directly inside it as its pieces."""
    phrases: dict[tuple[int, int], Argument] = {}
    unclosed: list[Argument] = []
    for start, end, label in sorted(spans, key=lambda span: (span[0], -span[1])):
        phrase = phrases[start, end] = Argument(label, start, end)
        unclosed = [other for other in unclosed if other.end > start]
        if outer := next((other for other in reversed(unclosed) if other.end >= end), None):
            outer.pieces.append(phrase)
        unclosed.append(phrase)
    return list(phrases.values())


class ArgumentVerdict(NamedTuple):
    """Labels of the arguments of one predicate: right ones, guessed ones that are wrong, gold ones that are missing."""

    correct: list[str]
    excess: list[str]
    missed: list[str]

    def numbers(self) -> tuple[int, int, int]:
        """Return how many there are of each, without the predicate itself ("V")."""
        correct, excess, missed = (sum(label != NOT_SCORED for label in labels) for labels in self)
        return correct, excess, missed


def judge(gold: Sequence[Sequence[Any]], guess: Sequence[Sequence[Any]]) -> ArgumentVerdict:
    """Compare the spans of one predicate: an argument is right when its label, its ends and all its pieces are."""
    gold_arguments = {(argument.start, argument.end): argument for argument in arguments(gold)}
    verdict = ArgumentVerdict([], [], [])
    for argument in arguments(guess):
        same_words = gold_arguments.get((argument.start, argument.end))
        # A piece that gold has twice counts once, as there.
        if same_words and same_words.label == argument.label and sorted(set(same_words.places)) == argument.places:
            verdict.correct.append(argument.label)
            del gold_arguments[argument.start, argument.end]
        else:
            verdict.excess.append(argument.label)
    verdict.missed.extend(argument.label for argument in gold_arguments.values())
    return verdict


def judge_sentence(gold: Sequence[Frame], guess: Sequence[Frame]) -> list[ArgumentVerdict]:
    """Judge the arguments of each gold predicate. Guessed predicates that are none are passed over, as
    `srl-eval.pl` does."""
    guessed = {frame["predicate"]: frame for frame in guess}
    return [judge(frame["spans"], guessed.get(frame["predicate"], {"spans": ()})["spans"]) for frame in gold]


@dataclass(frozen=True)
class SpanRoles:
    """F1 over arguments as spans, as `srl-eval.pl` of CoNLL 2005 (Carreras and Màrquez 2005) prints it as "Overall";
    `perfect` is its share of propositions without a mistake. See `arguments` for what is one."""

    name: ClassVar[str] = "span_roles"
    counts: ClassVar[tuple[str, ...]] = ("correct", "excess", "missed", "perfect", "propositions")
    headline: ClassVar[tuple[str, ...]] = ("f1",)

    def tally(self, gold: Sequence[Frame], guess: Sequence[Frame], language: str) -> Sequence[float]:
        numbers = np.array([verdict.numbers() for verdict in judge_sentence(gold, guess)]).reshape(-1, 3)
        perfect = (numbers[:, 1:].sum(axis=1) == 0).sum()
        return [float(count) for count in (*numbers.sum(axis=0), perfect, len(numbers))]

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        correct, excess, missed, perfect, propositions = (counts[..., k] for k in range(5))
        shares = precision_recall(np.stack([correct, correct + excess, correct + missed], axis=-1))
        return {**shares, "perfect": percent(perfect, propositions, empty=0.0)}


@dataclass(frozen=True)
class HeadRoles:
    """Labelled F1 over semantic dependencies, as `eval09.pl` of CoNLL 2009 (Hajič et al. 2009) computes it: a predicate
    is an arc from the root labelled with its sense, an argument an arc from its predicate. `f1`, `precision` and
    `recall` are over both, `arguments_*` over arguments alone. An argument may be right where the sense is wrong.

    Of a sense what follows its only "." is compared, numbers as numbers ("come.03" is "3")."""

    name: ClassVar[str] = "head_roles"
    counts: ClassVar[tuple[str, ...]] = (
        "arguments_both",
        "arguments_predicted",
        "arguments_gold",
        "senses_both",
        "senses_predicted",
        "senses_gold",
    )
    headline: ClassVar[tuple[str, ...]] = ("f1",)

    def tally(self, gold: Sequence[Frame], guess: Sequence[Frame], language: str) -> Sequence[float]:
        sides = [{frame["predicate"]: _sense(frame.get("sense")) for frame in frames} for frames in (gold, guess)]
        arcs = [
            {(f["predicate"], word, label) for f in frames for word, label in f["heads"]} for frames in (gold, guess)
        ]
        senses = [set(side.items()) for side in sides]
        return [float(len(s)) for a, b in (arcs, senses) for s in (a & b, b, a)]

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        over_arguments = precision_recall(counts[..., :3])
        overall = precision_recall(counts[..., :3] + counts[..., 3:])
        return {**overall, **{f"arguments_{name}": value for name, value in over_arguments.items()}}


@dataclass(frozen=True)
class PredicateF1:
    """F1 over the words that are predicates, whatever their senses and arguments. `SpanRoles` looks at gold predicates
    alone, so it does not say how many others were found."""

    name: ClassVar[str] = "predicates"
    counts: ClassVar[tuple[str, ...]] = ("both", "predicted", "gold")
    headline: ClassVar[tuple[str, ...]] = ("predicate_f1",)

    def tally(self, gold: Sequence[Frame], guess: Sequence[Frame], language: str) -> Sequence[float]:
        true, guessed = ({frame["predicate"] for frame in frames} for frames in (gold, guess))
        return [float(len(words)) for words in (true & guessed, guessed, true)]

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {f"predicate_{name}": value for name, value in precision_recall(counts).items()}


def _sense(sense: str | None) -> str | None:
    """Return what is compared of a sense.

    >>> _sense("come.03"), _sense("03"), _sense("a.b.01"), _sense("have.LV")
    ('3', '3', 'a.b.01', 'LV')
    """
    if sense is None:
        return None
    cut = re.fullmatch(r"[^.]+\.([^.]+)", sense)
    bare = cut[1] if cut else sense
    return str(int(bare)) if re.fullmatch(r"[0-9]+", bare) else bare
