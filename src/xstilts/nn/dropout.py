"""Dropout whose mask is cheap on a CPU.

torch draws one number for each element there, which for a small encoder takes longer than its matrix products. Here one
draw of 64 bits serves four elements, so the rate is a multiple of 1/65536 (0.1 is 0.099991), and what is kept is scaled
by exactly that rate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

LEVELS = 2**16


class CheapDropout(nn.Dropout):
    """nn.Dropout, drawn cheaply on a CPU; elsewhere, and in compiled code, it is nn.Dropout."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p <= 0.0:
            return input
        if input.device.type != "cpu" or self.p >= 1.0 or torch.compiler.is_compiling():
            return super().forward(input)
        states: Tensor = _CheapMask.apply(input, round(self.p * LEVELS))
        return states


class _CheapMask(torch.autograd.Function):
    """Zeroes `dropped` of 65536 elements and scales the others."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, dropped: int) -> Tensor:
        mask = torch.ge(_levels(input), dropped - LEVELS // 2, out=torch.empty_like(input))  # no mask of bools between
        mask.mul_(LEVELS / (LEVELS - dropped))
        ctx.save_for_backward(mask)
        return input * mask

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (mask,) = ctx.saved_tensors
        return grads[0] * mask, None


def _levels(input: Tensor) -> Tensor:
    """Draw 16 random bits for each element. numpy draws them twice as fast as torch, whose generator gives the seed."""
    seed = int(torch.randint(2**63 - 1, ()))
    drawn = np.random.SFC64(seed).random_raw((input.numel() + 3) // 4)
    return torch.from_numpy(drawn).view(torch.int16)[: input.numel()].view(input.shape)


def use_cheap_dropout(model: nn.Module) -> None:
    """Make every dropout of the model draw cheaply."""
    for module in model.modules():
        if type(module) is nn.Dropout:
            module.__class__ = CheapDropout
