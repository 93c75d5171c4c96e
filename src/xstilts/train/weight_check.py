"""Weight check: reading the weights of a head or an adapter, which must fit the module that they are for, and
comparing them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from xstilts.core.errors import EncoderError, reason_of
from xstilts.core.tensor_files import read_header


def stored_tensors(path: Path, name: str) -> dict[str, Tensor]:
    """Return the tensors of a file. `name`: of what is read, for the error: "an adapter". Raises EncoderError where it
    cannot be read."""
    try:
        read_header(path)
        return load_file(path)
    except (OSError, SafetensorError, EncoderError) as error:
        reason = error.what if isinstance(error, EncoderError) else reason_of(error)
        raise EncoderError(
            f"the weights of {name} cannot be read: {reason}",
            where=str(path),
            hint="If they were deleted to save space, train the phase again.",
        ) from error


def same_tensors(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    """Tell whether two sets of named tensors, on any devices, are equal to the last bit."""
    return first.keys() == second.keys() and all(
        torch.equal(first[name].cpu(), tensor.cpu()) for name, tensor in second.items()
    )


def fitting_tensors(path: Path, module_tensors: Mapping[str, Tensor], name: str, misfit: str) -> dict[str, Tensor]:
    """Return the tensors of a file, which must have the names and shapes of `module_tensors`.

    Args:
        name: of what is read, for the errors: "an adapter".
        misfit: what it is where it does not fit, for the errors: "an adapter of another encoder".

    Raises EncoderError for a file that cannot be read, and for weights that do not fit.
    """
    tensors = stored_tensors(path, name)
    names = module_tensors.keys() | tensors.keys()
    if wrong := [weight for weight in names if _size(module_tensors, weight) != _size(tensors, weight)]:
        first = sorted(wrong)[0]
        raise EncoderError(
            f"{misfit}: '{first}' is {_size(tensors, first)} here, this encoder needs {_size(module_tensors, first)}.",
            where=str(path),
        )
    return tensors


def _size(tensors: Mapping[str, Tensor], name: str) -> str:
    return "x".join(map(str, tensors[name].shape)) if name in tensors else "missing"
