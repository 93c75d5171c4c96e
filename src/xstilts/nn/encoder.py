"""The one wrapper around a pretrained encoder: packed sequences in, one hidden state a token out.

T tokens of N sequences that lie end to end, D hidden size, L the longest sequence (only where a class must be padded).
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import PreTrainedConfig, PreTrainedModel

from xstilts.core.errors import EncoderError
from xstilts.nn import loading
from xstilts.nn.adapters.manager import Adapters
from xstilts.nn.adapters.prompts import Prompted
from xstilts.nn.adapters.targets import find_blocks
from xstilts.nn.attention import PACKED, Packing, Unpackable
from xstilts.nn.batch import Batch
from xstilts.nn.bf16_copy import Twin
from xstilts.nn.dropout import use_cheap_dropout
from xstilts.nn.equivalence_check import SAME, apart, trial_batch
from xstilts.nn.last_block import can_narrow, narrow
from xstilts.nn.packing_order import by_length, missing, within
from xstilts.nn.precision import round_frozen
from xstilts.nn.vocabulary_trimming import KeptRows


class PaddedEncoder(UserWarning):
    """This encoder cannot run without padding; results are the same, runs are slower."""


@dataclass
class Hidden:
    """`last_TD` is the class's last hidden state; with `until` it is the state of that layer. `at` holds the layers
    asked for: 0 the embeddings, k the output of block k, the last one as `last_TD` (after a final norm, if any)."""

    last_TD: Tensor
    at: dict[int, Tensor] = field(default_factory=dict)


class _Reached(Exception):  # noqa: N818
    """Raised inside a forward pass after the last block that is needed."""


class Encoder(nn.Module):
    """An encoder of `transformers`.

    Attributes
        model: the bare class, without pooler and heads.
        config: its configuration; `hidden_size`, `num_layers`, `max_length` (tokens) are read from it.
        kept: weights of the pretrained folder that heads start from (pooler, language-model head), by published name.
        adapters: small layers attached to the model, which is saved without them; none at first.
        rows: while training, the rows of the embedding table that are left of it; None where it is whole.
        twin: while training, the bf16 copy that computes in the model's place; None where there is none.
        narrows: whether the last block leaves out tokens that nobody reads.
        rounded: while small layers are trained in bf16, whether the model's own matrices are bf16 themselves.
        padded_because: why sequences are padded inside the wrapper, None where they are not.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        checkpointing: bool = False,
        compile: bool = False,
        kept: dict[str, Tensor] | None = None,
        own_settings: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.config: PreTrainedConfig = model.config
        self.kept = kept or {}
        self.rows: KeptRows | None = None
        self.twin: Twin[PreTrainedModel] | None = None
        self.rounded = False
        self._own_settings = own_settings or {}
        self._compiled = compile
        self.narrows = False
        self._takes = frozenset(inspect.signature(model.forward).parameters)
        self._offset = _position_offset(model)
        use_cheap_dropout(model)
        self.adapters = Adapters(model, self.num_layers, self.hidden_size)
        self.padded_because = self._try_packing()
        if self.padded_because:
            warnings.warn(PaddedEncoder(f"{type(model).__name__} is padded: {self.padded_because}"), stacklevel=2)
        if checkpointing:
            recompute = {"use_reentrant": False}
            if hasattr(model, "activation_checkpointing_enable"):  # what newer releases of transformers call it
                model.activation_checkpointing_enable(recompute)
            else:
                model.gradient_checkpointing_enable(recompute)
        if compile:
            # Blocks share their code, so one graph serves all of them and is compiled in seconds.
            for block in self._blocks():
                block.forward = torch.compile(block.forward, dynamic=True)

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        device: str | torch.device = "cpu",
        dropout: float | None = None,
        attention_dropout: float | None = 0.0,
        checkpointing: bool = False,
        compile: bool = False,
    ) -> Encoder:
        """From a Hugging Face folder. `dropout=None` keeps the encoder's own hidden dropout. Raises EncoderError."""
        folder = Path(folder)
        config = loading.read_config(folder)
        own = loading.set_dropout(config, dropout, attention_dropout)
        model = loading.read_model(folder, config)
        kept = loading.read_pretrained_heads(folder, model)
        encoder = cls(model, checkpointing=checkpointing, compile=compile, kept=kept, own_settings=own)
        return encoder.to(device)

    def save(self, folder: Path) -> None:
        """Writes config.json and model.safetensors (fp32). A phase's dropout is not saved: it is that phase's alone."""
        assert not self.rounded, "these are not the weights that were read"
        config = copy.deepcopy(self.config)
        for name, value in self._own_settings.items():
            setattr(config, name, value)
        loading.write(Path(folder), self.model, config, self.kept)

    def keep_rows(self, ids: Tensor) -> None:
        """From here on the embedding table has the rows of these tokens alone: no other may come. Before `add_twin`."""
        self.rows = KeptRows(self.embeddings, ids)
        self.model.set_input_embeddings(self.rows.table)

    def restore_rows(self, decay: float) -> None:
        """The whole table again; `decay` is what is left of the rows that were not kept."""
        if self.rows is not None:
            self.model.set_input_embeddings(self.rows.restored(decay))
            self.rows = None

    def add_twin(self) -> None:
        """From here on forward passes that need gradients run in bf16; their states come back in fp32."""
        self.twin = Twin(self.model)

    def round_frozen(self) -> None:
        """From here on what is not trained computes with bf16 matrices, under autocast; states come back in fp32. The
        encoder can no longer be saved: its folder has its weights."""
        round_frozen(self.model)
        self.rounded = True

    @property
    def _running(self) -> PreTrainedModel:
        return self.model if self.twin is None or not torch.is_grad_enabled() else self.twin.model

    @property
    def hidden_size(self) -> int:
        return int(self.config.hidden_size)

    @property
    def num_layers(self) -> int:
        return int(self.config.num_hidden_layers)

    @property
    def max_length(self) -> int | None:
        """Tokens a sequence may have, special tokens included, behind a prompt where there is one."""
        places = getattr(self.config, "max_position_embeddings", None)
        return int(places) - self._offset - self.adapters.prompt_length if places and places > 0 else None

    @property
    def embeddings(self) -> nn.Embedding:
        table = self.model.get_input_embeddings()
        assert isinstance(table, nn.Embedding)
        return table

    def forward(
        self, batch: Batch, layers: Sequence[int] = (), until: int | None = None, read_P: Tensor | None = None
    ) -> Hidden:
        """`until=k` leaves out the blocks after the k-th. `read_P`: tokens whose last state is read (None: all); the
        others may be zero. Raises EncoderError for a sequence longer than `max_length` and for a layer that does not
        exist."""
        self._check(batch, (*layers, *(() if until is None else (until,))))
        if until == self.num_layers:
            until = None
        wanted = {layer for layer in layers if layer < self.num_layers} | ({until} if until is not None else set())
        if until is not None or not self.narrows or self.num_layers in layers:
            read_P = None
        run = self._padded(batch) if self.padded_because else self._packed(batch, read_P)
        last: Tensor | None = None
        with self._capture(wanted, until) as at, suppress(_Reached):
            last = run.last(run.states())
        states = {layer: run.strip(state).float() for layer, state in at.items()}
        last_TD = states[until] if until is not None else last
        assert last_TD is not None
        return Hidden(last_TD.float(), {layer: states.get(layer, last_TD) for layer in layers})

    def _check(self, batch: Batch, layers: Sequence[int]) -> None:
        longest = int(batch.lengths_N.max())
        if self.max_length is not None and longest > self.max_length:
            behind = f" behind a prompt of {prompt}" if (prompt := self.adapters.prompt_length) else ""
            raise EncoderError(
                f"a sequence of {longest} tokens is longer than the {self.max_length} this encoder takes{behind}.",
                value=str(longest),
                hint=f"Set max_length to {self.max_length} or less.",
            )
        if wrong := [layer for layer in layers if not 0 <= layer <= self.num_layers]:
            raise EncoderError(f"this encoder has layers 0 to {self.num_layers}, not {wrong[0]}.", value=str(wrong[0]))

    def _packed(self, batch: Batch, read_P: Tensor | None = None, trace: list[nn.Module] | None = None) -> _Run:
        """In the order of `nn.packing_order`; with `read_P` the last states of all other tokens are zero."""
        device, vectors_PE = batch.ids_T.device, self.adapters.prompt_PE
        fill = vectors_PE is None and self._prepares_kernels(device)
        layout = by_length(batch.lengths_N, fill)
        from_X, at_T, lengths_M, within_X = (
            layout.from_X.to(device),
            layout.at_T.to(device),
            layout.lengths_M,
            layout.within_X,
        )
        ids_X = self._places(batch.ids_T[from_X])
        inputs = {"input_ids": ids_X} | self._segments(batch.segments_T[from_X])
        if vectors_PE is not None:
            lengths_M = lengths_M + len(vectors_PE)
            within_X = within(lengths_M)
            prompted = Prompted.of(vectors_PE, within_X.to(device))
            inputs = {name: prompted.zeros_around(values_X) for name, values_X in inputs.items() if name != "input_ids"}
            inputs["inputs_embeds"] = prompted.around(self.embeddings(ids_X))
            at_T = prompted.is_text_S.nonzero()[:, 0][at_T]
        inputs["position_ids"] = within_X.to(device) + self._offset
        inputs = {name: values_X.unsqueeze(0) for name, values_X in inputs.items()}

        def strip(states_1XD: Tensor) -> Tensor:
            return states_1XD[0].index_select(0, at_T)

        if read_P is None:
            return self._run(inputs | {"packing": Packing.of(lengths_M, device, trace=trace)}, strip, strip)
        at_P, read = at_T[read_P], read_P
        at_P = F.pad(at_P, (0, missing(len(at_P)) if fill else 0))

        def spread(states_1PD: Tensor) -> Tensor:
            read_PD = states_1PD[0, : len(read)]
            return read_PD.new_zeros(len(at_T), read_PD.shape[1]).index_copy(0, read, read_PD)

        return self._run(inputs | {"packing": Packing.of(lengths_M, device, read_P=at_P)}, strip, spread)

    def _run(self, inputs: dict[str, Any], strip: _Shape, last: _Shape) -> _Run:
        return _Run(lambda: self._running(**inputs).last_hidden_state, strip, last)

    def _prepares_kernels(self, device: torch.device) -> bool:
        """Whether products are prepared for each number of rows, which takes longer than to compute them: bf16 on a
        CPU."""
        halved = self._running.dtype == torch.bfloat16 or torch.is_autocast_enabled(device.type)
        return device.type == "cpu" and halved and not self._compiled

    def _padded(self, batch: Batch) -> _Run:
        device = batch.ids_T.device
        real_NL = torch.arange(int(batch.lengths_N.max())) < batch.lengths_N[:, None]
        real_NL = real_NL.to(device)

        def pad(values_T: Tensor, fill: int) -> Tensor:
            return torch.full(real_NL.shape, fill, device=device).masked_scatter(real_NL, values_T)

        ids_NL = pad(batch.ids_T, self.config.pad_token_id or 0)
        inputs = {"input_ids": self._places(ids_NL), "attention_mask": real_NL.long()}
        inputs |= {name: pad(values_T, 0) for name, values_T in self._segments(batch.segments_T).items()}

        def strip(states_NLD: Tensor) -> Tensor:
            return states_NLD[real_NL]

        return self._run(inputs, strip, strip)

    def _places(self, ids: Tensor) -> Tensor:
        return ids if self.rows is None else self.rows.places(ids)

    def _segments(self, segments_T: Tensor) -> dict[str, Tensor]:
        """Token types only where the class has more than one: XLM-R's table has a single row."""
        takes = "token_type_ids" in self._takes and (getattr(self.config, "type_vocab_size", 0) or 0) > 1
        return {"token_type_ids": segments_T} if takes else {}

    def _blocks(self) -> Sequence[nn.Module]:
        return find_blocks(self._running, self.num_layers)[1]

    @contextmanager
    def _capture(self, layers: set[int], until: int | None) -> Iterator[dict[int, Tensor]]:
        """Fills a dict with the states of `layers` during a forward pass, which ends after layer `until`."""
        at: dict[int, Tensor] = {}

        def before(_block: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
            keep(0, inputs[0] if inputs else named["hidden_states"])

        def after(layer: int) -> Callable[[nn.Module, Any, Any], None]:
            return lambda _block, _inputs, output: keep(layer, output[0] if isinstance(output, tuple) else output)

        def keep(layer: int, state: Tensor) -> None:
            at[layer] = state
            if layer == until:
                raise _Reached

        blocks = self._blocks() if layers else ()
        handles = [blocks[layer - 1].register_forward_hook(after(layer)) for layer in layers if layer > 0]
        if 0 in layers:
            handles.append(blocks[0].register_forward_pre_hook(before, with_kwargs=True))
        try:
            yield at
        finally:
            for handle in handles:
                handle.remove()

    def _try_packing(self) -> str | None:
        """Switches to packed attention if a small batch shows that it changes nothing; else says why it does."""
        if not getattr(self.model, "_supports_attention_backend", False) or "position_ids" not in self._takes:
            return "its class does not take another attention function"
        batch = trial_batch(self.config, self.max_length).to(self.model.device)
        before, training = self.config._attn_implementation, self.model.training
        self.model.eval()
        with torch.no_grad():
            run = self._padded(batch)
            expected_TD = run.last(run.states())
            self.model.set_attn_implementation(PACKED)
            reason = self._differs(batch, expected_TD)
            self.narrows = not reason and self._try_narrowing(batch, expected_TD)
        self.model.train(training)
        if reason:
            self.model.set_attn_implementation(before)
        return reason

    def _differs(self, batch: Batch, expected_TD: Tensor) -> str | None:
        trace: list[nn.Module] = []
        run = self._packed(batch, trace=trace)
        try:
            got_TD = run.last(run.states())
        except (Unpackable, TypeError) as error:
            return str(error)
        if len(trace) != self.num_layers:
            return f"{len(trace)} of its {self.num_layers} layers use the attention function they are given"
        worst = apart(got_TD, expected_TD)
        return None if worst < SAME else f"a packed batch differs from a padded one by {worst:.1e} of the largest state"

    def _try_narrowing(self, batch: Batch, expected_TD: Tensor) -> bool:
        """Lets the last block leave out tokens that nobody reads, if a trial shows that it may. (Compiled blocks do all
        they did.)"""
        blocks = self._blocks()
        if self._compiled or not len(blocks) or not can_narrow(block := blocks[-1]):
            return False
        handles, first_N = narrow(block), batch.starts_N.to(batch.ids_T.device)
        run = self._packed(batch, first_N)
        try:
            if apart(run.last(run.states())[first_N], expected_TD[first_N]) < SAME:
                return True
        except (RuntimeError, TypeError, IndexError):
            pass  # a block of other parts under the same names
        for handle in handles:
            handle.remove()
        return False


_Shape = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class _Run:
    """A forward pass, and what turns its states into [T, D]: those of any layer, and the last ones."""

    states: Callable[[], Tensor]
    strip: _Shape
    last: _Shape


def _position_offset(model: PreTrainedModel) -> int:
    """Classes of the RoBERTa family count positions from the padding index + 1; all others count from 0."""
    embeddings: Any = getattr(model, "embeddings", None)
    counts_from_padding = hasattr(embeddings, "create_position_ids_from_input_ids")
    return int(embeddings.padding_idx) + 1 if counts_from_padding else 0
