"""Precision, the number format: fp32, or bf16 where products are computed while weights stay fp32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from xstilts.core.errors import StudyError

PRECISIONS = ("fp32", "bf16")


def autocast(device: str | torch.device, precision: str) -> AbstractContextManager[None]:
    """Return the context in which a forward pass runs. Raises StudyError for a precision that does not exist."""
    if precision not in PRECISIONS:
        raise StudyError(f"there is no precision '{precision}'.", value=precision, allowed=PRECISIONS)
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)


@torch.no_grad()
def round_frozen(model: nn.Module) -> None:
    """Round matrices that are not trained to bf16, in place and once; biases and norms stay fp32.

    Under autocast a frozen weight would be cast again for every product of every pass, as torch keeps casts of weights
    that need gradients alone. The sum of a block and its input is bf16 as well from here on."""
    for parameter in model.parameters():
        if not parameter.requires_grad and parameter.ndim > 1 and parameter.dtype == torch.float32:
            parameter.data = parameter.data.to(torch.bfloat16)
