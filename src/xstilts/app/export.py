"""Export a trained checkpoint as an ordinary model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.core.environment import default_threads
from xstilts.core.free_places import check_free_folder
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
    check_free_folder(out)  # first: a checkpoint is read whole
    folder = checkpoint_folder(checkpoint, options)
    if adapter:
        export_adapter(folder, task.kind, out)
        return {"folder": str(out), "auto_class": None}
    auto_class = export(folder, task.kind, out, task.name)
    return {"folder": str(out), "auto_class": auto_class}
