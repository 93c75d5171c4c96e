"""Encoder: the one wrapper around a pretrained encoder. Packed sequences in, one hidden state a token out.

T tokens of N sequences that lie end to end, D hidden size, L the longest sequence (only where a class must be padded).
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Sequence
from contextlib import suppress
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
from xstilts.nn.attention import Packing
from xstilts.nn.batch import Batch
from xstilts.nn.bf16_copy import Bf16Copy
from xstilts.nn.dropout import use_cheap_dropout
from xstilts.nn.equivalence_check import try_packing
from xstilts.nn.forward_pass import ForwardPass, Hidden, LayerReached, StateMap, capture_states, position_offset
from xstilts.nn.packing_order import by_length, missing, within
from xstilts.nn.precision import round_frozen
from xstilts.nn.vocabulary_trimming import KeptEmbeddings


class PaddedEncoder(UserWarning):
    """This encoder cannot run without padding; results are the same, runs are slower."""


class Encoder(nn.Module):
    """An encoder of `transformers`.

    Attributes
        model: the bare class, without pooler and heads.
        config: its configuration; `hidden_size`, `num_layers`, `max_length` (tokens) are read from it.
        own_head_weights: weights that go with the encoder and that heads start from (pooler, language-model head), by
            published name: those of its folder, or as a head has trained them since.
        adapters: small layers attached to the model, which is saved without them; none at first.
        kept_embeddings: while training, the rows of the embedding table that are left of it; None where all are there.
        bf16_copy: while training, the bf16 copy that computes in the model's place; None where there is none.
        skips_unread_tokens: whether the last block leaves out tokens that nobody reads.
        frozen_is_bf16: while small layers are trained in bf16, whether the model's own matrices are bf16 themselves.
        padding_reason: why sequences are padded inside the wrapper, None where they are not.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        checkpointing: bool = False,
        compile: bool = False,
        own_head_weights: dict[str, Tensor] | None = None,
        saved_dropouts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.config: PreTrainedConfig = model.config
        self.own_head_weights = own_head_weights or {}
        self.kept_embeddings: KeptEmbeddings | None = None
        self.bf16_copy: Bf16Copy[PreTrainedModel] | None = None
        self.frozen_is_bf16 = False
        self._saved_dropouts = saved_dropouts or {}
        self._compiled = compile
        # What the class takes: position_ids, token_type_ids or others.
        self.input_names = frozenset(inspect.signature(model.forward).parameters)
        self._position_offset = position_offset(model)
        use_cheap_dropout(model)
        self.adapters = Adapters(model, self.num_layers, self.hidden_size)
        trial = try_packing(self, compile)
        self.padding_reason, self.skips_unread_tokens = trial.padding_reason, trial.skips_unread_tokens
        if self.padding_reason:
            warnings.warn(PaddedEncoder(f"{type(model).__name__} is padded: {self.padding_reason}"), stacklevel=2)
        if checkpointing:
            recompute = {"use_reentrant": False}
            if hasattr(model, "activation_checkpointing_enable"):  # what newer releases of transformers call it
                model.activation_checkpointing_enable(recompute)
            else:
                model.gradient_checkpointing_enable(recompute)
        if compile:
            # Blocks share their code, so one graph serves all of them and is compiled in seconds.
            for block in self.blocks():
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
        """Load an encoder from a Hugging Face folder.

        Args:
            dropout: hidden dropout while training; None keeps the one in the encoder's configuration.
            attention_dropout: the same of attention.
            checkpointing: whether states are computed again in the backward pass instead of held in memory.

        Raises EncoderError for a folder that is no encoder.
        """
        folder = Path(folder)
        config = loading.read_config(folder)
        saved_dropouts = loading.set_dropout(config, dropout, attention_dropout)
        model = loading.read_model(folder, config)
        encoder = cls(
            model,
            checkpointing=checkpointing,
            compile=compile,
            own_head_weights=loading.read_own_heads(folder, model),
            saved_dropouts=saved_dropouts,
        )
        return encoder.to(device)

    def save(self, folder: Path) -> None:
        """Write config.json and model.safetensors (fp32). A phase's dropout is not saved: it is that phase's alone."""
        assert not self.frozen_is_bf16, "these are not the weights that were read"
        config = copy.deepcopy(self.config)
        for name, value in self._saved_dropouts.items():
            setattr(config, name, value)
        loading.write(Path(folder), self.model, config, self.own_head_weights)

    def keep_embeddings(self, token_ids: Tensor) -> None:
        """Cut the embedding table down to the rows of these tokens: no other may come. Call it before
        `add_bf16_copy`."""
        self.kept_embeddings = KeptEmbeddings(self.embeddings, token_ids)
        self.model.set_input_embeddings(self.kept_embeddings.table)

    def restore_embeddings(self, decay: float) -> None:
        """Put the full table back; `decay` is what is left of the rows that were not kept."""
        if self.kept_embeddings is not None:
            self.model.set_input_embeddings(self.kept_embeddings.restored(decay))
            self.kept_embeddings = None

    def add_bf16_copy(self) -> None:
        """Run forward passes that need gradients in bf16; their states come back in fp32."""
        self.bf16_copy = Bf16Copy(self.model)

    def round_frozen(self) -> None:
        """Compute with bf16 matrices where nothing is trained, under autocast; states come back in fp32. The encoder
        can no longer be saved: its folder has its weights."""
        round_frozen(self.model)
        self.frozen_is_bf16 = True

    @property
    def _running_model(self) -> PreTrainedModel:
        return self.model if self.bf16_copy is None or not torch.is_grad_enabled() else self.bf16_copy.model

    @property
    def hidden_size(self) -> int:
        return int(self.config.hidden_size)

    @property
    def pooler_prefix(self) -> str:
        """What the names of a pooler begin with among the encoder's own weights."""
        return f"{self.model.base_model_prefix}.pooler."

    @property
    def num_layers(self) -> int:
        return int(self.config.num_hidden_layers)

    @property
    def max_length(self) -> int | None:
        """Tokens that a sequence may have, special tokens included, after a prompt where there is one."""
        positions = getattr(self.config, "max_position_embeddings", None)
        if not positions or positions <= 0:
            return None
        return int(positions) - self._position_offset - self.adapters.prompt_length

    @property
    def embeddings(self) -> nn.Embedding:
        table = self.model.get_input_embeddings()
        assert isinstance(table, nn.Embedding)
        return table

    def forward(
        self, batch: Batch, layers: Sequence[int] = (), until: int | None = None, read_P: Tensor | None = None
    ) -> Hidden:
        """Return the last hidden state of each token, and those of `layers`.

        Args:
            layers: 0 the embeddings, k the output of block k.
            until: the blocks after this one are left out.
            read_P: tokens whose last state is read (None: all); the others may be zero.

        Raises EncoderError for a sequence longer than `max_length` and for a layer that does not exist.
        """
        self._check(batch, (*layers, *(() if until is None else (until,))))
        if until == self.num_layers:
            until = None
        captured_layers = {layer for layer in layers if layer < self.num_layers}
        if until is not None:
            captured_layers.add(until)
        if until is not None or not self.skips_unread_tokens or self.num_layers in layers:
            read_P = None
        forward_pass = self.padded_pass(batch) if self.padding_reason else self.packed_pass(batch, read_P)
        last: Tensor | None = None
        blocks = self.blocks() if captured_layers else ()
        with capture_states(blocks, captured_layers, until) as captured, suppress(LayerReached):
            last = forward_pass.last_TD()
        states = {layer: forward_pass.to_tokens(state).float() for layer, state in captured.items()}
        last_TD = states[until] if until is not None else last
        assert last_TD is not None
        return Hidden(last_TD.float(), {layer: states.get(layer, last_TD) for layer in layers})

    def _check(self, batch: Batch, layers: Sequence[int]) -> None:
        longest = int(batch.lengths_N.max())
        if self.max_length is not None and longest > self.max_length:
            prompt = f" behind a prompt of {length}" if (length := self.adapters.prompt_length) else ""
            raise EncoderError(
                f"a sequence of {longest} tokens is longer than the {self.max_length} this encoder takes{prompt}.",
                value=str(longest),
                hint=f"Set max_length to {self.max_length} or less.",
            )
        if wrong := [layer for layer in layers if not 0 <= layer <= self.num_layers]:
            raise EncoderError(f"this encoder has layers 0 to {self.num_layers}, not {wrong[0]}.", value=str(wrong[0]))

    def packed_pass(
        self, batch: Batch, read_P: Tensor | None = None, trace: list[nn.Module] | None = None
    ) -> ForwardPass:
        """Return the pass in the order of `nn.packing_order`; with `read_P` the last states of all other tokens are
        zero."""
        device, prompt_PE = batch.ids_T.device, self.adapters.prompt_PE
        fill = prompt_PE is None and self._prepares_kernels(device)
        order = by_length(batch.lengths_N, fill)
        from_X, at_T = order.from_X.to(device), order.at_T.to(device)
        lengths_M, within_X = order.lengths_M, order.within_X
        ids_X = self._embedding_rows(batch.ids_T[from_X])
        inputs = {"input_ids": ids_X} | self._segments(batch.segments_T[from_X])
        if prompt_PE is not None:
            lengths_M = lengths_M + len(prompt_PE)
            within_X = within(lengths_M)
            prompted = Prompted.of(prompt_PE, within_X.to(device))
            inputs = {name: prompted.with_zeros(values_X) for name, values_X in inputs.items() if name != "input_ids"}
            inputs["inputs_embeds"] = prompted.with_prompts(self.embeddings(ids_X))
            at_T = prompted.is_text_S.nonzero()[:, 0][at_T]
        inputs["position_ids"] = within_X.to(device) + self._position_offset
        inputs = {name: values_X.unsqueeze(0) for name, values_X in inputs.items()}

        def to_tokens(states_1XD: Tensor) -> Tensor:
            return states_1XD[0].index_select(0, at_T)

        if read_P is None:
            packing = Packing.of(lengths_M, device, trace=trace)
            return self._forward_pass(inputs | {"packing": packing}, to_tokens, to_tokens)
        at_P = at_T[read_P]
        at_P = F.pad(at_P, (0, missing(len(at_P)) if fill else 0))

        def spread(states_1PD: Tensor) -> Tensor:
            read_PD = states_1PD[0, : len(read_P)]
            return read_PD.new_zeros(len(at_T), read_PD.shape[1]).index_copy(0, read_P, read_PD)

        packing = Packing.of(lengths_M, device, read_P=at_P)
        return self._forward_pass(inputs | {"packing": packing}, to_tokens, spread)

    def _forward_pass(self, inputs: dict[str, Any], to_tokens: StateMap, last_to_tokens: StateMap) -> ForwardPass:
        return ForwardPass(lambda: self._running_model(**inputs).last_hidden_state, to_tokens, last_to_tokens)

    def _prepares_kernels(self, device: torch.device) -> bool:
        """Tell whether products are prepared for each number of rows, which takes longer than to compute them: bf16 on
        a CPU."""
        halved = self._running_model.dtype == torch.bfloat16 or torch.is_autocast_enabled(device.type)
        return device.type == "cpu" and halved and not self._compiled

    def padded_pass(self, batch: Batch) -> ForwardPass:
        device = batch.ids_T.device
        real_NL = torch.arange(int(batch.lengths_N.max())) < batch.lengths_N[:, None]
        real_NL = real_NL.to(device)

        def pad(values_T: Tensor, fill: int) -> Tensor:
            return torch.full(real_NL.shape, fill, device=device).masked_scatter(real_NL, values_T)

        ids_NL = pad(batch.ids_T, self.config.pad_token_id or 0)
        inputs = {"input_ids": self._embedding_rows(ids_NL), "attention_mask": real_NL.long()}
        inputs |= {name: pad(values_T, 0) for name, values_T in self._segments(batch.segments_T).items()}

        def to_tokens(states_NLD: Tensor) -> Tensor:
            return states_NLD[real_NL]

        return self._forward_pass(inputs, to_tokens, to_tokens)

    def _embedding_rows(self, token_ids: Tensor) -> Tensor:
        return token_ids if self.kept_embeddings is None else self.kept_embeddings.row_numbers(token_ids)

    def _segments(self, segments_T: Tensor) -> dict[str, Tensor]:
        """Return token types only where the class has more than one: XLM-R's table has a single row."""
        has_types = "token_type_ids" in self.input_names and (getattr(self.config, "type_vocab_size", 0) or 0) > 1
        return {"token_type_ids": segments_T} if has_types else {}

    def blocks(self) -> Sequence[nn.Module]:
        return find_blocks(self._running_model, self.num_layers)[1]
