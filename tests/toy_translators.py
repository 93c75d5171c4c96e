"""Tiny random translation models of the common families, and stand-ins for a model that say what they do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    NllbTokenizer,
    PreTrainedTokenizerFast,
)

LINES = [
    "the big dog sees a small cat", "der grosse hund sieht eine kleine katze", "mbwa mkubwa anaona paka mdogo",
    "who sees the [cat] ?", "Paris is a big old city .", "a {new} house , an old house",
]  # fmt: skip
_SIZE = {
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 64,
}  # fmt: skip


def _pieces(special: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    trainer = BpeTrainer(vocab_size=200, special_tokens=[*special], show_progress=False)
    tokenizer.train_from_iterator(LINES, trainer)
    return tokenizer


def marian(folder: Path, *, target: str | None = "de", codes: Sequence[str] = ()) -> Path:
    """Marian's shape: of one pair (`target`), or with a token for each language in front of the source."""
    tokenizer = _pieces(["<pad>", "</s>", "<unk>", *(f">>{code}<<" for code in codes)])
    tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    named = {"target_lang": target} if target else {}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=64, **named
    )
    torch.manual_seed(0)
    ends = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "forced_eos_token_id": 1}
    model = MarianMTModel(MarianConfig(vocab_size=len(fast), **_SIZE, **ends))
    model.generation_config.suppress_tokens = [0, 2, *range(3, 3 + len(codes))]
    return _save(model, fast, folder)


def nllb(folder: Path) -> Path:
    """M2M100's shape under NLLB's tokenizer: the translation begins with the token of its language."""
    trained = _pieces(["<s>", "<pad>", "</s>", "<unk>"])
    state = json.loads(trained.to_str())["model"]
    fast = NllbTokenizer(vocab=state["vocab"], merges=[tuple(one) for one in state["merges"]])
    torch.manual_seed(0)
    ends = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
    return _save(M2M100ForConditionalGeneration(M2M100Config(vocab_size=len(fast), **_SIZE, **ends)), fast, folder)


def _save(model, tokenizer, folder: Path) -> Path:
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.5)
    settings = model.generation_config
    settings.begin_suppress_tokens = [tokenizer.eos_token_id]
    settings.exponential_decay_length_penalty = (6, 1.6)  # a random model would never stop
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
