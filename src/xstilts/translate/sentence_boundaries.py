"""Sentence boundaries: where a text may be cut for a model that translates sentences. A cut too many costs some
context; white space between sentences stays as it is."""

from __future__ import annotations

import re

# An end of a sentence in a script with capitals, with what may close behind it, before white space; one in Chinese or
# Japanese; a line break.
_END = re.compile(r"""[.!?…]+["'”’»)\]]*(?=\s)|[。！？]+[”’」』）]*|(?=\n)""")
_OPENING = "\"'“‘«([¿¡"
_ABBREVIATED = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "no", "vol", "fig", "approx", "e.g", "i.e", "u.s",
    "u.k", "gen", "col", "lt", "capt", "sen", "rep", "gov", "inc", "ltd", "co",
})  # fmt: skip


def sentence_ends(text: str) -> list[int]:
    """Return the characters of `text` at which a sentence ends, in order, each with something on either side.

    >>> sentence_ends("Dr. No came. He left!")
    [12]
    """
    ends: list[int] = []
    for match in _END.finditer(text):
        end, following = match.end(), text[match.end() :].lstrip()
        if following and text[:end].strip() and end not in ends[-1:] and _ends(text, match, following):
            ends.append(end)
    return ends


def _ends(text: str, match: re.Match[str], following: str) -> bool:
    if not match[0].startswith("."):
        return True
    first = following.lstrip(_OPENING)[:1]
    before = text[max(match.start() - 20, 0) : match.start()].split()[-1:] or [""]
    word = before[0].lstrip(_OPENING)
    initial = len(word) == 1 and word.isupper()
    return not (first.islower() or initial or word.lower() in _ABBREVIATED)
