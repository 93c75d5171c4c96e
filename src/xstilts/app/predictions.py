"""Stored predictions of a study, one by one: the input, the gold and the guess beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.core.languages import canonical_code
from xstilts.core.short_keys import short_key
from xstilts.data.example_inputs import example_inputs, in_words
from xstilts.data.examples import Example
from xstilts.data.read import load_examples
from xstilts.engine.step import Step
from xstilts.evaluate.error_analysis import judged
from xstilts.evaluate.score import read_guesses
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.base import EvaluationSet
from xstilts.pipeline.steps.score import PREDICTIONS, ScoreSettings


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What an arm made of one example. gold, guess: plain JSON, as it is stored; is_right: the main metric, of this
    example alone, is 100 %."""

    example: Example
    gold: Any
    guess: Any
    is_right: bool

    @property
    def inputs(self) -> dict[str, Any]:
        return example_inputs(self.example)

    @property
    def gold_text(self) -> str:
        return in_words(self.example, self.gold)

    @property
    def guess_text(self) -> str:
        return in_words(self.example, self.guess)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: a line of what `xstilts predictions --json` prints."""
        return {
            "id": self.example.id,
            "group": self.example.group,
            "where": self.example.where,
            **self.inputs,
            "gold": self.gold,
            "prediction": self.guess,
            "right": self.is_right,
        }


@dataclass(frozen=True, kw_only=True)
class PredictionSet:
    """The predictions of one arm, target, seed and language; `metric`: what is right by."""

    arm: str
    target: str
    seed: int
    language: str
    metric: str
    predictions: tuple[Prediction, ...]

    @property
    def errors(self) -> tuple[Prediction, ...]:
        return tuple(one for one in self.predictions if not one.is_right)


def stored_predictions(session: Session, arm: str, target: str, language: str, seed: int | None) -> PredictionSet:
    """Return what is stored. `seed` None: the study's first.

    Raises StudyError for an arm, a target, a seed or a language that the study has not, and where they were not made
    yet; StoreError for predictions that do not fit the test set; DataError for a test set that cannot be read.
    """
    study = session.study
    seed = study.seeds[0] if seed is None else seed
    for flag, value, allowed in (("--arm", arm, study.arms), ("--task", target, study.targets)):
        if value not in allowed:
            raise StudyError(f"The study has no {flag[2:]} '{value}'.", where=flag, value=value, allowed=allowed)
    if seed not in study.seeds:
        raise StudyError(f"The study has no seed {seed}.", where="--seed", allowed=map(str, study.seeds))
    score = session.steps.scores.get((arm, target, seed))
    if score is None:
        reason = session.located.missing_targets.get(target) or session.located.missing_arms.get(arm, "")
        raise StudyError(f"'{arm}' is not scored on '{target}' here: {reason or 'its data are missing'}.")
    predicted, settings = score.inputs[PREDICTIONS], score.settings
    test = _test(settings, language)
    if not session.store.is_sound(predicted):
        raise StudyError(
            f"There are no predictions of '{arm}' on '{target}' with seed {seed} yet ({short_key(predicted.key)}).",
            hint=f"Run it first: xstilts run {study.name}.",
        )
    return PredictionSet(
        arm=arm,
        target=target,
        seed=seed,
        language=test.language,
        metric=settings.metrics[0].name,
        predictions=tuple(_read(session, predicted, settings, test)),
    )


def _test(settings: ScoreSettings, language: str) -> EvaluationSet:
    tests = {test.language: test for test in settings.tests}
    code = canonical_code(language, "--language")
    if code not in tests:
        reason = f" ({settings.missing[code]})" if code in settings.missing else ""
        raise StudyError(
            f"It is not scored in '{language}'{reason}.", where="--language", value=language, allowed=tests
        )
    return tests[code]


def _read(session: Session, predicted: Step, settings: ScoreSettings, test: EvaluationSet) -> Iterator[Prediction]:
    loaded = load_examples(test.source)
    examples = test.evaluated(loaded.examples, settings.kind)
    folder = session.store.path(predicted) / settings.part
    guesses = read_guesses(folder, test.language, examples)
    found = judged(settings.kind, settings.metrics[0], examples, [guesses], test.language)
    for example, gold, guess, is_right in zip(
        found.examples, found.golds, found.guesses[0], found.right[0], strict=True
    ):
        yield Prediction(example=example, gold=gold, guess=guess, is_right=bool(is_right))
