"""Pretrain an encoder by a recipe: from a file to an ordinary Hugging Face folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.app.run import Quiet, RunListener
from xstilts.core.errors import StudyError
from xstilts.core.files import file_fingerprint, read_json, write_json
from xstilts.engine.backends.inline import Inline
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import Outcome, execute, plan
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.models.compact import pack
from xstilts.models.encoders import find_encoder
from xstilts.pipeline.options import Options, devices
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.pretrain.corpus_step import corpus_step
from xstilts.pretrain.graph import Continued, PretrainSteps, lower
from xstilts.pretrain.recipe import PretrainRecipe, load_recipe

CURVE = 200  # points of a loss curve that are written down


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """What `pretrain` gives back. `folder` is None when it did not come to the end; `record` is what stands in
    `pretraining.json` there."""

    plan: PretrainSteps
    outcome: Outcome
    store: Store
    folder: Path | None = None
    record: dict[str, Any] = field(default_factory=dict)


def prepare(recipe: PretrainRecipe | str, options: Options) -> tuple[PretrainRecipe, PretrainSteps]:
    """The steps of a recipe. Raises StudyError, DataError or EncoderError for what is wrong before anything runs."""
    loaded = load_recipe(recipe) if isinstance(recipe, str) else recipe
    roots = options.roots
    continued = None
    if isinstance(loaded.encoder, str):
        found = find_encoder(loaded.encoder, roots, packaged_encoders())
        continued = Continued(identity=found.ref.identity, folder=found.folder, step=found.step)
    return loaded, lower(loaded, corpus_step(loaded, roots), continued)


def pretrain(
    recipe: PretrainRecipe | str,
    *,
    options: Options | None = None,
    out: Path | None = None,
    listener: RunListener | None = None,
) -> Pretrained:
    """Runs what is missing of a recipe and writes the encoder to `out` (default: `encoders/<name>` in the store), with
    its loss curve, data and seeds in `pretraining.json`.

    An interrupted run goes on from its last snapshot at the next call. Raises StudyError when `out` holds something
    else, and what `prepare` raises; a step that fails is in `Pretrained.outcome.failed`.
    """
    chosen, watch = options or Options(), listener or Quiet()
    loaded, made = prepare(recipe, chosen)
    folder = out or chosen.store / "pretrained" / (loaded.name or "encoder")
    if folder.exists() and not (folder / "pretraining.json").is_file() and any(folder.iterdir()):
        raise StudyError(f"'{folder}' holds something that is not a pretrained encoder of ours.", where="--out")
    store = Store(chosen.store)
    goals = [made.phases[-1]]
    planned = plan(goals, store)
    watch.run_planned(len(planned.to_run), len(planned.reused) + planned.not_needed)
    backend = Inline(device=devices(chosen)[0], threads=chosen.threads or os.cpu_count() or 1)
    outcome = execute(goals, store, backend=backend, listener=watch)
    if outcome.exit_code:
        return Pretrained(plan=made, outcome=outcome, store=store)
    record = _record(loaded, made, store)
    _publish(store.path(made.phases[-1]) / "encoder", folder, record)
    return Pretrained(plan=made, outcome=outcome, store=store, folder=folder, record=record)


def ship(folder: Path, out: Path) -> None:
    """Writes the compact form of an encoder that `pretrain` made, with its record. Raises EncoderError when it is too
    large to be shipped."""
    pack(folder, out)
    shutil.copyfile(folder / "pretraining.json", out / "pretraining.json")


def _publish(encoder: Path, folder: Path, record: dict[str, Any]) -> None:
    """The record is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pretraining.json").unlink(missing_ok=True)
    for path in sorted(encoder.iterdir()):
        shutil.copyfile(path, folder / path.name)
    write_json(folder / "pretraining.json", record)


def _record(recipe: PretrainRecipe, made: PretrainSteps, store: Store) -> dict[str, Any]:
    """Everything that made the encoder: recipe, data with fingerprints and what the guard dropped, phases with their
    curves and costs."""
    steps = {step.key: store.record(step) for step in steps_of([made.phases[-1]])}
    return {
        "recipe": recipe.model_dump(mode="json", exclude_unset=True),
        "data": read_json(store.path(made.corpus) / "counts.json"),
        "mined": [read_json(store.path(step) / "counts.json") for step in made.mined],
        "phases": [_phase(step, store) for step in made.phases],
        "steps": {key: {"seconds": record.get("seconds")} for key, record in steps.items() if record},
        "weights": file_fingerprint(store.path(made.phases[-1]) / "encoder" / "model.safetensors"),
    }


def _phase(step: Step, store: Store) -> dict[str, Any]:
    folder = store.path(step)
    summary = read_json(folder / "summary.json")
    wanted = ("seed", "updates", "tokens", "seconds", "tokens_per_second", "precision", "parts", "machine", "restarts")
    return {"step": step.key, "label": step.label, **{key: summary[key] for key in wanted}, "curve": _curve(folder)}


def _curve(folder: Path) -> dict[str, list[list[float]]]:
    """task -> [[update, mean loss since the last point], ...], at most `CURVE` points each."""
    losses: dict[str, list[tuple[int, float]]] = {}
    for entry in _updates(folder / "log.jsonl"):
        losses.setdefault(entry["task"], []).append((entry["update"], entry["loss"]))
    curve = {}
    for task, found in losses.items():
        size = max(1, -(-len(found) // CURVE))
        pieces = [found[start : start + size] for start in range(0, len(found), size)]
        curve[task] = [[piece[-1][0], round(sum(loss for _, loss in piece) / len(piece), 4)] for piece in pieces]
    return curve


def _updates(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_text(encoding="utf-8").split("\n"):
        entry = json.loads(line) if line else {}
        if "task" in entry:
            yield entry
