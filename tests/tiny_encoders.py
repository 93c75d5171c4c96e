"""Tiny random encoders of every shape that is run, and random ragged batches."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    BertConfig,
    CamembertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    EuroBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    RemBertConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder

VOCABULARY = 97
_SIZE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 40,
}
_ENDS: dict[str, Any] = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


def config(name: str, **changes: Any) -> PreTrainedConfig:
    """A fresh configuration; ModernBERT's local layers see 4 tokens to either side."""
    size, ends = _SIZE | {"max_position_embeddings": 64} | changes, _ENDS
    makers = {
        "xlm-roberta": lambda: XLMRobertaConfig(**size, type_vocab_size=1),
        "roberta": lambda: RobertaConfig(**size, type_vocab_size=1),
        "camembert": lambda: CamembertConfig(**size, type_vocab_size=1),
        "bert": lambda: BertConfig(**size),
        "electra": lambda: ElectraConfig(**size, embedding_size=16),
        "modernbert": lambda: ModernBertConfig(
            **size, **ends, cls_token_id=1, sep_token_id=2, local_attention=8, global_attn_every_n_layers=2
        ),
        "eurobert": lambda: EuroBertConfig(**size, **ends, mask_token_id=3, num_key_value_heads=2),
        "distilbert": lambda: DistilBertConfig(
            vocab_size=VOCABULARY, dim=32, n_layers=3, n_heads=4, hidden_dim=40, max_position_embeddings=64
        ),
        "deberta-v2": lambda: DebertaV2Config(
            **size, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8, share_att_key=True
        ),
        "mpnet": lambda: MPNetConfig(**size, pad_token_id=1),
        "rembert": lambda: RemBertConfig(**size, **ends, input_embedding_size=16),
    }
    return makers[name]()


def encoder(name: str, seed: int = 0, **settings: Any) -> Encoder:
    """Weights large enough that attention and positions matter; in evaluation mode, so without dropout."""
    torch.manual_seed(seed)
    model = AutoModel.from_config(config(name), **_bare(name))
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Encoder(model, **settings).eval()


def published(folder: Path, name: str, **changes: Any) -> torch.nn.Module:
    """A folder as it is published: the class with its language-model head, and a tokenizer."""
    torch.manual_seed(5)
    model = AutoModelForMaskedLM.from_config(config(name, **changes)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")
    return model


def encoder_of(name: str = "bert", **changes: Any) -> Encoder:
    """An encoder of another size."""
    return Encoder(AutoModel.from_config(config(name, **changes), **_bare(name))).eval()


def _bare(name: str) -> dict[str, bool]:
    pooled = ("xlm-roberta", "roberta", "camembert", "bert", "mpnet", "rembert")
    return {"add_pooling_layer": False} if name in pooled else {}


def ragged(lengths: list[int], seed: int = 0) -> Batch:
    """Random ids (none of them special), with two segments in each sequence."""
    generator = torch.Generator().manual_seed(seed)
    total = sum(lengths)
    segments = [int(place >= length // 2) for length in lengths for place in range(length)]
    return Batch(
        ids_T=torch.randint(5, VOCABULARY, (total,), generator=generator),
        segments_T=torch.tensor(segments),
        lengths_N=torch.tensor(lengths),
        sequences_R=[1] * len(lengths),
        examples_R=list(range(len(lengths))),
    )


def padded(batch: Batch, pad: int) -> dict[str, torch.Tensor]:
    """What a user of `transformers` would pass for the same sequences."""
    lengths = batch.lengths_N.tolist()
    ids = torch.full((len(lengths), max(lengths)), pad)
    segments, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    start = 0
    for row, length in enumerate(lengths):
        ids[row, :length] = batch.ids_T[start : start + length]
        segments[row, :length] = batch.segments_T[start : start + length]
        mask[row, :length] = 1
        start += length
    return {"input_ids": ids, "token_type_ids": segments, "attention_mask": mask}
