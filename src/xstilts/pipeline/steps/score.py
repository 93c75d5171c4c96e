"""The score step: numbers from predictions, with neither torch nor the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.metrics.tallies import Metric
from xstilts.pipeline.estimates import Speed
from xstilts.pipeline.steps import predict
from xstilts.pipeline.steps.base import Cost, Estimator, EvaluationSet, FileUse, StepKind
from xstilts.pipeline.steps.perturbed_rows import read_examples

VERSION = 4
PREDICTIONS = "predictions"  # the input that is scored
SECONDS = 0.5
NOMINAL_TOKENS = 1e6  # a second, of the predictions that are scored


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    kind: Kind
    metrics: tuple[Metric, ...]
    tests: tuple[EvaluationSet, ...]
    missing: Mapping[str, str] = field(default_factory=dict, metadata=NOT_IDENTITY)  # language -> why it is not here
    part: str = field(default="", metadata=OMIT_DEFAULT)  # of predictions by several kinds: the folder of this one's


def run(settings: ScoreSettings, context: Context) -> None:
    """Writes `scores.json` and `counts.parquet`."""
    from xstilts.evaluate.score import LanguageSet, score

    sets = {}
    for number, test in enumerate(settings.tests):
        loaded = read_examples(test.source, test.perturbation)
        context.progress(number, len(settings.tests), "languages", test.language)
        examples = test.evaluated(loaded.examples, settings.kind)
        sets[test.language] = LanguageSet(examples=examples, dropped=dict(loaded.dropped))
    predictions = context.inputs[PREDICTIONS] / settings.part
    score(settings.kind, settings.metrics, sets, predictions, context.out, settings.missing)


def estimate(step: Step, estimator: Estimator) -> Cost:
    speed = estimator.speed(KIND, Speed(start=SECONDS, tokens=NOMINAL_TOKENS))
    if not speed.steps:
        return Cost(seconds=SECONDS)
    tokens, _ = predict.predicted_tokens(step.inputs[PREDICTIONS], estimator)
    return Cost(seconds=speed.seconds(tokens))


def tokens_done(artefact: Path, inputs: Mapping[str, Path]) -> float:
    return predict.tokens_done(inputs[PREDICTIONS], {})


def file_uses(step: Step) -> Iterator[FileUse]:
    """Perturbed rows, and those in translation, are no further use of their file."""
    for test in step.settings.tests:
        if test.perturbation is not None or test.translated:
            continue
        prepared = step.inputs[PREDICTIONS].inputs[test.input]
        yield FileUse(use=test.use, task=step.about["task"], source=test.source, prepared=prepared, views=test.views)


KIND = StepKind(name="score", version=VERSION, run=run, estimate=estimate, tokens_done=tokens_done, file_uses=file_uses)


def score_step(settings: ScoreSettings, predictions: Step, label: str = "") -> Step:
    """`label`: another one than that of the predictions."""
    return KIND.step(settings, {PREDICTIONS: predictions}, label=label or predictions.label, about=predictions.about)
