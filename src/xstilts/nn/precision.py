"""Number formats: fp32, or bf16 where products are computed while weights stay fp32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from xstilts.core.errors import StudyError

PRECISIONS = ("fp32", "bf16")


def autocast(device: str | torch.device, precision: str) -> AbstractContextManager[None]:
    """The context in which a forward pass runs. Raises StudyError for a precision that does not exist."""
    if precision not in PRECISIONS:
        raise StudyError(f"there is no precision '{precision}'.", value=precision, allowed=PRECISIONS)
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)
