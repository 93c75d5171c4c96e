"""Tuning with small layers beside a frozen encoder, where a phase trains neither all weights nor the heads alone.

Values only; `nn.adapters` makes layers of them. `from_layer` is the first block (from 1) that gets any: nothing below
it needs a gradient (AdapterDrop, Rücklé et al. 2021). `stack`: new layers on top of those an earlier phase left;
otherwise equal settings go on with the earlier layers.
"""

from __future__ import annotations

from dataclasses import field, fields, replace
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from xstilts.core.canonical import OMIT_DEFAULT

FULL = "full"  # every weight is trained
FROZEN = "frozen"  # the heads alone are
Placement = Literal["houlsby", "pfeiffer", "parallel"]
FromLayer = Annotated[int, Field(ge=1)]
Targets = Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Bottleneck:
    """Adapters: down to a narrow width, a non-linearity, up again, and a sum with what was there.

    place: "houlsby", after attention and after the feed-forward layer (Houlsby et al. 2019); "pfeiffer", after the
    feed-forward layer alone (Pfeiffer et al. 2021); "parallel", beside the feed-forward layer, of its input (He et al.
    2022). width: of the bottleneck; None: the hidden size divided by `reduction`. scale: of what is added.
    invertible: a coupling layer after the embeddings as well, inverted before a masked-LM head's decoder (MAD-X,
    Pfeiffer et al. 2020).
    """

    place: Placement = "pfeiffer"
    reduction: Annotated[float, Field(ge=1)] = 16.0
    width: Annotated[int | None, Field(ge=1)] = None
    activation: Literal["relu", "gelu", "silu", "tanh"] = "relu"
    scale: Annotated[float, Field(gt=0)] = 1.0
    invertible: bool = False
    from_layer: FromLayer = 1
    stack: bool = False


@dataclass(frozen=True, kw_only=True)
class Multitask(Bottleneck):
    """Bottlenecks that know which of these tasks an update is of, if any."""

    tasks: tuple[str, ...] = ()

    def plain(self, width: int) -> Bottleneck:
        """The same without tasks, and of another width."""
        values = {spec.name: getattr(self, spec.name) for spec in fields(Bottleneck)}
        return Bottleneck(**values | {"width": width})


@dataclass(frozen=True, kw_only=True)
class SharedOwn(Multitask):
    """A bottleneck for all tasks at each place and, beside it, one for each task; both are added. A task that is none
    of them goes through the shared one alone."""


@dataclass(frozen=True, kw_only=True)
class Hypernetwork(Multitask):
    """One network makes the weights of all bottlenecks, of an embedding of the task and one of the place (HyperFormer,
    Mahabadi et al. 2021; Hyper-X, Üstün et al. 2022). embedding: their size. A task that is none of them has the mean
    of the tasks' embeddings."""

    embedding: Annotated[int, Field(ge=1)] = 64


@dataclass(frozen=True, kw_only=True)
class LoRA:
    """A product of two narrow matrices beside a linear layer, times alpha / rank (Hu et al. 2022). `targets` are roles
    of `nn.adapters.targets`, or ends of module paths within a block. dora: the sum keeps its direction and has a
    trained length for each output (Liu et al. 2024)."""

    rank: Annotated[int, Field(ge=1)] = 8
    alpha: Annotated[float, Field(gt=0)] = 16.0
    targets: Targets = ("query", "value")
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    dora: bool = False
    from_layer: FromLayer = 1
    stack: bool = False


@dataclass(frozen=True, kw_only=True)
class IA3:
    """A trained factor for each output of the key and value layers and each input of the feed-forward layer's second
    half (Liu et al. 2022). inputs: the targets of which inputs are changed."""

    targets: Targets = ("key", "value", "down")
    inputs: tuple[str, ...] = field(default=("down",), metadata=OMIT_DEFAULT)
    from_layer: FromLayer = 1
    stack: bool = False


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """`length` trained vectors before each text, in the place of embedded tokens (Lester et al. 2021)."""

    length: Annotated[int, Field(ge=1)] = 20
    from_layer: FromLayer = 1
    stack: bool = False


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """`length` trained keys and values in each block, which all tokens of a sequence see (Li and Liang 2021)."""

    length: Annotated[int, Field(ge=1)] = 20
    from_layer: FromLayer = 1
    stack: bool = False


@dataclass(frozen=True, kw_only=True)
class Fuse:
    """AdapterFusion (Pfeiffer et al. 2021): at each place an attention over the bottleneck adapters that were trained
    for it, which stay as they are. All of them have one place and one `from_layer`."""

    adapters: tuple[Bottleneck, ...]
    from_layer: FromLayer = 1
    stack: bool = True


Adapter = Bottleneck | LoRA | IA3 | Prompt | Prefix | Fuse
Tune = str | Adapter  # FULL, FROZEN, or the adapter that is trained
METHODS: dict[str, type[Adapter]] = {
    "Bottleneck": Bottleneck,
    "SharedOwn": SharedOwn,
    "Hypernetwork": Hypernetwork,
    "LoRA": LoRA,
    "IA3": IA3,
    "Prompt": Prompt,
    "Prefix": Prefix,
    "Fuse": Fuse,
}


def adapter_shape(settings: Adapter) -> Adapter:
    """The settings without what they say about where training starts, and on which tasks: equal for adapters that can
    go on from each other."""
    if isinstance(settings, Multitask):
        return replace(settings, stack=False, tasks=())
    return replace(settings, stack=False)
