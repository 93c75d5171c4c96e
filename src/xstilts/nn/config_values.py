"""Values of a config.json: what every class takes for sizes, rates and token ids, checked without loading any class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from xstilts.core.errors import EncoderError, shortened

# What classes call their number of blocks in config.json; BERT's and XLM-R's name first.
LAYER_KEYS = ("num_hidden_layers", "n_layers", "num_layers", "n_layer")
# What the classes of `transformers` call their sizes: the smallest and the largest that any encoder has.
_LAYERS, _WIDTH, _ROWS = (0, 1_000), (1, 1_000_000), (1, 100_000_000)
_SIZES: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(LAYER_KEYS, _LAYERS),
    **dict.fromkeys(("num_attention_heads", "num_key_value_heads", "n_heads", "n_head"), _WIDTH),
    **dict.fromkeys(("hidden_size", "embedding_size", "input_embedding_size", "output_embedding_size"), _WIDTH),
    **dict.fromkeys(("intermediate_size", "dim", "hidden_dim", "d_model", "emb_dim", "head_dim", "d_head"), _WIDTH),
    **dict.fromkeys(("vocab_size", "n_words"), _ROWS),
    "max_position_embeddings": (-1, _ROWS[1]),  # 0 and -1 stand for none: the weights tell
    "type_vocab_size": (0, _WIDTH[1]),
}
# What they call their rates. Other names that speak of dropout may mean anything.
_RATES = (
    "dropout", "hidden_dropout", "hidden_dropout_prob", "attention_dropout", "attention_probs_dropout_prob",
    "activation_dropout", "embedding_dropout", "mlp_dropout", "pooler_dropout", "cls_dropout", "classifier_dropout",
    "classifier_dropout_prob", "qa_dropout", "seq_classif_dropout", "summary_first_dropout", "summary_last_dropout",
    "local_attention_probs_dropout_prob", "lsh_attention_probs_dropout_prob",
)  # fmt: skip
_IDS = ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "mask_token_id")
_DEPTH = 100  # of lists and mappings within each other, as deep as is looked


def check_values(values: Mapping[str, Any], where: str) -> None:
    """Raise EncoderError for a size, a rate or a token id that no encoder has, for numbers that are none, and where the
    heads do not share the width evenly.

    Args:
        values: the content of a config.json.
        where: the file, for messages.
    """
    for key, number in _numbers(values, "", _DEPTH):
        if not math.isfinite(number):
            raise EncoderError(f"`{key}` is {number}; a finite number is allowed.", where=where)
    for key, (least, most) in _SIZES.items():
        _check_whole(values, key, least, most, where)
    for key in _RATES:
        value = values.get(key)
        if value is not None and not (isinstance(value, (int, float)) and 0 <= value <= 1):
            raise EncoderError(f"`{key}` is {said(value)}; a number from 0 to 1 is allowed.", where=where)
    for key in _IDS:
        ids = values.get(key)
        numbers = ids if isinstance(ids, list) and key == "eos_token_id" else [ids]  # a text may end in several ways
        if ids is not None and not all(type(number) is int for number in numbers):
            raise EncoderError(f"`{key}` is {said(ids)}; the number of a token is allowed.", where=where)
    padding = values.get("pad_token_id")
    if padding is not None and padding < 0:
        raise EncoderError(f"`pad_token_id` is {padding}; the number of a token, from 0 on, is allowed.", where=where)
    _check_heads(values, where)


def _check_whole(values: Mapping[str, Any], key: str, least: int, most: int, where: str) -> None:
    value = values.get(key)
    if value is not None and not (type(value) is int and least <= value <= most):
        allowed = f"a whole number from {least} to {most:,}"
        raise EncoderError(f"`{key}` is {said(value)}; {allowed} is allowed.", where=where)


def _check_heads(values: Mapping[str, Any], where: str) -> None:
    width, heads = values.get("hidden_size"), values.get("num_attention_heads")
    own_width = any(key in values for key in ("head_dim", "d_head", "attention_head_size", "embedding_size"))
    if width is not None and heads is not None and not own_width and width % heads:
        raise EncoderError(
            f"`num_attention_heads` is {heads}, which does not divide `hidden_size` {width}.", where=where
        )


def _numbers(value: Any, key: str, depth: int) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield key, value
    elif depth and isinstance(value, Mapping):
        for name, item in value.items():
            yield from _numbers(item, f"{key}.{name}" if key else str(name), depth - 1)
    elif depth and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _numbers(item, f"{key}[{number}]", depth - 1)


def said(value: Any) -> str:
    """Return a value of a JSON file as it stands there, its beginning where it is long."""
    words = {True: "true", False: "false"}
    return words[value] if isinstance(value, bool) else shortened(repr(value))
