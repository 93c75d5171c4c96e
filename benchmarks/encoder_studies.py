"""The studies behind the benchmark: one for each encoder and task, run by xstilts as any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import xstilts
from xstilts.app.run import RunListener
from xstilts.core.errors import EncoderError, StudyError
from xstilts.core.languages import XTREME
from xstilts.engine.backends.inline import Inline
from xstilts.engine.runner import execute
from xstilts.models.encoders import LocatedEncoder
from xstilts.nn.encoder import Encoder
from xstilts.pipeline.options import Options, devices
from xstilts.pipeline.session import open_session
from xstilts.report.scores.inputs import Results, SweepScores
from xstilts.study.load import parse_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

Watch = Callable[[], AbstractContextManager[RunListener]]  # a fresh display for each run

TASKS = ("tatoeba", "udpos", "panx", "xsid-intent-snips")

# Fine-tuning of a small encoder on two cores. Its English is learnt from little text, so that at the rates that suit it
# as a tagger of English (5e-4) it forgets the other languages: Spanish loses 15 points while English gains 9. A slow
# encoder under a fast head keeps them (Kumar et al., ICLR 2022, say why). A full-size one: --lr 2e-5 --head-lr 2e-5.
LR = 2e-5
HEAD_LR = 1e-2
BATCH = 32
# A guess for each word is most to learn; a pair of sentences is one label, but takes as long to leave chance.
UPDATES = {"udpos": 600, "panx": 600, "dependency": 600, "xnli-taxinli10k": 600}
OTHER_UPDATES = 300  # a label for each text
LOOKS = 6  # at the English dev set; the best checkpoint is scored
DEV_EXAMPLES = 500
MAX_LENGTH = 128  # tokens: longer sentences are rare here, and are cut into pieces rather than dropped
QUICK = 4  # --quick divides the updates by this ...
QUICK_TEST = 200  # ... and scores so many examples of each language of a task that is trained on

SCOPE = {"tatoeba": XTREME}  # the languages that the published mean is about


@dataclass(frozen=True, kw_only=True)
class Row:
    """An encoder to be measured: `encoder` as a study names it."""

    name: str
    encoder: str
    layers: int
    parameters: int
    positions: int | None  # tokens a sequence may have

    @classmethod
    def of(cls, name: str, encoder: str, folder: Path) -> Row:
        """Reads the sizes from the encoder's folder. Raises EncoderError."""
        model = Encoder.load(folder)
        return cls(
            name=name,
            encoder=encoder,
            layers=model.num_layers,
            parameters=sum(weight.numel() for weight in model.parameters()),
            positions=model.max_length,
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The way every row is measured. `layer`: of retrieval, None the last."""

    tasks: tuple[str, ...] = TASKS
    languages: tuple[str, ...] | None = None
    seeds: tuple[int, ...] = (1, 2)
    lr: float = LR
    head_lr: float = HEAD_LR
    layer: int | None = None
    quick: bool = False
    precision: str = "fp32"  # the same numbers on every machine, but for the last digits


def locate(encoder: str, task: Task, plan: Plan, options: Options, watch: Watch) -> tuple[LocatedEncoder, Path]:
    """The encoder and its folder: fetched, unpacked or built if need be. Raises EncoderError."""
    probe = Row(name="probe", encoder=encoder, layers=0, parameters=0, positions=None)
    with watch() as listener:
        session = open_session(study_of(probe, task, plan), options, fetching=listener.say)
        located = session.encoder
        if located.folder is not None:
            return located, located.folder
        assert located.step is not None  # an encoder is a folder or the step that makes one
        backend = Inline(device=devices(options)[0], threads=options.threads or 1)
        outcome = execute([located.step], session.store, backend=backend, listener=listener)
    if outcome.interrupted:
        raise KeyboardInterrupt
    if located.step.key in outcome.failed:
        raise EncoderError(f"The encoder '{encoder}' could not be made: {outcome.failed[located.step.key]}")
    return located, session.store.path(located.step)


def has_layers(task: Task) -> bool:
    """Tell whether the task reads a layer of the encoder as it is, so that nothing is trained."""
    return task.train is None and hasattr(task.kind, "layer")


def headline_layer(row: Row, plan: Plan) -> int:
    """The layer whose number counts: the one asked for, or the row's last where it has fewer."""
    return row.layers if plan.layer is None else min(plan.layer, row.layers)


def study_of(row: Row, task: Task, plan: Plan, layers: Sequence[int] = ()) -> Study:
    """One encoder on one task, of retrieval at all of `layers`; what data is not here is shown as missing. Raises
    StudyError."""
    name = f"benchmark-{row.name}-{row.encoder}-{task.name}"
    data: dict[str, Any] = {
        "name": re.sub(r"[^A-Za-z0-9.-]+", "-", name)[-100:].strip("-"),
        "question": f"How well does {row.encoder} transfer to other languages on {task.name}?",
        "encoder": row.encoder,
        "precision": plan.precision,
        "arms": {"direct": {"strategy": "direct"}},
        "targets": [task.name],
        "seeds": list(plan.seeds) if task.train else [1],
        "train": _numbers(row, task, plan),
        "allow_missing": True,
    }
    if (languages := _languages(task, plan)) is not None:
        data["languages"] = languages
    if layers:
        reported = headline_layer(row, plan)
        data["settings"] = {task.name: {"layer": list(layers), "reported": {"layer": reported}}}
    if plan.quick and task.train:  # fewer candidates would make retrieval another task
        data["take"] = {"test": QUICK_TEST}
    return parse_study(data, "the benchmark's study")


def _numbers(row: Row, task: Task, plan: Plan) -> dict[str, Any]:
    length = {"max_length": min(MAX_LENGTH, row.positions or MAX_LENGTH)}
    if task.train is None:
        return length
    updates = UPDATES.get(task.name, OTHER_UPDATES) // (QUICK if plan.quick else 1)
    steering = {"evaluate_every": max(1, updates // LOOKS), "dev_examples": DEV_EXAMPLES}
    return {"lr": plan.lr, "head_lr": plan.head_lr, "batch": BATCH, "updates": updates, **steering, **length}


def _languages(task: Task, plan: Plan) -> list[str] | None:
    """The test languages wanted, and the one trained in, which the others are held against. None: all."""
    scope, requested_languages = SCOPE.get(task.name), plan.languages
    if scope is None and requested_languages is None:
        return None
    home = task.train.language if task.train else None
    inside = [x for x in task.test if scope is None or x in scope]
    selected = [x for x in inside if requested_languages is None or x in requested_languages]
    if not selected:
        named = ", ".join(requested_languages or ())
        raise StudyError(f"'{task.name}' has no test set in {named}.", where="--languages", allowed=inside)
    return [x for x in inside if x in selected or x == home]


def layers_of(row: Row, task: Task, plan: Plan, every: bool) -> tuple[int, ...]:
    """The layers a row is read at: all of them or the headline one; () for a task that is trained."""
    if not has_layers(task):
        return ()
    return tuple(range(row.layers + 1)) if every else (headline_layer(row, plan),)


def run_layers(
    row: Row, task: Task, plan: Plan, options: Options, watch: Watch, every: bool = False
) -> Mapping[int | None, Results]:
    """Return the results of one encoder on one task, by layer (None where it is trained): all layers are read in one
    pass. Raises KeyboardInterrupt when the run was stopped."""
    layers = layers_of(row, task, plan, every)
    with watch() as listener:
        listener.say(f"{row.name}: {task.name}" + (f", {len(layers)} layers" if len(layers) > 1 else ""))
        answer = xstilts.run(study_of(row, task, plan, layers), options=options, listener=listener)
    if answer.outcome.interrupted:
        raise KeyboardInterrupt
    if len(layers) < 2:  # a single value is no sweep
        return {layers[0] if layers else None: answer.results}
    return {sweep.values["layer"]: _at_layer(answer.results, sweep) for sweep in answer.results.sweeps}


def _at_layer(results: Results, sweep: SweepScores) -> Results:
    """Return the results of a study of one arm as if this layer were the one reported."""
    (cell,) = results.cells
    cell = replace(cell, status=sweep.status, reason=sweep.reason, scores=sweep.scores)
    return replace(results, cells=(cell,), sweeps=())
