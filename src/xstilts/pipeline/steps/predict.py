"""The predict step: all languages of a task by one checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.files import read_json
from xstilts.data.examples import Example, SentenceExample
from xstilts.data.views import passing_share
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.pipeline.estimates import START_SECONDS, Speed, nominal_speed
from xstilts.pipeline.flops import forward_flops
from xstilts.pipeline.steps import train
from xstilts.pipeline.steps.base import (
    WEIGHTS,
    Cost,
    EncoderAt,
    Estimator,
    EvaluationSet,
    StepKind,
    base_path,
)
from xstilts.pipeline.steps.perturbed_rows import read_examples

if TYPE_CHECKING:
    from xstilts.evaluate.predict import PredictSet

VERSION = 2
CHECKPOINT = "checkpoint"  # the input that predicts, where it is not the pretrained encoder
HEAD = "head"  # the input whose head is used, where it is an earlier checkpoint's
POOL = "pool"  # the input with what all languages search
LANGUAGE = "language/"


def language_input(language: str) -> str:
    """The input that holds the adapter of a test language."""
    return f"{LANGUAGE}{language}"


@dataclass(frozen=True, kw_only=True)
class PredictSettings:
    kind: Kind
    tests: tuple[EvaluationSet, ...]
    precision: str
    encoder: EncoderAt | None  # None: the checkpoint is the input "checkpoint"
    pool: EvaluationSet | None = field(default=None, metadata=OMIT_DEFAULT)
    base: EncoderAt | None = field(default=None, metadata=OMIT_DEFAULT)  # as of TrainSettings
    # of retrieval, where the inputs `language_input(code)` hold language adapters: the languages of the two sides ("":
    # that of the test set)
    queries: str = field(default="", metadata=OMIT_DEFAULT)
    candidates: str = field(default="", metadata=OMIT_DEFAULT)
    task: str = field(default="", metadata=OMIT_DEFAULT)  # as of TrainPart
    # more kinds that read the same rows in the same pass; the guesses of each are in a folder of its number, from 0
    beside: tuple[Kind, ...] = field(default=(), metadata=OMIT_DEFAULT)
    prediction_version: int = field(default=1, metadata=OMIT_DEFAULT)  # of the kind


def run(settings: PredictSettings, context: Context) -> None:
    """Writes the predictions of all languages, each through its own language adapter, where there is one among the
    inputs, and with the head of an earlier checkpoint, where that is the input "head"."""
    from xstilts.evaluate.predict import CheckpointRef, PredictSet, predict
    from xstilts.train.job import Compute

    def read(test: EvaluationSet, name: str, pool: PredictSet | None = None) -> PredictSet:
        prepared = TokenizedRows(context.inputs[name])
        examples = read_examples(test.source, test.perturbation).examples
        return PredictSet(
            prepared=prepared,
            indices=tuple(test.example_indices(examples, settings.kind)),
            examples=examples,
            pool=pool,
            adapters=example_adapters(
                (settings.queries or test.language, settings.candidates or test.language), examples, context
            ),
        )

    pool = read(settings.pool, POOL) if settings.pool else None
    sets = {test.language: read(test, test.input, pool) for test in settings.tests}
    checkpoint = CheckpointRef(
        checkpoint=settings.encoder.path(context) if settings.encoder else context.inputs[CHECKPOINT],
        base=base_path(settings.base, context),
        head=context.inputs.get(HEAD),
        task=settings.task,
    )
    compute = Compute(device=context.device, threads=context.threads, precision=settings.precision)
    predict(checkpoint, settings.kind, sets, context.out, compute, context.progress, beside=settings.beside)


def example_adapters(sides: tuple[str, str], examples: Sequence[Example], context: Context) -> tuple[Path | None, ...]:
    """Return, for each example of a test set, the checkpoint with its language's adapter (None: the training
    language's). `sides`: the language of candidates is the second; the first is that of all other examples."""
    queries_adapter, candidates_adapter = (context.inputs.get(language_input(language)) for language in sides)
    return tuple(
        candidates_adapter if isinstance(example, SentenceExample) and example.side == "candidate" else queries_adapter
        for example in examples
    )


def estimate(step: Step, estimator: Estimator) -> Cost:
    tokens, counted = predicted_tokens(step, estimator)
    settings: PredictSettings = step.settings
    names = [*(test.input for test in settings.tests), *([POOL] if settings.pool else [])]
    sizes = [estimator.size(step.inputs[name]) for name in names]
    row = sum(size.tokens for size in sizes) / max(1.0, sum(size.rows for size in sizes))
    flops = forward_flops(estimator.encoder_config, tokens, row)
    return Cost(tokens=tokens, seconds=forward_speed(estimator, KIND).seconds(tokens), flops=flops, counted=counted)


def forward_speed(estimator: Estimator, kind: StepKind) -> Speed:
    """Return how fast steps of a kind that runs the encoder forward are: as earlier ones, else three times as fast as
    trainings, else nominal."""
    training = train.speed(estimator)
    nominal = 3 * training.tokens if training.steps else _nominal(estimator)
    return estimator.speed(kind, Speed(start=START_SECONDS, tokens=nominal))


def _nominal(estimator: Estimator) -> float:
    return nominal_speed(estimator.encoder_config, estimator.device, training=False)


def predicted_tokens(step: Step, estimator: Estimator) -> tuple[float, bool]:
    """Return how many tokens a predict step reads, and whether they were counted."""
    settings: PredictSettings = step.settings
    views = [(test.input, test.views) for test in settings.tests]
    views += [(POOL, settings.pool.views)] if settings.pool else []
    tokens, counted = 0.0, True
    for name, of_set in views:
        size = estimator.size(step.inputs[name])
        tokens += size.tokens * passing_share(of_set, size.rows)
        counted &= size.counted
    return tokens, counted


def tokens_done(artefact: Path, inputs: Mapping[str, Path]) -> float:
    path = artefact / "meta.json"
    return float(sum(language["tokens"] for language in read_json(path).values())) if path.is_file() else 0.0


def flops_done(step: Step, artefact: Path, estimator: Estimator) -> float | None:
    path = artefact / "meta.json"
    languages = read_json(path).values() if path.is_file() else ()
    tokens, rows = (sum(language.get(name) or 0 for language in languages) for name in ("tokens", "rows"))
    return forward_flops(estimator.encoder_config, tokens, tokens / max(1, rows))


def labelled_inputs(step: Step) -> Mapping[str, bool]:
    """A test set must have gold throughout, a dev set somewhere. Of a perturbed one the clean one tells."""
    return {test.input: test.use == "test" for test in step.settings.tests if test.perturbation is None}


KIND = StepKind(
    name="predict",
    version=VERSION,
    run=run,
    estimate=estimate,
    takes_device=True,
    speed_depends_on_encoder=True,
    tokens_done=tokens_done,
    flops_done=flops_done,
    labelled_inputs=labelled_inputs,
)


def predict_step(settings: PredictSettings, inputs: Mapping[str, Step], *, task: str, use: str, label: str) -> Step:
    """`use`: which sets of the task are predicted, "test" or "dev"."""
    needs = () if settings.encoder else (WEIGHTS,)
    return KIND.step(settings, inputs, label=label, about={"task": task, "use": use}, needs=needs)
