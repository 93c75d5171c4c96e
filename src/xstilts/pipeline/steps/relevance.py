"""The relevance step: how relevant each word is to its text, for the encoder as it is before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.core.files import write_json
from xstilts.data.read import ResolvedSource, load_examples
from xstilts.engine.step import Context, Step
from xstilts.perturb.examples import perturbed_texts
from xstilts.pipeline.estimates import source_size
from xstilts.pipeline.steps.base import Cost, EncoderAt, Estimator, StepKind, tokens_in
from xstilts.pipeline.steps.predict import forward_speed
from xstilts.tasks.augmentation import is_perturbed

VERSION = 1
TOKEN_BYTES = 9.0  # of the written file, measured: characters and share of a token
COUNTS = "counts.json"


@dataclass(frozen=True, kw_only=True)
class RelevanceSettings:
    """The rows that the views of `source` choose, and of these the `share` that is perturbed under `seed`."""

    source: ResolvedSource
    share: float
    seed: int
    max_length: int
    encoder: EncoderAt
    precision: str


def run(settings: RelevanceSettings, context: Context) -> None:
    """Writes the relevance of the words of each text, once where several rows have it, and counts."""
    from xstilts.evaluate.word_relevance import write_relevance
    from xstilts.train.job import Compute

    context.progress(0, 1, "texts", "reading")
    chosen = (
        one for one in load_examples(settings.source).examples if is_perturbed(one, settings.share, settings.seed)
    )
    texts = list(dict.fromkeys(text for example in chosen for text in perturbed_texts(example)))
    compute = Compute(device=context.device, threads=context.threads, precision=settings.precision)
    encoder = settings.encoder.path(context)
    counts = write_relevance(encoder, texts, settings.max_length, context.out, compute, context.progress)
    write_json(context.out / COUNTS, counts._asdict())


def estimate(step: Step, estimator: Estimator) -> Cost:
    """A pass over the texts, as fast as predictions are."""
    settings: RelevanceSettings = step.settings
    tokens = source_size(settings.source).tokens * settings.share
    seconds = forward_speed(estimator, KIND).seconds(tokens)
    return Cost(tokens=tokens, seconds=seconds, bytes=tokens * TOKEN_BYTES, counted=False)


KIND = StepKind(
    name="relevance",
    version=VERSION,
    run=run,
    estimate=estimate,
    takes_device=True,
    speed_depends_on_encoder=True,
    tokens_done=tokens_in(COUNTS),
)


def relevance_step(settings: RelevanceSettings, inputs: Mapping[str, Step], *, task: str, label: str) -> Step:
    about = {"task": task, "use": "train", "language": settings.source.language}
    return KIND.step(settings, inputs, label=label, about=about)
