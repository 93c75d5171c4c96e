"""Minimal pairs and predictions about regions, judged by pseudo-log-likelihood. Nothing is trained.

A guess says for each way of masking which of an example's predictions hold, and the sums that say so:

    {"holds": {way: [share, ...]}, "scores": {way: ...}}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, Self

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, JudgedExample, PairExample, RegionsExample
from xstilts.data.row_makers.catalog import MinimalPairRow
from xstilts.data.source import RowMaker
from xstilts.data.syntax.region_formulas import WHOLE, Region, read_formula
from xstilts.kinds.pseudo_likelihood import PseudoLikelihood, Sentence, Way
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group
from xstilts.metrics.predictions import PredictionAccuracy
from xstilts.metrics.tallies import Metric

PAIR = "good > bad"  # the one prediction of a pair
DRAWS = 2000  # of random surprisals, which say how often a prediction holds by chance


@dataclass(frozen=True)
class _Judgements(PseudoLikelihood):
    """What pairs and items have in common. gold: the predictions, texts."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (PredictionAccuracy(ways=self.ways),)

    def facets(self, example: JudgedExample) -> Mapping[str, str]:
        return {"phenomenon": example.phenomenon, "paradigm": example.paradigm}

    def chance_guesses(self, golds: Sequence[Sequence[str]]) -> list[Any]:
        """Return how often each prediction holds where all scores are random, independent and of one distribution."""
        return [{"holds": {way: [chance(text) for text in gold] for way in self.ways}} for gold in golds]


@dataclass(frozen=True)
class MinimalPairs(_Judgements):
    """A pair is right where the good sentence has the larger sum; a tie is wrong (as BLiMP counts). Of a pair one of
    whose sentences has no token nothing is known, and it is wrong."""

    name: ClassVar[str] = "minimal_pairs"
    example: ClassVar[type[Example]] = PairExample
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("good", "bad", "phenomenon", "paradigm", "id", "group"), defaults={"good": "good", "bad": "bad"}
    )

    def check(self, example: PairExample) -> None:
        """Raise DataError for a blank sentence, and for two that are the same."""
        for name, text in (("good", example.good), ("bad", example.bad)):
            if not text.strip():
                raise DataError(f"the {name} sentence is blank: it has no likelihood", where=example.where)
        if example.good == example.bad:
            raise DataError("both sentences are the same: neither can be likelier", where=example.where)

    def sentences(self, example: PairExample) -> Sequence[Sentence]:
        return Sentence.whole(example.good), Sentence.whole(example.bad)

    def gold(self, example: PairExample) -> list[str]:
        return [PAIR]

    def guess(self, example: PairExample, sums: Mapping[Way, np.ndarray], tokens: np.ndarray) -> Any:
        both = bool(tokens.all())
        scores = {way: {"good": float(good), "bad": float(bad)} for way, (good, bad) in sums.items()}
        holds = {way: [float(both and score["good"] > score["bad"])] for way, score in scores.items()}
        return {"holds": holds, "scores": scores}

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls()

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        phenomenon, paradigm = ((columns[name],) if name in columns else () for name in ("phenomenon", "paradigm"))
        return MinimalPairRow(
            good=columns["good"],
            bad=columns["bad"],
            phenomenon=phenomenon,
            paradigm=paradigm,
            **id_and_group(columns),
        )


@dataclass(frozen=True)
class RegionPredictions(_Judgements):
    """Items of SyntaxGym suites: each formula over the surprisals of regions, in bits, holds or not. The surprisal of a
    region is the sum over its tokens of minus the log-probability of each, masked as `ways` say; a causal language
    model, which the suites were written for, sees what is left of a token alone."""

    name: ClassVar[str] = "region_predictions"
    example: ClassVar[type[Example]] = RegionsExample

    def check(self, example: RegionsExample) -> None:
        """Raise DataError for a sentence without words, and for an item without predictions."""
        if not example.predictions:
            raise DataError("the item has no predictions, so it says nothing", where=example.where)
        for (name, _), text in zip(example.conditions, example.texts, strict=True):
            if not text.strip():
                raise DataError(f"the sentence of the condition '{name}' is blank", where=example.where)

    def sentences(self, example: RegionsExample) -> Sequence[Sentence]:
        return [_in_regions(regions) for _, regions in example.conditions]

    def gold(self, example: RegionsExample) -> list[str]:
        return list(example.predictions)

    def guess(self, example: RegionsExample, sums: Mapping[Way, np.ndarray], tokens: np.ndarray) -> Any:
        holds, scores = {}, {}
        for way, sums_P in sums.items():
            bits, at = dict[Region, float](), 0
            for name, regions in example.conditions:
                of_regions = (-sums_P[at : at + len(regions)] / math.log(2)).tolist()
                bits |= {(name, number): value for number, value in enumerate(of_regions, start=1)}
                bits[name, WHOLE] = sum(of_regions)
                at += len(regions)
            holds[way] = [float(read_formula(text).holds(bits)) for text in example.predictions]
            scores[way] = {f"{name};{number}": value for (name, number), value in bits.items() if number != WHOLE}
        return {"holds": holds, "scores": scores}


def _in_regions(regions: Sequence[str]) -> Sentence:
    """Return the sentence of regions joined by one blank; an empty region has no characters.

    >>> _in_regions(["the dog", "", "barks"])
    Sentence(text='the dog barks', ends=(7, 7, 13))
    """
    text = " ".join(filter(None, regions))
    ends = accumulate((len(region) + 1 if region else 0 for region in regions), initial=0)
    return Sentence(text, tuple(max(end - 1, 0) for end in list(ends)[1:]))


_CHANCE: dict[str, float] = {PAIR: 0.5}


def chance(prediction: str) -> float:
    """Return the share of `DRAWS` fixed random draws (of an exponential distribution) for which a prediction holds."""
    if prediction not in _CHANCE:
        formula = read_formula(prediction)
        # Every formula sees the same draws.
        random, regions = np.random.default_rng(0), sorted(formula.regions)
        draws = random.exponential(size=(DRAWS, len(regions)))
        held = [formula.holds(dict(zip(regions, draw, strict=True))) for draw in draws.tolist()]
        _CHANCE[prediction] = sum(held) / DRAWS
    return _CHANCE[prediction]
