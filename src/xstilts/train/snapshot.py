"""Snapshots of a run in progress: named tensors and a few numbers, complete or not there at all.

A snapshot is a folder that is written under another name, reaches the disk, and is renamed. The two newest are kept, so
that one of them survives whatever ends the process.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from xstilts.core.io_errors import writing

SNAPSHOTS = 2


@dataclass(frozen=True)
class Snapshot:
    """A complete snapshot: its folder, and the numbers of the run."""

    folder: Path
    state: dict[str, Any]

    def tensors(self, group: str) -> dict[str, Tensor]:
        """Read the tensors of a group, on the CPU."""
        return load_file(self.folder / f"{group}.safetensors")


class Snapshots:
    """Snapshots in the subfolders of a folder, numbered upwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, groups: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any]) -> None:
        """Write a snapshot and removes all but the newest two. Raises StoreError on a full disk."""
        number = max(self._numbers(), default=-1) + 1
        draft = self.folder / f".{number:08d}.tmp"
        with writing(self.folder):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            sizes = {}
            for group, tensors in groups.items():
                path = draft / f"{group}.safetensors"
                save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
                sizes[path.name] = path.stat().st_size
                _flush(path)
            (draft / "state.json").write_text(json.dumps({"sizes": sizes, **state}), encoding="utf-8")
            _flush(draft / "state.json")
            draft.rename(self.folder / f"{number:08d}")
        for old in sorted(self._numbers())[:-SNAPSHOTS]:
            shutil.rmtree(self.folder / f"{old:08d}")

    def all(self) -> list[Snapshot]:
        """Return the complete snapshots, newest first."""
        numbers = sorted(self._numbers(), reverse=True)
        snapshots = [self._read(self.folder / f"{number:08d}") for number in numbers]
        return [snapshot for snapshot in snapshots if snapshot is not None]

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in self.folder.glob("[0-9]*")] if self.folder.is_dir() else []

    def _read(self, folder: Path) -> Snapshot | None:
        try:
            state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            is_complete = all((folder / name).stat().st_size == size for name, size in state.pop("sizes").items())
        except (OSError, ValueError, KeyError):
            return None
        return Snapshot(folder, state) if is_complete else None


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
