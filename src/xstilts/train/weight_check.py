"""Weights of a file that must fit a module: of a head, of an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from xstilts.core.errors import EncoderError


def fitting_tensors(path: Path, own: Mapping[str, Tensor], what: str, stranger: str) -> dict[str, Tensor]:
    """The tensors of a file, which have the names and shapes of `own`. `what` they are ("an adapter"), and what they
    are where they do not fit ("an adapter of another encoder"), are for the errors.

    Raises EncoderError for a file that cannot be read, and for weights that do not fit."""
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise EncoderError(
            f"the weights of {what} cannot be read: {error}",
            where=str(path),
            hint="If they were deleted to save space, train the phase again.",
        ) from error
    if wrong := [name for name in own.keys() | tensors.keys() if _size(own, name) != _size(tensors, name)]:
        name = sorted(wrong)[0]
        raise EncoderError(
            f"{stranger}: '{name}' is {_size(tensors, name)} here, this encoder needs {_size(own, name)}.",
            where=str(path),
        )
    return tensors


def _size(tensors: Mapping[str, Tensor], name: str) -> str:
    return "x".join(map(str, tensors[name].shape)) if name in tensors else "missing"
