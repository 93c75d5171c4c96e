"""Pretrain an encoder by a recipe: from a file to an ordinary Hugging Face folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from xstilts.app.execution import Quiet, RunListener, child_command, opened_backend, say_unsent, serve_step
from xstilts.core.files import read_json, write_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.free_places import check_free_folder, marked_last
from xstilts.core.io_errors import make_folder, writing
from xstilts.engine.backends.base import StepCommand
from xstilts.engine.graph import steps_of
from xstilts.engine.remote.cached_store import open_store
from xstilts.engine.runner import Outcome, execute, plan
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.models.compact import RECORD, pack
from xstilts.models.cut_layers import check_layers
from xstilts.models.encoders import find_encoder
from xstilts.pipeline.fetch import Say
from xstilts.pipeline.options import Options, devices, make_store
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.pretrain.graph import PretrainSteps, recipe_steps
from xstilts.pretrain.recipe import PackingSpec, PretrainRecipe, StudentShape, dump_recipe, load_recipe
from xstilts.pretrain.steps.base import Continued
from xstilts.pretrain.steps.corpus import corpus_step

_PRETRAINING = "pretraining.json"  # the record of a pretrained encoder
CURVE_POINTS = 200  # points of a loss curve that are written down
_PHASE_FACTS = (
    "seed",
    "updates",
    "tokens",
    "seconds",
    "tokens_per_second",
    "precision",
    "parts",
    "machine",
    "restarts",
)


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """The result of `pretrain`. `folder` is None when it did not come to the end; `record` is the content of
    `pretraining.json` there."""

    steps: PretrainSteps
    outcome: Outcome
    store: Store
    folder: Path | None = None
    record: dict[str, Any] = field(default_factory=dict)


def prepare(
    recipe: PretrainRecipe | str, options: Options, fetch: Say | None = None
) -> tuple[PretrainRecipe, PretrainSteps]:
    """Return a recipe, by its file or packaged name, and its steps. With `fetch`, an encoder that is not here is
    fetched, announced through it.

    Raises StudyError, DataError or EncoderError for what is wrong before anything runs."""
    loaded = load_recipe(recipe) if isinstance(recipe, str) else recipe
    roots = options.roots
    continued = None
    name = loaded.encoder.teacher if isinstance(loaded.encoder, StudentShape) else loaded.encoder
    if isinstance(name, str):
        encoder = find_encoder(name, roots, packaged_encoders(), fetch=fetch)
        if isinstance(loaded.encoder, StudentShape):
            check_layers(encoder.config(), max(loaded.encoder.layers), name)
        continued = Continued(identity=encoder.ref.identity, folder=encoder.folder, step=encoder.step)
    return loaded, recipe_steps(loaded, corpus_step(loaded, roots), continued)


def pretrain(
    recipe: PretrainRecipe | str,
    *,
    options: Options | None = None,
    out: Path | None = None,
    listener: RunListener | None = None,
) -> Pretrained:
    """Run what is missing of a recipe and write the encoder to `out` (default: `pretrained/<name>` in the store), with
    its loss curve, data and seeds in `pretraining.json`.

    An interrupted run goes on from its last snapshot at the next call. Raises StoreError when `out` holds something
    else, and what `prepare` raises; a step that fails is in `Pretrained.outcome.failed`.
    """
    options, listener = options or Options(), listener or Quiet()
    make_store(options.store)
    devices(options)
    loaded, steps = prepare(recipe, options, listener.say)
    folder = out or options.store / "pretrained" / (loaded.name or "encoder")
    check_free_folder(folder, mark=_PRETRAINING)
    if out is not None:  # one in the store is made when the store is one
        make_folder(out)
    store = open_store(options.store)
    say_unsent(store, listener.say)
    planned = plan(steps.goals, store)
    listener.run_planned(len(planned.to_run), len(planned.reused) + planned.not_needed)
    with opened_backend(options, partial(_prepare_command, loaded, options), listener.say) as backend:
        outcome = execute(steps.goals, store, backend=backend, listener=listener)
    say_unsent(store, listener.say)
    if outcome.exit_code:
        return Pretrained(steps=steps, outcome=outcome, store=store)
    record = _record(loaded, steps, store)
    _publish(store.path(steps.phases[-1]) / "encoder", folder, record)
    return Pretrained(steps=steps, outcome=outcome, store=store, folder=folder, record=record)


def run_step(recipe: PretrainRecipe | str, key: str, *, options: Options) -> int:
    """Run one step of a recipe whose inputs are done, from a shared store, in this process. Returns an exit code."""
    return serve_step(prepare(recipe, options)[1].goals, key, open_store(options.store), "recipe")


def check_packed(folder: Path) -> None:
    """Raise StoreError where the compact form cannot be written into `folder`; an earlier one is replaced."""
    check_free_folder(folder, mark=RECORD)
    make_folder(folder)


def ship(folder: Path, out: Path) -> None:
    """Write the compact form of an encoder that `pretrain` made, as its recipe says, with its record. Raises
    EncoderError when it is too large to be shipped."""
    packing = PackingSpec.model_validate(read_json(folder / _PRETRAINING)["recipe"].get("packing", {}))
    pack(folder, out, bits=packing.bits, table_bits=packing.table_bits)
    shutil.copyfile(folder / _PRETRAINING, out / _PRETRAINING)


def _prepare_command(recipe: PretrainRecipe, options: Options) -> StepCommand:
    """Write down the recipe, and return the command with which a child process runs a step of it."""
    folder, name = options.store / "cache" / "recipes", recipe.name.strip() or "recipe"
    without_tasks = replace(options, tasks=())  # a recipe has none
    return child_command("pretrain-step", folder, name, dump_recipe(recipe), without_tasks)


def _publish(encoder: Path, folder: Path, record: dict[str, Any]) -> None:
    """Copy the encoder's files to `folder`. The record is written last: a folder that has one is whole."""
    with writing(folder), marked_last(folder, _PRETRAINING):
        for path in sorted(encoder.iterdir()):
            shutil.copyfile(path, folder / path.name)
        write_json(folder / _PRETRAINING, record)


def _record(recipe: PretrainRecipe, steps: PretrainSteps, store: Store) -> dict[str, Any]:
    """Return everything that made the encoder: recipe, data with fingerprints and what the guard dropped, phases with
    their curves and costs."""
    records = {step.key: store.record(step) for step in steps_of(steps.goals)}
    return {
        "recipe": recipe.model_dump(mode="json", exclude_unset=True),
        "data": read_json(store.path(steps.corpus) / "counts.json"),
        "mined": [read_json(store.path(step) / "counts.json") for step in steps.mined],
        "phases": [_phase(step, store) for step in steps.phases],
        "steps": {key: {"seconds": record.get("seconds")} for key, record in records.items() if record},
        "weights": file_fingerprint(store.path(steps.phases[-1]) / "encoder" / "model.safetensors"),
    }


def _phase(step: Step, store: Store) -> dict[str, Any]:
    folder = store.path(step)
    summary = read_json(folder / "summary.json")
    facts = {key: summary[key] for key in _PHASE_FACTS}
    return {"step": step.key, "label": step.label, **facts, "curve": _curve(folder / "log.jsonl")}


def _curve(log: Path) -> dict[str, list[list[float]]]:
    """Return task -> [[update, mean loss since the last point], ...], at most `CURVE_POINTS` points each."""
    losses: dict[str, list[tuple[int, float]]] = {}
    for entry in _updates(log):
        losses.setdefault(entry["task"], []).append((entry["update"], entry["loss"]))
    curve = {}
    for task, points in losses.items():
        size = max(1, -(-len(points) // CURVE_POINTS))
        pieces = [points[start : start + size] for start in range(0, len(points), size)]
        curve[task] = [[piece[-1][0], round(sum(loss for _, loss in piece) / len(piece), 4)] for piece in pieces]
    return curve


def _updates(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_text(encoding="utf-8").split("\n"):
        entry = json.loads(line) if line else {}
        if "task" in entry:  # other lines are events of the run
            yield entry
