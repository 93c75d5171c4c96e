"""Encoder check: whether a folder is an encoder that can be loaded, from its small files and the headers of the others.

It is done when an encoder is looked up, before any step. What passed is remembered by its content, for the classes of
`transformers` take seconds to load.
"""

from __future__ import annotations

from pathlib import Path

from xstilts.core.json_memory import keep, recall
from xstilts.core.versions import library_versions
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


def check_once(folder: Path, identity: str, store: Path) -> None:
    """Check an encoder whose content was not checked before.

    Args:
        folder: of the encoder.
        identity: a digest of its content.
        store: knows what passed.
    """
    is_adapter = (folder / "adapter_config.json").is_file()  # which decides, and is no part of an encoder's content
    if is_adapter or recall(_cache(store)).get(identity) != _checked_by():
        check_encoder(folder)
        remember(store, identity)


def remember(store: Path, identity: str) -> None:
    """Write down that content passed."""
    keep(_cache(store), identity, _checked_by())


def _checked_by() -> str:
    """Say what checks: the classes of another version of `transformers` may refuse what those of this one take."""
    return f"{VERSION} {library_versions().get('transformers')}"


def _cache(store: Path) -> Path:
    return store / "cache" / "encoders.json"
