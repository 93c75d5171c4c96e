"""How one phase is optimised: the numbers a paper would put in its appendix."""

from __future__ import annotations

from dataclasses import dataclass, field

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of one training phase. All of them are identity but the last three, which never change a number beyond
    rounding.

    Exactly one of `updates` and `epochs` is set. An update is `batch` examples of one task.
    """

    updates: int | None = None
    epochs: float | None = None
    batch: int = 32
    lr: float = 1e-5
    head_lr: float | None = field(default=None, metadata=OMIT_DEFAULT)  # None: `lr`
    warmup: float = 0.1  # share of the updates
    weight_decay: float = 0.01  # not on biases and norms
    clip: float = 1.0  # gradient norm, over a whole update
    patience: int | None = None  # evaluations without a better dev score before stopping
    evaluate_every: int | None = None  # updates; None: ten times a phase
    dev_examples: int | None = 2000  # a fixed subset steers selection; None: all
    dropout: float | None = None  # hidden dropout; None: the encoder's own
    attention_dropout: float = 0.0
    precision: str = "fp32"  # fp32 | bf16 ("auto" is resolved before a Recipe exists)
    retries: int = 0  # a diverged run is tried again with the next seed
    forward_tokens: int = field(default=8192, metadata=NOT_IDENTITY)  # tokens a forward pass at most
    checkpointing: bool = field(default=False, metadata=NOT_IDENTITY)  # less memory, about a third more work
    compile: bool = field(default=False, metadata=NOT_IDENTITY)  # torch.compile: pays on long runs, not on short
