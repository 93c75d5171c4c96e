"""One small example of every trained kind, and a checkpoint with a head for each over any encoder shape."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from tiny_encoders import config
from xstilts.data.examples import ChoiceExample, Example, SpanExample, TagExample, TextExample
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.nn.encoder import Encoder
from xstilts.pretrain.tokenizer import learn_tokenizer, save_tokenizer
from xstilts.train.checkpoint import save

WORDS = ["rain", "sun", "snow", "wind", "fog", "storm", "cloud", "ice"]
KINDS: dict[str, Any] = {
    "classification": Classification(labels=("no", "yes", "maybe")),
    "choice": Choice(),
    "span_qa": SpanQA(),
    "tagging": Tagging(labels=("O", "B-X", "I-X")),
    "mlm": MaskedLM(),
}


def words(number: int, seed: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=number))


def example(kind: str, i: int) -> Example:
    """The i-th example; lengths vary."""
    ids: dict[str, Any] = {"id": f"{kind}-{i}", "group": str(i), "where": f"toy:{i + 1}"}
    text, more = words(2 + i % 7, i), words(3 + i % 5, 100 + i)
    makers = {
        "classification": lambda: TextExample(**ids, text=text, pair=more, label="yes"),
        "choice": lambda: ChoiceExample(**ids, prompts=(text, text), options=(more, words(2, i)), answer=1),
        "span_qa": lambda: SpanExample(**ids, question=text, context=more, answers=((more.split()[0], 0),)),
        "tagging": lambda: TagExample(**ids, words=tuple(text.split()), tags=("O",) * len(text.split())),
        "mlm": lambda: TextExample(**ids, text=text),
    }
    return makers[kind]()


def examples(kind: str, number: int, start: int = 0) -> list[Any]:
    return [example(kind, i) for i in range(start, start + number)]


def tokenizer() -> Tokenizer:
    return learn_tokenizer({"en": [words(9, seed) for seed in range(60)]}, 60)


def checkpoint(folder: Path, shape: str = "xlm-roberta") -> Path:
    """Random weights, large enough that logits differ."""
    made = tokenizer()
    start = folder / "start"
    start.mkdir(parents=True)
    save_tokenizer(made, start, 60)
    torch.manual_seed(0)
    model = AutoModel.from_config(config(shape, vocab_size=made.get_vocab_size()))
    encoder = Encoder(model)
    heads = {head_key(kind): make_head(kind, encoder) for kind in KINDS.values()}
    for module in (model, *heads.values()):
        for parameter in module.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.25)
    save(folder / "made", encoder, heads, start)
    return folder / "made"
