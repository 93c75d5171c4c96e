"""Encoder check: whether a folder is an encoder that can be loaded, from its small files and the headers of the others.

It is done when an encoder is looked up, before any step. What passed is remembered by its content, for the classes of
`transformers` take seconds to load.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json_mapping, write_json
from xstilts.core.locks import locked
from xstilts.kinds.tokenizer_check import check_tokenizer

VERSION = 1  # of what is checked


def check_encoder(folder: Path) -> None:
    """Raise EncoderError where a folder cannot be loaded as an encoder: a configuration of no model or with values that
    none has, weights that are cut or not those of the configuration, a tokenizer of another vocabulary.

    No weight is read."""
    from xstilts.nn.loading import check_weights, read_config

    config = read_config(folder)
    check_weights(folder, config)
    check_tokenizer(folder, config.vocab_size)


def check_once(folder: Path, identity: str, cache: Path) -> None:
    """Check an encoder whose content was not checked before.

    Args:
        folder: of the encoder.
        identity: a digest of its content.
        cache: the file that says what passed.
    """
    if _passed(cache).get(identity) == VERSION:
        return
    check_encoder(folder)
    # A cache that cannot be written costs time, never a run.
    with suppress(StoreError), locked(cache.with_name(cache.name + ".lock")):
        write_json(cache, {**_passed(cache), identity: VERSION})


def _passed(cache: Path) -> dict[str, object]:
    try:
        return read_json_mapping(cache)
    except StoreError:
        return {}
