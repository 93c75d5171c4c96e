"""Markup of answers: JSON and XML, read without following anything that they refer to."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from xstilts.core.errors import shortened
from xstilts.evidence.services.base import AnswerError

_DECLARATIONS = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)


def json_answer(body: bytes) -> Any:
    """Return the JSON value of an answer. Raises AnswerError that shows how something else begins."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"an answer that is no JSON: {beginning(body)}") from error


def xml_answer(body: bytes) -> ElementTree.Element:
    """Return the root of an XML answer. Raises AnswerError for what is none, or declares entities of its own."""
    if _DECLARATIONS.search(body[:4096]):
        raise AnswerError(f"XML with declarations, which are not read: {beginning(body)}")
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise AnswerError(f"an answer that is no XML: {beginning(body)}") from error


def beginning(body: bytes) -> str:
    """Return how an answer begins, in quotes."""
    text = " ".join(body[:400].decode("utf-8", "replace").split())
    return repr(shortened(text, 80)) if text else "nothing"
