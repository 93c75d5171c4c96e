"""Pretrained heads and new ones: the parameters of a head are those of the encoder's own class for the kind, or our own
where it is not known to fit.

For a native head the class of `transformers` is built without memory, its encoder replaced by a stand-in that passes
hidden states through, and the rest is initialised as that class initialises it. Its own forward then computes the
logits, and names and shapes are the class's: an export is the encoder's weights and the head's in one file.

Weights that the encoder brings for the head (BERT's pooler, a language-model head, ModernBERT's dense layer) are
loaded, as the class would. The way back is `heads.own_head`.

Shapes: B sequences of L states each (one pooled state each, or all tokens as one sequence), D hidden size, C outputs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from xstilts.core.errors import EncoderError
from xstilts.kinds.base import Kind
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder

# Classes of `transformers` (`Kind.hf_auto_class`) whose heads are not a layer on each token.
MULTIPLE_CHOICE = "AutoModelForMultipleChoice"
SEQUENCE_LEVEL = ("AutoModelForSequenceClassification", MULTIPLE_CHOICE)
LANGUAGE_MODEL = "AutoModelForMaskedLM"

# What the weights of our own language-model head are called in an encoder folder: no class has such names.
PLAIN_LANGUAGE_MODEL = "xstilts_language_model."

# Model types whose classes are tested to give the same logits through the stand-in.
NATIVE = ("xlm-roberta", "roberta", "camembert", "bert", "electra", "modernbert", "distilbert", "deberta-v2", "mpnet")


class HeadModule(nn.Module):
    """A module that turns hidden states into logits. `module` holds the parameters; `auto_class` is set where it is
    that of the encoder's own class.

    published_prefix: what the names of its weights begin with where an encoder holds them as its own.
    """

    module: nn.Module
    auto_class: str | None = None
    pooling = "cls"
    published_prefix = ""

    @property
    def published(self) -> dict[str, Tensor]:
        """The weights by the names under which an encoder holds them as its own."""
        return {f"{self.published_prefix}{name}": tensor for name, tensor in self.module.state_dict().items()}

    def load_own(self, encoder: Encoder) -> None:
        """Start from those of the encoder's own weights that fit; others stay as they were drawn."""
        shapes = {name: tensor.shape for name, tensor in self.module.state_dict().items()}
        own = {
            name.removeprefix(self.published_prefix): tensor
            for name, tensor in encoder.own_head_weights.items()
            if name.startswith(self.published_prefix)
        }
        fitting = {name: tensor for name, tensor in own.items() if shapes.get(name) == tensor.shape}
        self.module.load_state_dict(fitting, strict=False)

    def forward(self, hidden_BLD: Tensor) -> Tensor:
        """Return logits of states [B, L, D]: [B, C] for sequence-level kinds (L is 1), [B, L, C] for token-level
        ones."""
        raise NotImplementedError

    def sequences(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        """Return logits of each sequence in fp32, [N, C], from its first token or the mean of its tokens."""
        if self.pooling == "mean":
            pooled_ND = ragged.mean(hidden_TD, batch.lengths_N)
        else:
            pooled_ND = ragged.first(hidden_TD, batch.starts_N)
        return self(pooled_ND[:, None]).float()

    def reads(self, batch: Batch) -> Tensor | None:
        """Return the tokens that `sequences` reads; None: all."""
        return None if self.pooling == "mean" else batch.starts_N.to(batch.ids_T.device)

    def tokens(self, hidden_TD: Tensor) -> Tensor:
        """Return logits of each token in fp32, [T, C]."""
        return self(hidden_TD[None])[0].float()


class ClassHead(HeadModule):
    """The own modules and forward of a class of `transformers`; `module.state_dict()` has its names."""

    def __init__(self, auto_class: str, outputs: int, encoder: Encoder) -> None:
        super().__init__()
        self.auto_class = auto_class
        config = class_config(encoder, outputs)
        self.pooling = getattr(config, "classifier_pooling", "cls")
        self.module = _shell(auto_class, config, encoder)
        self.load_own(encoder)
        self._is_choice = auto_class == MULTIPLE_CHOICE

    def forward(self, hidden_BLD: Tensor) -> Tensor:
        if self._is_choice:  # the class counts options on the second axis: here each sequence is the only one
            hidden_BLD = hidden_BLD[:, None]
        real = torch.ones(hidden_BLD.shape[:-1], dtype=torch.long, device=hidden_BLD.device)
        scores = self.module(inputs_embeds=hidden_BLD, attention_mask=real)
        if "start_logits" in scores:
            return torch.stack([scores.start_logits, scores.end_logits], dim=-1)
        return scores.logits


class PlainHead(HeadModule):
    """Dropout, a dense layer with tanh and a linear layer on the first token; dropout and a linear layer on tokens;
    a dense layer with GELU and norm under the tied embeddings for masked tokens."""

    def __init__(self, auto_class: str | None, outputs: int, encoder: Encoder) -> None:
        super().__init__()
        size, config = encoder.hidden_size, encoder.config
        dropout = getattr(config, "classifier_dropout", None)
        dropout = float(getattr(config, "hidden_dropout_prob", 0.1) if dropout is None else dropout)
        self._pooled = auto_class in SEQUENCE_LEVEL
        if self._pooled:
            self.module = nn.Sequential(
                nn.Dropout(dropout), nn.Linear(size, size), nn.Tanh(), nn.Dropout(dropout), nn.Linear(size, outputs)
            )
        elif auto_class == LANGUAGE_MODEL:
            table = encoder.embeddings
            narrow = nn.Linear(size, table.embedding_dim)
            decoder = TiedDecoder(table, nn.Parameter(torch.zeros(table.num_embeddings)))
            self.module = nn.Sequential(narrow, nn.GELU(), nn.LayerNorm(table.embedding_dim), decoder)
            self.published_prefix = PLAIN_LANGUAGE_MODEL
        else:
            self.module = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, outputs))
        for layer in self.module.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=getattr(config, "initializer_range", 0.02))
                nn.init.zeros_(layer.bias)
        self.load_own(encoder)

    def forward(self, hidden_BLD: Tensor) -> Tensor:
        return self.module(hidden_BLD[:, 0] if self._pooled else hidden_BLD)


class TiedDecoder(nn.Module):
    """Scores against the encoder's embedding table, which stays the encoder's parameter alone: it is neither trained
    nor saved twice. The same holds for a bias that belongs to `parent`."""

    def __init__(self, table: nn.Embedding, bias: nn.Parameter | None, parent: nn.Module | None = None) -> None:
        super().__init__()
        self.bias = bias if parent is None else None
        self._elsewhere: tuple[nn.Embedding, Any] = (table, parent or self)  # a tuple registers nothing
        self.token_ids: Tensor | None = None  # the tokens that are scored, None: all
        self.passes_states = False  # whether states go through as they are, for what scores them itself

    @property
    def tied(self) -> tuple[Tensor, Tensor]:
        """The weights [V, D] and the bias [V]."""
        table, owner = self._elsewhere
        return table.weight, owner.bias

    def forward(self, hidden_XD: Tensor) -> Tensor:
        if self.passes_states:
            return hidden_XD
        table, owner = self._elsewhere
        if self.token_ids is None:
            return F.linear(hidden_XD, table.weight, owner.bias)
        return F.linear(
            hidden_XD, F.embedding(self.token_ids, table.weight), owner.bias.index_select(0, self.token_ids)
        )


class _StandIn(nn.Module):
    """A stand-in for the encoder: hidden states come in as `inputs_embeds` and go out as they are, and pooled where the
    class pools."""

    def __init__(self, pooler: nn.Module | None) -> None:
        super().__init__()
        self.pooler = pooler

    def forward(self, *_args: Any, inputs_embeds: Tensor, **_others: Any) -> BaseModelOutputWithPooling:
        pooled = None if self.pooler is None else self.pooler(inputs_embeds)
        return BaseModelOutputWithPooling(last_hidden_state=inputs_embeds, pooler_output=pooled)


def make_part(kind: Kind, outputs: int, encoder: Encoder) -> HeadModule:
    """Return new parameters for a kind with `outputs` outputs, drawn from torch's global generator. A kind without
    a class of `transformers` gets a linear layer on each token."""
    if kind.hf_auto_class is not None and encoder.config.model_type in NATIVE:
        part: HeadModule = ClassHead(kind.hf_auto_class, outputs, encoder)
    else:
        part = PlainHead(kind.hf_auto_class, outputs, encoder)
    return part.to(encoder.embeddings.weight.device)


def own_language_model_names(config: PreTrainedConfig) -> set[str] | None:
    """Return the names of the weights that a masked-LM head needs, as the encoder's own class calls them, without what
    is tied to the embeddings; None for an encoder whose head is one of ours (see `PLAIN_LANGUAGE_MODEL`)."""
    if config.model_type not in NATIVE:
        return None
    with torch.device("meta"):
        shell = getattr(transformers, LANGUAGE_MODEL).from_config(config)
    prefix = f"{shell.base_model_prefix}."
    own = {name for name, _ in shell.named_parameters() if not name.startswith(prefix)}
    if not config.tie_word_embeddings or (decoder := shell.get_output_embeddings()) is None:
        return own
    path = next(name for name, module in shell.named_modules() if module is decoder)
    return own - {f"{path}.weight", f"{path}.bias"} if _shares_bias(shell, path) else own - {f"{path}.weight"}


def _shares_bias(shell: nn.Module, decoder: str) -> bool:
    """Tell whether a decoder's bias belongs to the layer above it, as in BERT's and RoBERTa's classes."""
    return "bias" in dict(shell.get_submodule(decoder.rpartition(".")[0]).named_parameters(recurse=False))


@contextmanager
def scoring_only(part: HeadModule, tokens_C: Tensor | None) -> Iterator[None]:
    """Make a language-model head score, inside, these tokens alone (None: all). Raises EncoderError for a head whose
    decoder is not tied to the embeddings."""
    decoders = [module for module in part.modules() if isinstance(module, TiedDecoder)]
    if tokens_C is not None and not decoders:
        raise EncoderError("the language-model head here is not tied to the embeddings: train it without candidates")
    for decoder in decoders:
        decoder.token_ids = tokens_C
    try:
        yield
    finally:
        for decoder in decoders:
            decoder.token_ids = None


@contextmanager
def passing_states(part: HeadModule) -> Iterator[TiedDecoder | None]:
    """Make a language-model head give, inside, the states that its tied decoder would score; None, and its logits as
    ever, where its decoder is not tied."""
    decoder = next((module for module in part.modules() if isinstance(module, TiedDecoder)), None)
    if decoder is not None:
        decoder.passes_states = True
    try:
        yield decoder
    finally:
        if decoder is not None:
            decoder.passes_states = False


def undo_before_decoder(head: nn.Module, encoder: Encoder, name: str) -> None:
    """Give a language-model head's decoder, from here on, states from before the encoder's invertible adapters.
    Raises EncoderError for a decoder that is not tied to the embeddings, or of another width than the adapters."""
    decoders = [module for module in head.modules() if isinstance(module, TiedDecoder)]
    widths = {coupling.size for coupling in encoder.adapters.couplings}
    if not decoders or widths != {encoder.embeddings.embedding_dim}:
        raise EncoderError(
            f"the head '{name}' has no decoder that an invertible adapter can be undone before: it must be tied to "
            "the embeddings that the adapter changes.",
            hint="Use an adapter without `invertible`.",
        )
    for decoder in decoders:
        decoder.register_forward_pre_hook(lambda _decoder, inputs: (encoder.adapters.inverse(inputs[0]),))


def class_config(encoder: Encoder, outputs: int, labels: tuple[str, ...] = ()) -> PreTrainedConfig:
    """Return the configuration of the encoder's class with a head of `outputs` outputs."""
    config = copy.deepcopy(encoder.config)
    config._attn_implementation = "eager"
    config.num_labels = outputs
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: number for number, label in enumerate(labels)}
    return config


def class_state(encoder: Encoder, part: HeadModule) -> dict[str, Tensor]:
    """Return the weights of the class that `part.auto_class` loads: the encoder under the class's prefix, and the head.
    Tied weights appear once."""
    prefix = encoder.model.base_model_prefix
    state = {f"{prefix}.{name}": tensor for name, tensor in encoder.model.state_dict().items()}
    return state | part.module.state_dict()


def _shell(auto_class: str, config: PreTrainedConfig, encoder: Encoder) -> PreTrainedModel:
    """Return the class without its encoder."""
    with torch.device("meta"):
        shell = getattr(transformers, auto_class).from_config(config)
    prefix = shell.base_model_prefix
    setattr(shell, prefix, _StandIn(getattr(getattr(shell, prefix), "pooler", None)))
    is_tied = auto_class == LANGUAGE_MODEL and config.tie_word_embeddings
    decoder: nn.Linear | None = shell.get_output_embeddings() if is_tied else None
    _materialise(shell, skip=None if decoder is None else decoder.weight)
    shell.apply(shell._init_weights)
    if decoder is not None:
        _tie(shell, decoder, encoder.embeddings)
    return shell


def _materialise(shell: nn.Module, skip: Tensor | None) -> None:
    """Give every parameter but `skip` memory. A parameter that is in two places stays one."""
    fresh_by_id: dict[int, nn.Parameter] = {}
    for module in shell.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter is not skip:
                fresh = fresh_by_id.setdefault(id(parameter), nn.Parameter(torch.empty_like(parameter, device="cpu")))
                setattr(module, name, fresh)


def _tie(shell: PreTrainedModel, decoder: nn.Linear, table: nn.Embedding) -> None:
    """Put a tied decoder in the place of the class's own. A bias of the layer above (BERT, RoBERTa) is shared."""
    path = next(name for name, module in shell.named_modules() if module is decoder)
    parent_path, _, name = path.rpartition(".")
    parent = shell.get_submodule(parent_path)
    shared = "bias" in dict(parent.named_parameters(recurse=False))
    setattr(parent, name, TiedDecoder(table, decoder.bias, parent if shared else None))
