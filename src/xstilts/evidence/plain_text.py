"""Plain text of titles and abstracts: without HTML, JATS and LaTeX, white space collapsed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from html import unescape
from typing import Any

# Only what services put into titles: a title may hold "<TyDiQA>" as plain text.
_TITLE_TAG = re.compile(r"</?(?:i|b|u|em|strong|sub|sup|scp|tt|sc|br|p|span|(?:jats|mml):[\w-]+)(?:\s[^<>]*)?/?>", re.I)
_JATS_HEADING = re.compile(r"<(jats:)?title>\s*abstract\s*</(jats:)?title>", re.I)
_ANY_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>")
_MATH = re.compile(r"(\$[^$]*\$)")
_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328", "d": "\u0323",
}  # fmt: skip
_ACCENT = re.compile(r"\\([`'^~=.\"]|[urHvckd](?![A-Za-z]))\s*(?:\{\s*(\\?[A-Za-z])?\s*\}|(\\?[A-Za-z]))")
_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "i": "ı", "j": "ȷ", "textquotedblleft": "“", "textquotedblright": "”", "textquoteleft": "‘", "textquoteright": "’",
    "textendash": "–", "textemdash": "—", "textasciitilde": "~", "textbackslash": "\\", "dots": "…", "ldots": "…",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
_ESCAPED = re.compile(r"\\([&%$#_{}])")


def collapsed(text: str) -> str:
    """Return a text with white space collapsed, and composed as Unicode recommends (NFC)."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def plain_title(text: str | None) -> str:
    """Return a title without the tags that services put into titles, entities resolved.

    >>> plain_title("On <i>x</i> &amp; <TyDiQA>")
    'On x & <TyDiQA>'
    """
    return collapsed(unescape(_TITLE_TAG.sub("", text or "")))


def plain_abstract(xml: str | None) -> str:
    """Return an abstract that is JATS or HTML as plain text, without its heading."""
    without_heading = _JATS_HEADING.sub(" ", xml or "")
    return collapsed(unescape(_ANY_TAG.sub(" ", without_heading)).replace(" .", ".").replace(" ,", ","))


def from_inverted_index(index: Mapping[str, Any] | None) -> str:
    """Return the text of an OpenAlex abstract, which is a mapping from word to its positions; "" of null."""
    places = [
        (place, word)
        for word, positions in (index or {}).items()
        if isinstance(positions, list)
        for place in positions
        if isinstance(place, int)
    ]
    return collapsed(" ".join(word for _, word in sorted(places)))


def from_latex(text: str) -> str:
    """Return LaTeX of a BibTeX field as text; formulas between dollar signs stay as they are.

    >>> from_latex("{XLM-R} by Dupr{\\\\'e} \\\\& Do{\\\\u{g}}an")
    'XLM-R by Dupré & Doğan'
    """
    parts = _MATH.split(text.replace("\\$", "\0"))
    plain = "".join(part if number % 2 else _without_commands(part) for number, part in enumerate(parts))
    return collapsed(plain.replace("\0", "$"))


def _without_commands(text: str) -> str:
    def accented(found: re.Match[str]) -> str:
        letter = (found[2] or found[3] or "").removeprefix("\\")
        return unicodedata.normalize("NFC", letter + _COMBINING[found[1]])

    text = _ACCENT.sub(accented, text)
    text = _ESCAPED.sub(r"\1", text.replace("\\\\", " "))
    text = _COMMAND.sub(lambda found: _LETTERS.get(found[1], ""), text)
    return text.replace("{", "").replace("}", "").replace("~", " ").replace("---", "—").replace("--", "–")
