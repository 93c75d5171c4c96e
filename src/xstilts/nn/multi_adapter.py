"""Several sets of adapters on one encoder, which read the same batches. K sets, T tokens of a batch, D hidden size.

The blocks below the first adapter of any set run once for a batch. From there on the states of some sets lie end to end
along the T axis, and each hook sees its own share of it; or one set runs after another on the kept states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Prefix, Prompt
from xstilts.nn.adapters.manager import Attached
from xstilts.nn.adapters.targets import find_blocks
from xstilts.nn.attention import Packing
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder

R = TypeVar("R")


class SideBySide:
    """`sets`: the adapters of each, first attached first; an empty one is the bare encoder. None is attached when this
    is made, nor after it was used. For passes without gradients. Raises EncoderError for prompts and prefixes."""

    def __init__(self, encoder: Encoder, sets: Sequence[Sequence[Attached]]) -> None:
        self.encoder, self.sets = encoder, [list(adapters) for adapters in sets]
        if packed := [one.settings for own in self.sets for one in own if isinstance(one.settings, Prompt | Prefix)]:
            what = "prompts and prefixes change how sequences are packed, and cannot run beside other adapters."
            raise EncoderError(what, value=type(packed[0]).__name__, hint="Predict with each of them on its own.")
        path, self._blocks = find_blocks(encoder.model, encoder.num_layers) if any(self.sets) else ("", [])
        patches = [patch for own in self.sets for adapter in own for patch in adapter.each]
        # States are laid side by side where blocks begin: what is changed before has one copy.
        self._together = all(site.path.startswith(f"{path}.") for patch in patches for site in patch.sites)
        changed = [first_block(adapter) for adapters in self.sets for adapter in adapters]
        self.first = min(changed, default=encoder.num_layers + 1)  # the first block that is not the same for all

    def each(
        self,
        batch: Batch,
        use: Callable[[int, Tensor], R],
        until: int | None = None,
        together: int = 1,
        read_P: Tensor | None = None,
    ) -> list[R]:
        """`use(i, hidden_TD)` for each set i, with the states of its last layer (`until`: of that layer), while
        `encoder.adapters` names its adapters. At most `together` sets run at a time; one, where sequences are padded
        or embeddings are changed. `until` and `read_P` are the encoder's."""
        step = max(1, together) if self._together and not self.encoder.padded_because else 1
        found: list[R] = []
        with once(self._blocks[: self.first - 1]):
            for start in range(0, len(self.sets), step):
                places = range(start, min(start + step, len(self.sets)))
                for place, hidden_TD in zip(places, self._states(places, batch, until, read_P), strict=True):
                    with self.named(place):
                        found.append(use(place, hidden_TD))
        return found

    def _states(
        self, places: Sequence[int], batch: Batch, until: int | None, read_P: Tensor | None
    ) -> Sequence[Tensor]:
        tokens, copies = self.encoder.tokens_run(batch), len(places)
        with ExitStack() as stack:
            for number, place in enumerate(places):
                share = _Share(slice(number * tokens, (number + 1) * tokens), copies * tokens) if copies > 1 else None
                stack.enter_context(self._attached(self.sets[place], share))
            if copies > 1:
                stack.enter_context(_wider(self._blocks[self.first - 1 :], tokens, copies))
            last = self.encoder(batch, until=until, read_P=read_P if copies == 1 else None).last_TD
        own = batch.ids_T.numel()
        return [last] * copies if len(last) == own else last.split(own)

    @contextmanager
    def named(self, place: int) -> Iterator[None]:
        """Inside, `encoder.adapters` holds the adapters of one set. They are not hooked into the model."""
        self.encoder.adapters.extend(self.sets[place])
        try:
            yield
        finally:
            del self.encoder.adapters[:]

    @contextmanager
    def _attached(self, adapters: Sequence[Attached], share: _Share | None) -> Iterator[None]:
        try:
            for adapter in adapters:
                adapter.attach(self.encoder.model)
                if share:
                    for handle in adapter.handles:
                        share.narrow(handle)
            yield
        finally:
            for adapter in adapters:
                adapter.remove()


def first_block(adapter: Attached) -> int:
    """The first block (from 1) whose states an adapter changes."""
    return min(site.block for patch in adapter.each for site in patch.sites)


@contextmanager
def once(blocks: Sequence[nn.Module]) -> Iterator[list[Any]]:
    """Inside, the first pass runs these blocks, and the others are given what the last of them gave, until the list is
    cleared. A pass must not ask for the states of a layer below the last of them after one that came to it."""
    kept: list[Any] = []

    def remembered(own: Callable[..., Any], is_last: bool) -> Callable[..., Any]:
        def forward(*inputs: Any, **named: Any) -> Any:
            if kept:
                return kept[0]
            output = own(*inputs, **named)
            if is_last:
                kept.append(output)
            return output

        return forward

    before = [block.__dict__.get("forward") for block in blocks]  # a compiled one
    for number, block in enumerate(blocks, start=1):
        block.forward = remembered(block.forward, number == len(blocks))
    try:
        yield kept
    finally:
        for block, own in zip(blocks, before, strict=True):
            del block.forward
            if own is not None:
                block.forward = own


@contextmanager
def _wider(blocks: Sequence[nn.Module], tokens: int, copies: int) -> Iterator[None]:
    """Inside, these blocks are given `copies` times the tokens: states where they have a single copy, and all that goes
    with the tokens, such as positions and lengths."""
    made: dict[int, tuple[Any, Any]] = {}  # by identity; the value is held so that its identity stays its own

    def wide(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(wide(one) for one in value)
        if not (isinstance(value, Packing) or _is_along(value, tokens)):
            return value
        if id(value) not in made:
            wider = value.repeated(copies) if isinstance(value, Packing) else torch.cat([value] * copies, dim=1)
            made[id(value)] = (value, wider)
        return made[id(value)][1]

    def before(_block: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return wide(inputs), {name: wide(value) for name, value in named.items()}

    handles = [block.register_forward_pre_hook(before, with_kwargs=True, prepend=True) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass(frozen=True)
class _Share:
    """The places of one copy among all `tokens` of several."""

    places: slice
    tokens: int

    def narrow(self, handle: RemovableHandle) -> None:
        """From here on the hook sees this share of the tokens, and what it gives takes the place of that share."""
        hooks = handle.hooks_dict_ref()
        assert hooks is not None
        hook = hooks[handle.id]

        def narrowed(layer: nn.Module, inputs: tuple[Any, ...], *rest: Any) -> Any:
            """Before a layer: its inputs, and maybe its named ones. After it: its inputs and its output."""
            changed = hook(layer, self._cut(inputs), *map(self._cut, rest))
            if changed is None:
                return None
            if rest and isinstance(rest[0], Tensor):
                rest[0][:, self.places] = changed  # the layer's output is nobody else's yet
                return rest[0]
            if rest and isinstance(rest[0], dict):
                return self._put((inputs, rest[0]), changed)
            return self._put(rest[0] if rest else inputs, changed)

        hooks[handle.id] = narrowed

    def _cut(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._cut(one) for one in value)
        if isinstance(value, dict):
            return {name: self._cut(one) for name, one in value.items()}
        return value[:, self.places] if _is_along(value, self.tokens) else value

    def _put(self, whole: Any, part: Any) -> Any:
        if isinstance(whole, tuple):
            return tuple(self._put(*pair) for pair in zip(whole, part, strict=True))
        if isinstance(whole, dict):
            return {name: self._put(one, part[name]) for name, one in whole.items()}
        if not _is_along(whole, self.tokens):
            return whole
        first, last = self.places.start, self.places.stop
        return torch.cat([whole[:, :first], part.to(whole.dtype), whole[:, last:]], dim=1)


def _is_along(value: Any, tokens: int) -> bool:
    return isinstance(value, Tensor) and value.ndim > 1 and value.shape[1] == tokens
