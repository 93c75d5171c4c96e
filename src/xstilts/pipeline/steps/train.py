"""The train step: one phase, from a checkpoint or the pretrained encoder to the next checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.files import read_json
from xstilts.core.settings.training import Training
from xstilts.data.read import ResolvedSource, apply_views, load_examples
from xstilts.data.source import View
from xstilts.data.views import passing_share, without_translations_of
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.metrics.tallies import Metric
from xstilts.pipeline.estimates import CHECKPOINT_BYTES, START_SECONDS, Size, Speed, nominal_speed, weights_share
from xstilts.pipeline.flops import forward_flops, training_flops
from xstilts.pipeline.steps.base import (
    WEIGHTS,
    Cost,
    EncoderAt,
    Estimator,
    FileUse,
    StepKind,
    base_path,
)
from xstilts.pipeline.steps.prepare import PreparedFiles, unpaired

VERSION = 3
START = "start"  # the input that is the checkpoint of an earlier phase
EVALUATIONS = 10  # dev evaluations of a phase when the study does not say
FORWARD_WORK = 3.0  # a token of an update is as much work as so many of a forward pass


def train_rows(i: int) -> str:
    """The input that holds the prepared training rows of task `i` of the mixture."""
    return f"train/{i}"


def dev_rows(i: int) -> str:
    """The input that holds the prepared dev rows of task `i` of the mixture."""
    return f"dev/{i}"


def perturbed_rows(i: int, stage: int) -> str:
    """The input that holds the prepared training rows of task `i` with perturbed texts, at a stage of strength."""
    return f"perturbed/{i}/{stage}"


@dataclass(frozen=True, kw_only=True)
class TrainPart:
    """One task of a phase. Its prepared files are the inputs `train_rows(i)`, `dev_rows(i)` and `perturbed_rows(i)` of
    each of its `stages`."""

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
    training_version: int = field(default=1, metadata=OMIT_DEFAULT)  # of the kind
    # of perturbed rows that stand beside the rows as they are; 0: there are none beside
    stages: int = field(default=0, metadata=OMIT_DEFAULT)
    consistency: float = field(default=0.0, metadata=OMIT_DEFAULT)  # weight of the distance between the views of a row


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Training):
    parts: tuple[TrainPart, ...]
    encoder: EncoderAt | None  # None: starts from the input "start", an earlier phase
    # the pretrained encoder below the adapters of "start"; where an earlier phase is, it is the input "base"
    base: EncoderAt | None = field(default=None, metadata=OMIT_DEFAULT)


def run(settings: TrainSettings, context: Context) -> None:
    """Trains and writes a checkpoint, `log.jsonl` and `summary.json`."""
    from xstilts.train.job import Job, JobPart
    from xstilts.train.loop import fit_in_step

    parts = []
    for i, part in enumerate(settings.parts):
        train, dev = TokenizedRows(context.inputs[train_rows(i)]), TokenizedRows(context.inputs[dev_rows(i)])
        train_indices, dev_indices = apply_views(part.train_views, train.keys), apply_views(part.dev_views, dev.keys)
        if _is_paired_by_number(part):
            _check_numbers(part, context.inputs[train_rows(i)], context.inputs[dev_rows(i)])
        if part.apart:
            train_indices = without_translations_of(train_indices, train.keys, dev_indices, dev.keys)
        parts.append(
            JobPart(
                name=part.name,
                kind=part.kind,
                train=train,
                train_indices=tuple(train_indices),
                dev=dev,
                dev_indices=tuple(dev_indices),
                dev_examples=load_examples(part.dev).examples,
                selection_metric=part.select,
                language=part.language,
                extra_update_ratio=part.added,
                task=part.task,
                perturbed=[TokenizedRows(context.inputs[name]) for name in _perturbed_inputs(i, part)],
                consistency=part.consistency,
            )
        )
    job = Job(
        start=settings.encoder.path(context) if settings.encoder else context.inputs[START],
        parts=tuple(parts),
        **settings.training_fields(),
        base=base_path(settings.base, context),
        device=context.device,
    )
    fit_in_step(job, context)


def _perturbed_inputs(i: int, part: TrainPart) -> list[str]:
    return [perturbed_rows(i, stage) for stage in range(part.stages)]


def estimate(step: Step, estimator: Estimator) -> Cost:
    settings: TrainSettings = step.settings
    sizes = []
    for i, part in enumerate(settings.parts):
        train, dev = (estimator.size(step.inputs[name]) for name in (train_rows(i), dev_rows(i)))
        train = train.scaled(passing_share(part.train_views, train.rows))
        dev = dev.scaled(passing_share(part.dev_views, dev.rows))
        if part.consistency:
            train = _with_views(train, step.inputs[perturbed_rows(i, 0)], estimator)
        sizes.append((train, dev))
    length = phase_length(settings, sizes)
    dev_tokens = length.dev_tokens / FORWARD_WORK
    rows = max(1.0, length.updates * settings.recipe.batch)
    flops = _flops(settings, estimator, (length.tokens, length.tokens / rows), (length.dev_tokens, length.dev_row))
    return Cost(
        tokens=length.tokens,
        dev_tokens=dev_tokens,
        updates=length.updates,
        seconds=speed(estimator).seconds(length.tokens + dev_tokens),
        bytes=estimator.encoder_bytes * weights_share(settings.tune) + CHECKPOINT_BYTES,
        flops=flops,
        counted=all(size.counted for pair in sizes for size in pair),
    )


def _with_views(rows: Size, perturbed: Step, estimator: Estimator) -> Size:
    """Return the size of rows of which a share has a second view that is trained on as well."""
    share = perturbed.settings.augmentation.share
    return replace(rows, tokens=rows.tokens + share * estimator.size(perturbed).row * rows.rows)


def speed(estimator: Estimator) -> Speed:
    """Return how fast the study's encoder is trained."""
    nominal = nominal_speed(estimator.encoder_config, estimator.device, training=True)
    return estimator.speed(KIND, Speed(start=START_SECONDS, tokens=nominal))


class PhaseLength(NamedTuple):
    """How long a phase is: its updates, masked LM and whatever else comes on top included, the tokens of these, the
    tokens of the dev examples over all evaluations, and those of a mean dev row."""

    updates: int
    tokens: float
    dev_tokens: float
    dev_row: float


def phase_length(settings: TrainSettings, sizes: Sequence[tuple[Size, Size]]) -> PhaseLength:
    """Return the length of a phase as its schedule will have it. `sizes`: of each task (train, dev)."""
    from xstilts.train.schedule import total_updates
    from xstilts.train.task_sampling import rates

    recipe, sampling = settings.recipe, settings.sampling
    ratios = [part.added for part in settings.parts]
    tasks = [train for (train, _), ratio in zip(sizes, ratios, strict=True) if ratio is None]
    rows = [max(1, round(train.rows)) for train in tasks]
    updates = total_updates(recipe, rows, sampling.cap)
    shares = rates(rows, sampling.temperature, sampling.cap, sampling.uniform)
    mean_row = sum(train.row * share for train, share in zip(tasks, shares, strict=True))
    added = [(train.row, ratio) for (train, _), ratio in zip(sizes, ratios, strict=True) if ratio is not None]
    all_updates = round(updates * (1 + sum(ratio for _, ratio in added)))
    every = recipe.evaluate_every or -(-all_updates // EVALUATIONS)
    limit = recipe.dev_examples or float("inf")
    looked_at = [dev for (_, dev), ratio in zip(sizes, ratios, strict=True) if ratio is None]
    dev = sum(min(size.rows, limit) * size.row for size in looked_at)
    return PhaseLength(
        updates=all_updates,
        tokens=updates * recipe.batch * (mean_row + sum(row * ratio for row, ratio in added)),
        dev_tokens=-(-all_updates // every) * dev,
        dev_row=dev / max(1.0, sum(min(size.rows, limit) for size in looked_at)),
    )


def tokens_done(artefact: Path, inputs: Mapping[str, Path]) -> float:
    path = artefact / "summary.json"
    return float(read_json(path).get("tokens", 0)) if path.is_file() else 0.0


def flops_done(step: Step, artefact: Path, estimator: Estimator) -> float | None:
    """The operations of a training as it was: its updates, and its looks at dev sets."""
    path = artefact / "summary.json"
    summary = read_json(path) if path.is_file() else {}
    parts = list(enumerate(summary.get("parts") or ()))
    if not parts or "updates" not in parts[0][1]:  # of an earlier release
        return None
    train = [estimator.size(step.inputs[train_rows(i)]).row for i, _ in parts]
    dev = [estimator.size(step.inputs[dev_rows(i)]).row for i, _ in parts]
    updates = sum(part["updates"] for _, part in parts)
    length = sum(part["updates"] * train[i] for i, part in parts) / max(1, updates)
    looked_at = sum(part["dev_examples"] for _, part in parts)
    dev_tokens = sum(part["dev_examples"] * dev[i] for i, part in parts)
    return _flops(
        step.settings,
        estimator,
        (float(summary.get("tokens") or 0), length),
        (dev_tokens * len(summary.get("curve") or ()), dev_tokens / max(1, looked_at)),
        float(summary.get("trained_parameters") or 0),
    )


def _flops(
    settings: TrainSettings,
    estimator: Estimator,
    trained: tuple[float, float],
    looked_at: tuple[float, float],
    small: float = 0.0,
) -> float | None:
    """The operations of updates and of looks at dev sets: of each its tokens, and those of a mean row. `small`: the
    weights of small layers, where these are what is trained."""
    updates = training_flops(estimator.encoder_config, *trained, settings.tune, small)
    looks = forward_flops(estimator.encoder_config, *looked_at)
    return None if updates is None or looks is None else updates + looks


def file_uses(step: Step) -> Iterator[FileUse]:
    for i, part in enumerate(step.settings.parts):
        train, dev = step.inputs[train_rows(i)], step.inputs[dev_rows(i)]
        selects = FileUse(use="dev", task=part.name, source=part.dev, prepared=dev, views=part.dev_views)
        yield FileUse(
            use="train",
            task=part.name,
            source=train.settings.source,
            prepared=train,
            views=part.train_views,
            without=selects if part.apart else None,
        )
        for name in _perturbed_inputs(i, part):
            prepared = step.inputs[name]
            yield FileUse(use="train", task=part.name, source=prepared.settings.source, prepared=prepared, views=())
        yield selects


def labelled_inputs(step: Step) -> Mapping[str, bool]:
    """Training and dev sets must have gold somewhere."""
    parts = enumerate(step.settings.parts)
    return {name: False for i, part in parts for name in (train_rows(i), dev_rows(i), *_perturbed_inputs(i, part))}


def paired_inputs(step: Step) -> Iterator[tuple[str, str]]:
    """Training rows in translation, and those of the original that the dev set is cut from."""
    for i, part in enumerate(step.settings.parts):
        if _is_paired_by_number(part):
            yield train_rows(i), dev_rows(i)


def _is_paired_by_number(part: TrainPart) -> bool:
    return part.apart and getattr(part.dev.row, "id", None) is None


def _check_numbers(part: TrainPart, translation: Path, original: Path) -> None:
    rows = [PreparedFiles.of(folder).read for folder in (translation, original)]
    if error := unpaired(*rows, translation=part.name, original="the rows of its dev set"):
        raise error


KIND = StepKind(
    name="train",
    version=VERSION,
    run=run,
    estimate=estimate,
    takes_device=True,
    is_training=True,
    is_on_route=True,
    speed_depends_on_encoder=True,
    tokens_done=tokens_done,
    flops_done=flops_done,
    labelled_inputs=labelled_inputs,
    paired_inputs=paired_inputs,
    file_uses=file_uses,
)


def train_step(settings: TrainSettings, inputs: Mapping[str, Step], *, task: str, role: str, label: str) -> Step:
    """`task`: what is trained, "mnli + squad1"; `role`: "language", "intermediate", "target" or "joint"."""
    needs = () if settings.encoder else (WEIGHTS,)
    about = {"task": task, "role": role, "seed": str(settings.seed)}
    return KIND.step(settings, inputs, label=label, about=about, needs=needs)
