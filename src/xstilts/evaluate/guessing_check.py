"""Can a task be solved without its question? Two cheap baselines that must stay at chance.

One sees what is chosen among and never the question (a hypothesis-only baseline: Poliak et al. 2018; Gururangan et al.
2018), the other lengths and overlaps alone. Both are linear: a conditional logit over the options, or a logistic
regression over the labels, fitted on the training set with an L2 penalty that a fifth of its groups chooses, and scored
once on the test set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, Example, TextExample
from xstilts.data.views import hash_fraction
from xstilts.evaluate.guessing_features import (
    HASHED,
    Candidates,
    hashed_words,
    option_features,
    overlap_features,
)
from xstilts.kinds.base import Kind
from xstilts.metrics.bootstrap import group_counts
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.proportions import score_interval

PENALTIES = (3.0, 30.0, 300.0)
MOST_TRAINED = 12_000  # examples: more change these baselines little and take minutes
SHARE_THAT_CHOOSES = 0.2


@dataclass(frozen=True, kw_only=True)
class BaselineScore:
    """One baseline on the scored examples. `low` and `high`: 95 % interval over groups; `floor`: the best answer that
    ignores the input altogether. All in percent."""

    name: str
    sees: str
    accuracy: float
    low: float
    high: float
    floor: float

    @property
    def is_above_chance(self) -> bool:
        return self.low > self.floor


@dataclass(frozen=True, kw_only=True)
class GuessingCheck:
    """Both baselines of a task; it passes where neither is clearly above chance."""

    task: str
    trained: int
    scored: int
    baselines: tuple[BaselineScore, ...]

    @property
    def passes(self) -> bool:
        return not any(baseline.is_above_chance for baseline in self.baselines)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "passes": self.passes}


@dataclass(frozen=True)
class _Baseline:
    name: str
    sees: str
    dense: Callable[[Candidates], np.ndarray]
    bag: bool  # of words


_BASELINES = (
    _Baseline("without the question", "the words, numbers and lengths of what is chosen", option_features, True),
    _Baseline(
        "length and overlap", "lengths, and the share of words and numbers in the question", overlap_features, False
    ),
)


def can_be_checked(kind: Kind) -> bool:
    """Whether examples of a kind have something to choose that can be seen without its question."""
    return kind.class_scores == "row" and kind.example in (ChoiceExample, TextExample)


def check_guessing(task: str, kind: Kind, train: Sequence[Example], test: Sequence[Example]) -> GuessingCheck:
    """Fit both baselines on `train` and score them on `test`, labelled examples of a choice or of pairs of texts.

    Raises DataError for a kind of another shape, and where either set has no labelled example."""
    if not can_be_checked(kind):
        raise DataError(f"a task of the kind '{kind.name}' has nothing to guess: choices and pairs of texts have")
    train = [example for example in train if kind.gold(example) is not None][:MOST_TRAINED]
    test = [example for example in test if kind.gold(example) is not None]
    if not train or not test:
        raise DataError(f"the check of '{task}' needs labelled examples to train on and to score")
    golds = [kind.gold(example) for example in test]
    floor = 100.0 * max(
        np.mean([guess == gold for guess, gold in zip(answer, golds, strict=True)])
        for answer in kind.blind_answers(golds)
    )
    labels = sorted({str(kind.gold(example)) for example in (*train, *test)})
    scores = []
    for baseline in _BASELINES:
        right = _right(baseline, kind, train, test, labels)
        counts = np.stack([right, np.ones_like(right)], axis=1)
        table = group_counts([example.group for example in test], counts)
        low, high = score_interval(Accuracy(), table, np.random.default_rng(0))
        scores.append(
            BaselineScore(
                name=baseline.name,
                sees=baseline.sees,
                accuracy=100 * float(right.mean()),
                low=low,
                high=high,
                floor=floor,
            )
        )
    return GuessingCheck(task=task, trained=len(train), scored=len(test), baselines=tuple(scores))


def _right(
    baseline: _Baseline, kind: Kind, train: Sequence[Example], test: Sequence[Example], labels: Sequence[str]
) -> np.ndarray:
    """Return 1.0 or 0.0 for each test example. The penalty is that which is best on a part of `train`."""
    chooses = [hash_fraction(f"choose {example.group}", 0) < SHARE_THAT_CHOOSES for example in train]
    fitted, held = (
        [example for example, is_held in zip(train, chooses, strict=True) if is_held == wanted]
        for wanted in (False, True)
    )
    best, penalty = -1.0, PENALTIES[-1]
    for candidate in PENALTIES if fitted and held else ():
        score = float(_fit(baseline, kind, fitted, labels, candidate)(held).mean())
        if score > best:
            best, penalty = score, candidate
    return _fit(baseline, kind, train, labels, penalty)(test)


def _fit(
    baseline: _Baseline, kind: Kind, train: Sequence[Example], labels: Sequence[str], penalty: float
) -> Callable[[Sequence[Example]], np.ndarray]:
    """Return what says of labelled examples which it guesses right."""
    from xstilts.evaluate.linear_models import ConditionalLogit

    dense = [baseline.dense(_candidates(example)) for example in train]
    stacked = np.concatenate(dense)
    mean, spread = stacked.mean(axis=0), stacked.std(axis=0) + 1e-9
    is_choice = kind.example is ChoiceExample

    def tables(examples: Sequence[Example]) -> tuple[np.ndarray, list[list[int]], np.ndarray]:
        found = [_candidates(example) for example in examples]
        rows = (np.concatenate([baseline.dense(one) for one in found]) - mean) / spread
        bags = [hashed_words(text) if baseline.bag else [] for one in found for text in one.texts]
        return np.clip(rows, -8, 8), bags, np.array([len(one.texts) for one in found])

    model = ConditionalLogit(
        classes=1 if is_choice else len(labels), hashed=HASHED if baseline.bag else 0, penalty=penalty
    )
    golds = [int(str(kind.gold(e))) if is_choice else labels.index(str(kind.gold(e))) for e in train]
    model.fit(*tables(train), np.array(golds))

    def judge(examples: Sequence[Example]) -> np.ndarray:
        guesses = model.guess(*tables(examples))
        wanted = [int(str(kind.gold(e))) if is_choice else labels.index(str(kind.gold(e))) for e in examples]
        return (guesses == np.array(wanted)).astype(float)

    return judge


def _candidates(example: Example) -> Candidates:
    if isinstance(example, ChoiceExample):
        return Candidates(prompt=example.prompts[0], texts=example.options)
    assert isinstance(example, TextExample)
    return Candidates(prompt=example.text if example.pair is not None else "", texts=(example.pair or example.text,))
