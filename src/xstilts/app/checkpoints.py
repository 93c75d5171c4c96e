"""Checkpoints that a study has trained: find one, and the task of its head, by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xstilts.core.errors import EncoderError, StudyError
from xstilts.core.short_keys import keys_begun, short_key, whole_key
from xstilts.engine.artefact import artefact_damage, read_record
from xstilts.engine.remote.cached_store import CachedStore, open_store, shared_keys
from xstilts.engine.store import Store
from xstilts.models.encoder_check import check_encoder
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.pipeline.steps import merge, train
from xstilts.pipeline.steps.base import BASE
from xstilts.study.load import load_study
from xstilts.study.name_checks import check_settings
from xstilts.study.resolve import with_settings
from xstilts.study.settings_sweep import find_sweeps
from xstilts.study.tests_alone import with_trained_labels
from xstilts.tasks.base import Task


def checkpoint_folder(name: str, options: Options) -> Path:
    """A checkpoint by folder, or by the key of a training step in the store, or its beginning. Raises EncoderError when
    it is neither, or its weights were deleted after its predictions had been stored, a file is not as it was
    written, or its encoder is none, and StoreError where it does not say which its weights are."""
    from xstilts.train.checkpoint import checkpoint_weights, encoder_folder

    _bring(name, open_store(options.store))
    for folder in (Path(name), options.store / "steps" / name):
        if (folder / "heads.json").is_file():
            if not all((folder / file).is_file() for file in checkpoint_weights(folder)):
                raise EncoderError(
                    f"The checkpoint '{name}' has no weights any more: they went once its predictions were stored.",
                    hint="Run the study with `keep: all`: it trains again what has no weights, and keeps them.",
                )
            _check_content(folder)
            check_encoder(encoder_folder(folder))
            return folder
    keys = _keys(options)
    if (meant := _meant(name, keys)) != name:
        return checkpoint_folder(meant, options)
    problem = f"'{name}' is neither a checkpoint folder nor a training step here."
    raise EncoderError(problem, value=name, allowed=map(short_key, keys))


def is_checkpoint(name: str, options: Options) -> bool:
    """Tell whether a name is that of a checkpoint, whole or not: its folder, or the beginning of its key."""
    folders = (Path(name), options.store / "steps" / name)
    if any((folder / "heads.json").is_file() for folder in folders):
        return True
    return not Path(name).exists() and bool(keys_begun(name, _keys(options)))


def _keys(options: Options) -> list[str]:
    store, kinds = open_store(options.store), (train.KIND.name, merge.KIND.name)
    elsewhere = {key for key in shared_keys(store) if key.rpartition("-")[0] in kinds}
    return sorted(elsewhere.union(record["key"] for kind in kinds for _, record in store.records(kind)))


def _bring(key: str, store: Store) -> None:
    """Fetch a checkpoint that another machine has made, and the bases that it stands on."""
    while isinstance(store, CachedStore) and key in shared_keys(store):
        record = store.bring(key)
        key = record["inputs"].get(BASE, "") if record else ""


def _meant(name: str, keys: Sequence[str]) -> str:
    """Return the key that `name` is the beginning of; `name` itself where there is none. Raises EncoderError for
    several."""
    if not keys_begun(name, keys):
        return name
    try:
        return whole_key(name, keys)
    except StudyError as error:
        raise EncoderError(error.what, allowed=error.allowed) from error


def _check_content(folder: Path) -> None:
    """Raise EncoderError where a checkpoint of the store is not as it was written."""
    if problem := artefact_damage(folder, read_record(folder, folder.name), None, True):
        raise EncoderError(
            f"The checkpoint is damaged: {problem}.",
            where=str(folder),
            hint="Run its study again: what is damaged is made again.",
        )


def task_for(name: str, study: str | None, options: Options) -> Task:
    """A task by name, as `study` declares or changes it where one is given. Raises StudyError for an unknown one."""
    if study is None:
        return catalog_for(None, options).find(name)
    loaded = load_study(study)
    with loaded.positions.shown():
        tasks = with_trained_labels(loaded, catalog_for(loaded, options))
        check_settings(loaded, tasks)
        return with_settings(loaded, tasks, find_sweeps(loaded, tasks)).find(name)
