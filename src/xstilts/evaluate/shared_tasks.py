"""Shared tasks: one file of gold against one of guesses, with the numbers of the official scorers of dependency parsing
(CoNLL 2018) and semantic role labelling (CoNLL 2005). Needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xstilts.core.errors import DataError
from xstilts.core.lookalikes import code_points
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.data.readers.props import Props
from xstilts.data.source import LINES, WHERE, Row
from xstilts.metrics.roles import SpanRoles, judge_sentence
from xstilts.metrics.tallies import percent
from xstilts.metrics.trees import COLUMNS, AlignedUpos, Attachment, first_difference, tallies
from xstilts.metrics.word_alignment import TextWords, lay, without_blanks

_SHOWN = 20  # characters of texts that differ


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Right ones, wrong ones among the guesses, and gold ones that were not found. Shares are in percent."""

    correct: int
    excess: int
    missed: int

    @property
    def precision(self) -> float:
        return _share(self.correct, self.correct + self.excess)

    @property
    def recall(self) -> float:
        return _share(self.correct, self.correct + self.missed)

    @property
    def f1(self) -> float:
        return _share(2 * self.correct, 2 * self.correct + self.excess + self.missed)


def _share(part: int, total: int) -> float:
    return float(percent(np.array(part), np.array(total), empty=0.0))


@dataclass(frozen=True, kw_only=True)
class DependencyScores:
    """F1 in percent of "UPOS", "UAS", "LAS" and "CLAS", and what it counts; `sentences` of gold and of guesses."""

    values: Mapping[str, float]
    counts: Mapping[str, Counted]
    sentences: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class SemanticRoleScores:
    """`values`: "precision", "recall" and "f1" over all arguments, in percent. `counts`: by label, "V" too, which is in
    no value. `perfect`: percent of propositions without a mistake; `unlike`: those whose guess has another verb."""

    values: Mapping[str, float]
    total: Counted
    counts: Mapping[str, Counted]
    sentences: int
    propositions: int
    perfect: float
    unlike: int


def score_dependency(gold: Path, system: Path) -> DependencyScores:
    """F1 of UPOS, UAS, LAS and CLAS, as `conll18_ud_eval.py` counts them. Words and sentences may be cut differently.

    Raises DataError (file:line) on either side for a malformed line, a form that is blank, a sentence whose heads are
    missing, outside the sentence, several roots or a circle; and where the two texts differ.
    """
    golds, systems = _trees(gold), _trees(system)
    _check_texts(gold, system, golds, systems)
    counts = tallies(golds, systems).sum(axis=0)
    values = {**_values(AlignedUpos(), counts), **_values(Attachment(), counts)}
    named = {name: int(count) for name, count in zip(COLUMNS, counts, strict=True)}
    counted = {}
    for name in values:
        of_gold, of_system = ("content_gold", "content_system") if name == "CLAS" else ("gold", "system")
        correct = named[name.lower()]
        counted[name] = Counted(correct=correct, excess=named[of_system] - correct, missed=named[of_gold] - correct)
    return DependencyScores(values=values, counts=counted, sentences=(len(golds), len(systems)))


def _values(metric: AlignedUpos | Attachment, counts: np.ndarray) -> dict[str, float]:
    return {name.upper(): float(value) for name, value in metric.values(metric.select_columns(counts)).items()}


def score_srl(gold: Path, system: Path) -> SemanticRoleScores:
    """Precision, recall and F1 over all arguments, as `srl-eval.pl` prints them in its row "Overall" (without "V").

    As there, arguments of a proposition with another verb than gold's, or where gold has none, do not count as guesses.
    Raises DataError (file:line) for a malformed line, brackets that do not close, and sentences of different number or
    length.
    """
    golds, systems = list(Props()([gold])), list(Props()([system]))
    _check_sentences(gold, system, golds, systems)
    counts: dict[str, list[int]] = {}
    sums, unlike = np.zeros(len(SpanRoles.counts)), 0
    for gold_row, system_row in zip(golds, systems, strict=True):
        gold_frames = _frames(gold_row, gold_row["verbs"])
        system_frames = _frames(system_row, gold_row["verbs"])
        gold_predicates = {frame["predicate"] for frame in gold_frames}
        unlike += sum(predicate["index"] in gold_predicates for predicate in system_row["predicates"])
        unlike -= sum(frame["predicate"] in gold_predicates for frame in system_frames)
        sums += SpanRoles().tally(gold_frames, system_frames, "")
        for judged in judge_sentence(gold_frames, system_frames):
            for column, labels in enumerate(judged):
                for label in labels:
                    counts.setdefault(label, [0, 0, 0])[column] += 1
    values = {name: float(value) for name, value in SpanRoles().values(sums).items()}
    correct, excess, missed, _, propositions = map(int, sums)
    return SemanticRoleScores(
        values={name: values[name] for name in ("precision", "recall", "f1")},
        total=Counted(correct=correct, excess=excess, missed=missed),
        counts={label: Counted(correct=a, excess=b, missed=c) for label, (a, b, c) in sorted(counts.items())},
        sentences=len(golds),
        propositions=propositions,
        perfect=values["perfect"],
        unlike=unlike,
    )


def _frames(row: Row, verbs: Sequence[str | None]) -> list[dict]:
    """Return the predicates of a row whose verb is the one expected at their word, as frames."""
    same = [predicate for predicate in row["predicates"] if predicate["sense"] == verbs[predicate["index"]]]
    return [{"predicate": predicate["index"], "spans": predicate["spans"]} for predicate in same]


def _check_sentences(gold: Path, system: Path, golds: Sequence[Row], systems: Sequence[Row]) -> None:
    for path, rows in ((gold, golds), (system, systems)):
        if not rows:
            raise DataError("no sentence: nothing can be scored", where=str(path))
    for gold_row, system_row in zip(golds, systems, strict=False):
        if len(gold_row["verbs"]) != len(system_row["verbs"]):
            words, gold_words = len(system_row["verbs"]), len(gold_row["verbs"])
            message = f"a sentence of {words} words, where {gold_row[WHERE]} has {gold_words}"
            raise DataError(message, where=system_row[WHERE])
    if len(golds) != len(systems):
        place = systems[min(len(golds), len(systems) - 1)][WHERE]
        raise DataError(f"{len(systems)} sentences, but {gold} has {len(golds)}", where=place)


def _trees(path: Path) -> list[Row]:
    rows = list(ConlluTrees()([path]))
    if not rows:
        raise DataError("no sentence: nothing can be scored", where=str(path))
    for row in rows:
        if row["heads"] is None:
            raise DataError("the sentence has no heads: nothing can be scored", where=row[WHERE])
        if row["fault"]:
            _, fault, where = row["fault"]
            raise DataError(f"no tree: {fault}", where=where)
        for form, line in zip(row["words"], row[LINES], strict=True):
            if not without_blanks(form):
                raise DataError("a word without a form", where=f"{path}:{line}")
    return [{**row, "relations": row["deprels"]} for row in rows]


def _check_texts(gold: Path, system: Path, golds: Sequence[Row], systems: Sequence[Row]) -> None:
    a, b = (lay([(row["words"], row["tokens"]) for row in rows]) for rows in (golds, systems))
    if a.text == b.text:
        return
    at = first_difference(a.text, b.text)
    here, there = b.text[at : at + _SHOWN], a.text[at : at + _SHOWN]
    here_named = there_named = ""
    if not (here + there).isascii() or not (here + there).isprintable():  # they may look alike
        here_named, there_named = (f" ({named})" for named in code_points(here, there))
    raise DataError(
        f"the texts differ: '{here}'{here_named} here, '{there}'{there_named} in {_place(gold, a, golds, at)}",
        where=_place(system, b, systems, at),
        hint="Words and sentences may be cut differently, but all forms without blanks must make the same text.",
    )


def _place(path: Path, laid: TextWords, rows: Sequence[Row], at: int) -> str:
    """Return the line of the word that holds the character `at`; the last one where the text ends before it."""
    lines = [line for row in rows for line in row[LINES]]
    word = int(np.searchsorted(laid.starts, at, side="right")) - 1
    return f"{path}:{lines[word]}" if lines else str(path)
