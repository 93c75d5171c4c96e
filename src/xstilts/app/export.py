"""Export a trained checkpoint as an ordinary model folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.app.model_card import encoder_of_study, model_card, model_facts
from xstilts.core.environment import default_threads
from xstilts.core.errors import StudyError
from xstilts.core.files import write_atomic
from xstilts.core.free_places import check_free_folder
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.study.load import load_study
from xstilts.tasks.base import Task


def export_checkpoint(
    checkpoint: str,
    out: Path,
    task: Task,
    options: Options,
    adapter: bool = False,
    study: str | None = None,
    onnx: bool = False,
) -> dict[str, Any]:
    """Writes an ordinary Hugging Face folder with its card; says which class loads it, None where transformers has
    none. `adapter`: its LoRA or IA3 alone, in the files of peft. `study`: the one that declares the task. `onnx`:
    `model.onnx` as well; it says by how much a logit differs there, at most.

    Raises StudyError for `onnx` beside `adapter`, EncoderError as `evaluate.export` and `evaluate.onnx_export` do."""
    if onnx and adapter:
        raise StudyError("An adapter alone is no model: give --onnx or --adapter.", where="--onnx")
    from xstilts.evaluate.export import export, export_adapter
    from xstilts.train.memory import use_threads

    use_threads(options.threads or default_threads())
    check_free_folder(out)  # first: a checkpoint is read whole
    if onnx:
        from xstilts.evaluate.onnx_export import check_packages, export_onnx

        check_packages()
    folder = checkpoint_folder(checkpoint, options)
    if adapter:
        export_adapter(folder, task.kind, out)
        return {"folder": str(out), "auto_class": None}
    auto_class = export(folder, task.kind, out, task.name)
    difference = export_onnx(out, auto_class) if onnx else None
    loaded = None if study is None else load_study(study)
    tasks, name, encoder = catalog_for(loaded, options), out.resolve().name, encoder_of_study(loaded)
    facts = model_facts(folder, task, tasks, options.store, name=name, auto_class=auto_class, encoder=encoder)
    facts = replace(facts, has_onnx=onnx)
    write_atomic(out / "README.md", model_card(facts))
    found = {"folder": str(out), "auto_class": auto_class}
    return (
        found if difference is None else {**found, "onnx": {"file": str(out / "model.onnx"), "difference": difference}}
    )
