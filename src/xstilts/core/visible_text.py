"""Visible text: text from data with characters that would steer a terminal, or hide, replaced by ones that show."""

from __future__ import annotations

import json
import re

# C0 but for tab and newline, DEL, C1 (0x9b begins an escape sequence on some terminals), marks that turn the direction
# of what follows, line separators, and half a surrogate pair, which no encoding can write.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = 0x2400  # the block of pictures of the control characters: ESC is ␛
_DELETE = "␡"


def visible(text: str) -> str:
    """Return a text that no terminal, page or editor acts on; tabs and newlines stay.

    >>> visible("a" + chr(27) + "[31mb")
    'a␛[31mb'
    """
    return _STEERING.sub(_shown, text)


def escaped_json(text: str, encoding: str = "utf-8") -> str:
    """Return JSON text with the same characters as escapes, and those that `encoding` lacks: the same value, whatever
    shows it.

    >>> escaped_json('"→"', "ascii")
    '"\\\\u2192"'
    """
    safe = _STEERING.sub(_escape, text)
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return safe
    return "".join(char if _has(encoding, char) else _escape_sequence(char) for char in safe)


def _escape(match: re.Match[str]) -> str:
    return _escape_sequence(match[0])


def _escape_sequence(char: str) -> str:
    return json.dumps(char)[1:-1] if ord(char) > 0x7F else f"\\u{ord(char):04x}"


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return _DELETE if code == 0x7F else "\ufffd"
