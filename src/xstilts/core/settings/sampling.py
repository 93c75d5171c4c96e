"""Sampling: how a mixture draws its tasks."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Sampling:
    """A mixture draws a task an update: rates are proportional to min(size, cap) ** (1 / temperature); `uniform`
    ignores sizes. Proportional is temperature 1 without a cap (the paper's multi-task phase: cap 2**17)."""

    temperature: Annotated[float, Field(gt=0)] = 1.0
    cap: Annotated[int | None, Field(ge=1)] = None
    uniform: bool = False


PROPORTIONAL = Sampling()
