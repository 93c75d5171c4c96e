"""A registry of heads: which head belongs to which kind, as the kinds themselves say (`Kind.head`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import StudyError
from xstilts.heads.base import Head
from xstilts.kinds.base import Kind
from xstilts.kinds.catalog import KINDS
from xstilts.nn.encoder import Encoder


def head_class(kind: Kind | type[Kind]) -> type[Head]:
    """Return the class of a kind's head. Raises StudyError for a kind without one."""
    address = getattr(kind, "head", "")
    if not address:
        raise StudyError(f"there is no head for the kind '{kind.name}'.", value=kind.name, allowed=KINDS)
    module, _, name = address.partition(":")
    head: type[Head] = getattr(import_module(module), name)
    return head


def make_head(kind: Kind, encoder: Encoder) -> Head:
    """Return a new head on the encoder's device; its parameters are drawn from torch's global generator.

    Raises StudyError for a kind without a head."""
    return head_class(kind)(kind, encoder)


def head_key(kind: Kind) -> str:
    """Return a name that is equal for kinds whose heads can stand for each other: same output shape, same labels in the
    same order, and the same `head_settings`.

    >>> from xstilts.kinds.span_qa import SpanQA
    >>> head_key(SpanQA()) == head_key(SpanQA(no_answer=True))
    True
    """
    shape: dict[str, Any] = {"kind": kind.name, "labels": list(getattr(kind, "labels", ()))}
    if kind.head_settings is not None:
        shape["variant"] = kind.head_settings
    return f"{kind.name}-{fingerprint(shape, length=10)}"
