"""Snapshots of a run in progress: named tensors and a few numbers, complete or not there at all.

A snapshot is a folder that is written under another name, reaches the disk, and is renamed. The two newest are kept, so
that one of them survives whatever ends the process. Each has the checksums of its files: one that a disk has changed is
no snapshot.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from xstilts.core.fingerprints import file_checksum
from xstilts.core.io_errors import writing
from xstilts.engine.checksums import digest_of

SNAPSHOTS = 2


class DamagedSnapshot(UserWarning):
    """A snapshot is not as it was written."""


@dataclass(frozen=True)
class Snapshot:
    """A complete snapshot: its folder, the numbers of the run, and the sha-256 of each of its files, and of those
    beside the snapshots that it needs."""

    folder: Path
    state: dict[str, Any]
    digests: Mapping[str, str]

    @property
    def number(self) -> int:
        return int(self.folder.name)

    def tensors(self, group: str) -> dict[str, Tensor]:
        """Read the tensors of a group, on the CPU."""
        return load_file(self.folder / f"{group}.safetensors")

    def is_as_written(self) -> bool:
        """Compare all files with their checksums."""
        try:
            return all(file_checksum(self.folder / name) == digest for name, digest in self.digests.items())
        except OSError:
            return False


class Snapshots:
    """Snapshots in the subfolders of a folder, numbered upwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(
        self, groups: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any], beside: Sequence[str] = ()
    ) -> None:
        """Write a snapshot and remove all but the newest two. `beside`: files in the folder of the snapshots' folder
        that it needs. Raises StoreError on a full disk."""
        number = max(self._numbers(), default=-1) + 1
        draft = self.folder / f".{number:08d}.tmp"
        with writing(self.folder):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            sizes: dict[str, int] = {}
            digests = {f"../../{name}": file_checksum(self.folder.parent / name) for name in beside}
            for group, tensors in groups.items():
                path = draft / f"{group}.safetensors"
                save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
                sizes[path.name], digests[path.name] = path.stat().st_size, file_checksum(path)
                _flush(path)
            content = {"sizes": sizes, "digests": digests, **state}
            sealed = {**content, "sum": digest_of(content)}
            (draft / "state.json").write_text(json.dumps(sealed), encoding="utf-8")
            _flush(draft / "state.json")
            draft.rename(self.folder / f"{number:08d}")
        for old in sorted(self._numbers())[:-SNAPSHOTS]:
            shutil.rmtree(self.folder / f"{old:08d}")

    def all(self) -> list[Snapshot]:
        """Return the complete snapshots, newest first; the content of their files is not looked at."""
        return [snapshot for folder in self._folders() if (snapshot := _read(folder)) is not None]

    def whole(self) -> Iterator[Snapshot]:
        """Yield the snapshots that are as they were written, newest first; others are named in a warning."""
        for folder in self._folders():
            snapshot = _read(folder)
            if snapshot is not None and snapshot.is_as_written():
                yield snapshot
            else:
                text = f"the snapshot {folder} is damaged; an older one is taken, or the training starts again."
                warnings.warn(DamagedSnapshot(text), stacklevel=2)

    def _folders(self) -> list[Path]:
        return [self.folder / f"{number:08d}" for number in sorted(self._numbers(), reverse=True)]

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in self.folder.glob("[0-9]*")] if self.folder.is_dir() else []


def _read(folder: Path) -> Snapshot | None:
    """Return a snapshot whose files are all there in their sizes."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        is_complete = state.pop("sum") == digest_of(state)
        sizes, digests = state.pop("sizes"), state.pop("digests")
        is_complete = is_complete and all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Snapshot(folder, state, digests) if is_complete else None


def random_state(device: str) -> dict[str, Tensor]:
    """Return the states of torch's generators, as bytes."""
    states = {"cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random_state(states: Mapping[str, Tensor], device: str) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.startswith("cuda"):
        torch.cuda.set_rng_state(states["cuda"], device)


def save_weights(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write one safetensors file, complete or not there. Raises StoreError on a full disk."""
    draft = path.with_name(f".{path.name}.tmp")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        save_file(plain, draft, metadata={"format": "pt"})  # transformers asks for the format
        _flush(draft)
        draft.replace(path)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
