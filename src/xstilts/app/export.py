"""Export a trained checkpoint as an ordinary model folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.core.environment import default_threads
from xstilts.core.errors import StoreError
from xstilts.pipeline.options import Options
from xstilts.tasks.base import Task


def export_checkpoint(
    checkpoint: str, out: Path, task: Task, options: Options, adapter: bool = False
) -> dict[str, Any]:
    """Writes an ordinary Hugging Face folder; says which class loads it, None where transformers has none. `adapter`:
    its LoRA or IA3 alone, in the files of peft."""
    from xstilts.evaluate.export import export, export_adapter
    from xstilts.train.memory import use_threads

    use_threads(options.threads or default_threads())
    folder = checkpoint_folder(checkpoint, options)
    _check_free(out)
    if adapter:
        export_adapter(folder, task.kind, out)
        return {"folder": str(out), "auto_class": None}
    auto_class = export(folder, task.kind, out, task.name)
    return {"folder": str(out), "auto_class": auto_class}


def _check_free(out: Path) -> None:
    """Raise StoreError where something is already at `out`: nothing of anybody's is overwritten or mixed with."""
    if out.is_dir() and not any(out.iterdir()):
        return
    if os.path.lexists(out):
        what = "this folder is not empty" if out.is_dir() else "this is not a folder"
        raise StoreError(f"{what}.", where=str(out), hint="Choose a new folder, or delete this one.")
