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
from transformers import PreTrainedConfig, PreTrainedModel

from xstilts.core.errors import EncoderError
from xstilts.nn import loading
from xstilts.nn.adapters.attach import Adapters
from xstilts.nn.adapters.sites import find_blocks
from xstilts.nn.attention import PACKED, Packing, Unpackable
from xstilts.nn.batch import Batch
from xstilts.nn.dropout import use_cheap_dropout
from xstilts.nn.precision import round_frozen
from xstilts.nn.table import KeptRows
from xstilts.nn.twin import Twin


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
    def num_parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def max_length(self) -> int | None:
        """Tokens a sequence may have, special tokens included."""
        places = getattr(self.config, "max_position_embeddings", None)
        return int(places) - self._offset if places and places > 0 else None

    @property
    def embeddings(self) -> nn.Embedding:
        table = self.model.get_input_embeddings()
        assert isinstance(table, nn.Embedding)
        return table

    def forward(self, batch: Batch, layers: Sequence[int] = (), until: int | None = None) -> Hidden:
        """`until=k` leaves out the blocks after the k-th. Raises EncoderError for a sequence longer than `max_length`
        and for a layer that does not exist."""
        self._check(batch, (*layers, *(() if until is None else (until,))))
        if until == self.num_layers:
            until = None
        wanted = {layer for layer in layers if layer < self.num_layers} | ({until} if until is not None else set())
        run, strip = self._padded(batch) if self.padded_because else self._packed(batch)
        last: Tensor | None = None
        with self._capture(wanted, until) as at, suppress(_Reached):
            last = strip(run().last_hidden_state)
        if self.twin is not None or self.rounded:
            at, last = {layer: state.float() for layer, state in at.items()}, None if last is None else last.float()
        states = {layer: strip(state) for layer, state in at.items()}
        last_TD = states[until] if until is not None else last
        assert last_TD is not None
        return Hidden(last_TD, {layer: states.get(layer, last_TD) for layer in layers})

    def _check(self, batch: Batch, layers: Sequence[int]) -> None:
        longest = int(batch.lengths_N.max())
        if self.max_length is not None and longest > self.max_length:
            raise EncoderError(
                f"a sequence of {longest} tokens is longer than the {self.max_length} this encoder takes.",
                value=str(longest),
                hint=f"Set max_length to {self.max_length} or less.",
            )
        if wrong := [layer for layer in layers if not 0 <= layer <= self.num_layers]:
            raise EncoderError(f"this encoder has layers 0 to {self.num_layers}, not {wrong[0]}.", value=str(wrong[0]))

    def _packed(self, batch: Batch, trace: list[nn.Module] | None = None) -> _Run:
        """Sequences run in order of their length, so that those of one length attend in one call."""
        device = batch.ids_T.device
        order_N = torch.argsort(batch.lengths_N, stable=True)
        lengths_N, starts_N = batch.lengths_N[order_N], batch.starts_N[order_N]
        within_T = torch.arange(batch.ids_T.numel()) - torch.repeat_interleave(
            lengths_N.cumsum(0) - lengths_N, lengths_N
        )
        sorted_T = (torch.repeat_interleave(starts_N, lengths_N) + within_T).to(device)
        inputs = {"input_ids": self._places(batch.ids_T[sorted_T]), "position_ids": within_T.to(device) + self._offset}
        inputs |= self._segments(batch.segments_T[sorted_T])
        inputs = {name: values_T.unsqueeze(0) for name, values_T in inputs.items()}
        packing = Packing.of(lengths_N, device, trace)
        back_T = torch.argsort(sorted_T)

        def strip(states_1TD: Tensor) -> Tensor:
            """[T, D]; of several copies of the batch (`nn.side_by_side`) one after another."""
            states_KTD = states_1TD[0].unflatten(0, (-1, len(back_T)))
            return states_KTD.index_select(1, back_T).flatten(0, 1)

        return lambda: self._running(**inputs, packing=packing), strip

    def _padded(self, batch: Batch) -> _Run:
        device = batch.ids_T.device
        real_NL = torch.arange(int(batch.lengths_N.max())) < batch.lengths_N[:, None]
        real_NL = real_NL.to(device)

        def pad(values_T: Tensor, fill: int) -> Tensor:
            return torch.full(real_NL.shape, fill, device=device).masked_scatter(real_NL, values_T)

        ids_NL = pad(batch.ids_T, self.config.pad_token_id or 0)
        inputs = {"input_ids": self._places(ids_NL), "attention_mask": real_NL.long()}
        inputs |= {name: pad(values_T, 0) for name, values_T in self._segments(batch.segments_T).items()}
        return lambda: self._running(**inputs), lambda states_NLD: states_NLD[real_NL]

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
        batch = _trial(self.config, self.max_length).to(self.model.device)
        before, training = self.config._attn_implementation, self.model.training
        self.model.eval()
        with torch.no_grad():
            run, strip = self._padded(batch)
            expected_TD = strip(run().last_hidden_state)
            self.model.set_attn_implementation(PACKED)
            reason = self._differs(batch, expected_TD)
        self.model.train(training)
        if reason:
            self.model.set_attn_implementation(before)
        return reason

    def _differs(self, batch: Batch, expected_TD: Tensor) -> str | None:
        trace: list[nn.Module] = []
        run, strip = self._packed(batch, trace)
        try:
            got_TD = strip(run().last_hidden_state)
        except (Unpackable, TypeError) as error:
            return str(error)
        if len(trace) != self.num_layers:
            return f"{len(trace)} of its {self.num_layers} layers use the attention function they are given"
        # Wrong positions or mixed sequences move states by a share of their size; another order of sums by a millionth.
        worst = float((got_TD - expected_TD).abs().max() / expected_TD.abs().max())
        return None if worst < 1e-3 else f"a packed batch differs from a padded one by {worst:.1e} of the largest state"


_Run = tuple[Callable[[], Any], Callable[[Tensor], Tensor]]  # the forward pass, and what makes its states [T, D]


def _position_offset(model: PreTrainedModel) -> int:
    """Classes of the RoBERTa family count positions from the padding index + 1; all others count from 0."""
    embeddings: Any = getattr(model, "embeddings", None)
    counts_from_padding = hasattr(embeddings, "create_position_ids_from_input_ids")
    return int(embeddings.padding_idx) + 1 if counts_from_padding else 0


def _trial(config: PreTrainedConfig, max_length: int | None) -> Batch:
    """Two sequences of different length, the longer one beyond a local layer's window where that is cheap."""
    window = getattr(config, "sliding_window", None) or 0
    longer = min(max(9, window + 3 if window <= 128 else 0), max_length or 512)
    shorter = max(1, longer // 2)
    total = longer + shorter
    ids_T = 1 + torch.arange(total) * 7919 % (config.vocab_size - 1)
    ids_T[ids_T == config.pad_token_id] = 0 if config.pad_token_id else 1
    return Batch(
        ids_T=ids_T,
        segments_T=(torch.arange(total) % 5 == 0).long(),
        lengths_N=torch.tensor([longer, shorter]),
        sequences_R=[1, 1],
        examples_R=[0, 1],
    )
