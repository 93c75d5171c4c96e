"""The steps of the run graph, as plain functions: prepare, train, join, predict, score.

With `lower.py`, the composition root: the only place that knows both studies and training. Settings are values; what
is only execution (where a file lies) is marked so in them and never part of an identity. torch is imported inside the
steps that need it, so that planning never loads it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.files import write_json
from xstilts.core.settings.merging import Composition
from xstilts.core.settings.training import Recipe
from xstilts.core.settings.tuning import Adapter
from xstilts.data.examples import Example, SentenceExample
from xstilts.data.read import LoadedExamples, ResolvedSource, load, select
from xstilts.data.source import Key, View
from xstilts.data.views import without
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.metrics.tallies import Metric
from xstilts.study.phase import Sampling
from xstilts.translate.artefact import read_rows

SNAPSHOT_SECONDS = "XSTILTS_SNAPSHOT_SECONDS"  # between two snapshots of a training; a kill loses at most as much


@dataclass(frozen=True, kw_only=True)
class EncoderAt:
    """The pretrained encoder a step starts from: a folder, or (None) the input named "encoder"."""

    identity: str
    folder: Path | None = field(default=None, metadata=NOT_IDENTITY)

    def path(self, context: Context) -> Path:
        return self.folder or context.inputs["encoder"]


@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    source: ResolvedSource  # without views: a file is tokenised once, whatever part of it is used
    kind: Kind
    max_length: int
    encoder: EncoderAt  # whose tokenizer is used
    # the language the rows are translated into: they are those of the input "translation"
    translated: str = field(default="", metadata=OMIT_DEFAULT)


def prepare(settings: PrepareSettings, context: Context) -> None:
    """Reads, checks and tokenises one source, or its translation. Writes rows, keys and what was dropped."""
    from xstilts.kinds.tokenized import write
    from xstilts.kinds.tokenizers import load_tokenizer

    context.progress(0, 1, "examples", "reading")
    loaded = read_rows(context.inputs["translation"]) if settings.translated else load(settings.source)
    for example in loaded.examples:
        settings.kind.check(example)
    tokenizer = load_tokenizer(settings.encoder.path(context))
    write(loaded.examples, settings.kind, tokenizer, settings.max_length, context.out, context.progress)
    write_json(context.out / "read.json", {**_gold(loaded.examples, settings.kind), "dropped": dict(loaded.dropped)})


def _gold(examples: Sequence[Example], kind: Kind) -> dict[str, Any]:
    """How many examples there are, how many of those that are scored have no gold, and where the first one stands."""
    blank = [example.where for example in examples if example.scored and kind.gold(example) is None]
    return {"examples": len(examples), "blank": len(blank), "first_blank": blank[0] if blank else None}


@dataclass(frozen=True, kw_only=True)
class TrainPart:
    """One task of a phase. Its prepared files are the inputs "train/i" and "dev/i"."""

    kind: Kind
    select: Metric
    train_views: tuple[View, ...]
    dev_views: tuple[View, ...]
    dev: ResolvedSource  # gold for selection
    language: str
    version: int
    name: str = field(default="", metadata=NOT_IDENTITY)
    added: float | None = field(default=None, metadata=OMIT_DEFAULT)
    apart: bool = field(default=False, metadata=OMIT_DEFAULT)  # see `Fit`
    task: str = field(default="", metadata=OMIT_DEFAULT)  # which of its adapters' tasks it is, if any


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    parts: tuple[TrainPart, ...]
    recipe: Recipe
    seed: int
    sampling: Sampling
    tune: str | Adapter  # "full", "frozen", or the adapter that is trained
    keep_head: bool
    select: tuple[int, ...]
    encoder: EncoderAt | None  # None: starts from the input "start", an earlier phase
    # the pretrained encoder below the adapters of "start"; where an earlier phase is, it is the input "base"
    base: EncoderAt | None = field(default=None, metadata=OMIT_DEFAULT)


def train(settings: TrainSettings, context: Context) -> None:
    """One phase, from a folder to a checkpoint."""
    from xstilts.train.job import Job, JobPart
    from xstilts.train.loop import fit

    parts = []
    for i, part in enumerate(settings.parts):
        training, dev = TokenizedRows(context.inputs[f"train/{i}"]), TokenizedRows(context.inputs[f"dev/{i}"])
        chosen, judged = select(part.train_views, training.keys), select(part.dev_views, dev.keys)
        parts.append(
            JobPart(
                name=part.name,
                kind=part.kind,
                train=training,
                train_indices=tuple(without(chosen, training.keys, judged, dev.keys) if part.apart else chosen),
                dev=dev,
                dev_indices=tuple(judged),
                dev_examples=load(part.dev).examples,
                select=part.select,
                language=part.language,
                added=part.added,
                task=part.task,
            )
        )
    job = Job(
        start=settings.encoder.path(context) if settings.encoder else context.inputs["start"],
        parts=tuple(parts),
        recipe=settings.recipe,
        seed=settings.seed,
        temperature=settings.sampling.temperature,
        cap=settings.sampling.cap,
        uniform=settings.sampling.uniform,
        tune=settings.tune,
        base=_base(settings.base, context),
        keep_head=settings.keep_head,
        select=settings.select,
        device=context.device,
        threads=context.threads,
    )
    fit(job, context.out, context.scratch, context.progress, float(os.environ.get(SNAPSHOT_SECONDS, 120)))


def _base(at: EncoderAt | None, context: Context) -> Path | None:
    """The encoder below the adapters that a step starts from, None where it starts from none."""
    return at.folder if at and at.folder else context.inputs.get("base")


@dataclass(frozen=True, kw_only=True)
class JoinSettings:
    """The trainings are the inputs "part/i", in their order. `seed`: of the weights of a fusion."""

    how: Composition
    parts: int
    seed: int
    encoder: EncoderAt  # from which all of them were trained
    adapters: bool = field(default=False, metadata=NOT_IDENTITY)  # what is written: adapters, or whole encoders


def join(settings: JoinSettings, context: Context) -> None:
    """One checkpoint of several, without training."""
    from xstilts.train.merge_checkpoints import join as run_join

    parts = [context.inputs[f"part/{i}"] for i in range(settings.parts)]
    run_join(settings.encoder.path(context), parts, settings.how, settings.seed, context.out)


def join_step(
    settings: JoinSettings, parts: Sequence[Step], encoder: Mapping[str, Step], version: int, label: str
) -> Step:
    """`encoder`: the step that makes the pretrained encoder as the input "encoder"; {} where it is a folder."""
    return Step(
        name="join",
        version=version,
        settings=settings,
        call=join,
        inputs={f"part/{i}": part for i, part in enumerate(parts)} | dict(encoder),
        label=label,
        needs=("weights",),
        compute=True,
    )


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """One language of a task, prepared as the input "test/<language>"; or the pool that all search, as "pool"; or a dev
    set, as "dev/<language>", whose examples without gold are left out."""

    language: str
    source: ResolvedSource
    views: tuple[View, ...]
    use: str = field(default="test", metadata=OMIT_DEFAULT)

    @property
    def input(self) -> str:
        return f"{self.use}/{self.language}"

    def chosen(self, examples: Sequence[Example], kind: Kind) -> list[int]:
        """Numbers of the examples that count, of all in the file."""
        found = select(self.views, [Key(example.id, example.group) for example in examples])
        return found if self.use == "test" else [i for i in found if kind.gold(examples[i]) is not None]


@dataclass(frozen=True, kw_only=True)
class PredictSettings:
    kind: Kind
    tests: tuple[TestSet, ...]
    precision: str
    encoder: EncoderAt | None  # None: the checkpoint is the input "checkpoint"
    pool: TestSet | None = field(default=None, metadata=OMIT_DEFAULT)
    base: EncoderAt | None = field(default=None, metadata=OMIT_DEFAULT)  # as of TrainSettings
    # of retrieval, where the inputs "language/<code>" hold language adapters: the language of the candidates
    candidates: str = field(default="", metadata=OMIT_DEFAULT)
    task: str = field(default="", metadata=OMIT_DEFAULT)  # as of TrainPart


def predict(settings: PredictSettings, context: Context) -> None:
    """All languages of a task by one checkpoint, in one process; each through its own language adapter, where there is
    one among the inputs, and with the head of an earlier checkpoint, where that is the input "head"."""
    from xstilts.evaluate.predict import CheckpointRef, PredictSet
    from xstilts.evaluate.predict import predict as run_predict
    from xstilts.train.job import Compute

    def read(test: TestSet, name: str, pool: PredictSet | None = None) -> PredictSet:
        prepared, examples = TokenizedRows(context.inputs[name]), load(test.source).examples
        return PredictSet(
            prepared=prepared,
            indices=tuple(test.chosen(examples, settings.kind)),
            examples=examples,
            pool=pool,
            adapters=language_adapters(test.language, settings.candidates, examples, context),
        )

    pool = read(settings.pool, "pool") if settings.pool else None
    sets = {test.language: read(test, test.input, pool) for test in settings.tests}
    checkpoint = settings.encoder.path(context) if settings.encoder else context.inputs["checkpoint"]
    compute = Compute(device=context.device, threads=context.threads, precision=settings.precision)
    base, head = _base(settings.base, context), context.inputs.get("head")
    based = CheckpointRef(checkpoint=checkpoint, base=base, head=head, task=settings.task)
    run_predict(based, settings.kind, sets, context.out, compute, context.progress)


def language_adapters(
    language: str, candidates: str, examples: Sequence[Example], context: Context
) -> tuple[Path | None, ...]:
    """Of each example of a test set the checkpoint with its language's adapter; None: the training language's."""
    own = context.inputs.get(f"language/{language}")
    other = context.inputs.get(f"language/{candidates}") if candidates else own
    return tuple(
        other if isinstance(example, SentenceExample) and example.side == "candidate" else own for example in examples
    )


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    kind: Kind
    metrics: tuple[Metric, ...]
    tests: tuple[TestSet, ...]
    missing: Mapping[str, str] = field(default_factory=dict, metadata=NOT_IDENTITY)  # language -> why it is not here


def score(settings: ScoreSettings, context: Context) -> None:
    """Numbers from predictions. Needs neither torch nor the checkpoint."""
    from xstilts.evaluate.score import LanguageSet
    from xstilts.evaluate.score import score as run_score

    sets = {}
    for i, test in enumerate(settings.tests):
        loaded = load(test.source)
        context.progress(i, len(settings.tests), "languages", test.language)
        examples = [loaded.examples[i] for i in test.chosen(loaded.examples, settings.kind)]
        sets[test.language] = LanguageSet(examples=examples, dropped=dict(loaded.dropped))
    run_score(settings.kind, settings.metrics, sets, context.inputs["predictions"], context.out, settings.missing)


def viewed(loaded: LoadedExamples, views: tuple[View, ...]) -> list:
    keys = [Key(example.id, example.group) for example in loaded.examples]
    return [loaded.examples[i] for i in select(views, keys)]
