"""Settings of a training: the numbers that a paper would put in its appendix, and what else a phase is told."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.settings.sampling import PROPORTIONAL, Sampling
from xstilts.core.settings.tuning import FULL, Tune


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of one training phase. All of them are identity but the last three, which never change a number beyond
    rounding.

    Exactly one of `updates` and `epochs` is set. An update is `batch` examples of one task.
    """

    updates: Annotated[int | None, Field(ge=1, le=10**9)] = None
    epochs: Annotated[float | None, Field(gt=0, le=10**6)] = None
    batch: Annotated[int, Field(ge=1, le=10**6, description="examples of an update")] = 32
    lr: Annotated[float, Field(gt=0, le=100, description="highest learning rate")] = 1e-5
    head_lr: Annotated[float | None, Field(gt=0, le=100, description="of the heads; None: `lr`")] = field(
        default=None, metadata=OMIT_DEFAULT
    )
    warmup: Annotated[float, Field(ge=0, le=1, description="share of the updates")] = 0.1
    weight_decay: Annotated[float, Field(ge=0, le=100, description="not on biases and norms")] = 0.01
    clip: Annotated[float, Field(gt=0, le=10**9, description="gradient norm, over a whole update")] = 1.0
    patience: Annotated[
        int | None, Field(ge=1, le=10**9, description="evaluations without a better dev score before stopping")
    ] = None
    evaluate_every: Annotated[int | None, Field(ge=1, le=10**9, description="updates; None: ten times a phase")] = None
    dev_examples: Annotated[
        int | None, Field(ge=1, le=10**9, description="a fixed subset of the dev set that steers selection; None: all")
    ] = 2000
    dropout: Annotated[float | None, Field(ge=0, lt=1, description="of hidden states; None: the encoder's own")] = None
    attention_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    precision: str = "fp32"  # fp32 | bf16 ("auto" is resolved before a Recipe exists)
    retries: Annotated[int, Field(ge=0, le=1_000, description="a diverged run is tried again with the next seed")] = 0
    forward_tokens: Annotated[int, Field(ge=64, le=2**31, description="tokens a forward pass at most")] = field(
        default=8192, metadata=NOT_IDENTITY
    )
    checkpointing: Annotated[bool, Field(description="less memory, about a third more work")] = field(
        default=False, metadata=NOT_IDENTITY
    )
    compile: Annotated[bool, Field(description="torch.compile: pays on long runs, not on short")] = field(
        default=False, metadata=NOT_IDENTITY
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training:
    """All that a training is told besides its rows and its start.

    A phase of a study, the settings of a train step and a run of the loop inherit these fields, and hand them on by
    `training_fields`.

    Attributes:
        sampling: how a mixture draws its tasks.
        tune: "full", every weight is trained; "frozen", only the heads are; or an adapter, which is trained with them.
        keep_head: start from the head of the phase before, where kind and labels are the same.
        selecting_tasks: which tasks of the mixture select the checkpoint by their dev scores; (): all, equally.
    """

    recipe: Recipe
    seed: int
    sampling: Sampling = PROPORTIONAL
    tune: Tune = FULL
    keep_head: bool = False
    selecting_tasks: tuple[int, ...] = field(default=(), metadata={"identity_name": "select"})

    def training_fields(self) -> dict[str, Any]:
        """Return these fields by name, as arguments of another class that has them."""
        return {spec.name: getattr(self, spec.name) for spec in dataclasses.fields(Training)}
