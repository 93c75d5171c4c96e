"""Words of English prose as they are compared: lower case, cut to a stem, without those that every text has."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*")
_FREQUENT = (
    "a about above after again all also am an and any are as at be because been before being below between both but "
    "by can could did do does doing down during each few for from further had has have having he her here hers him "
    "his how i if in into is it its itself just me more most my no nor not now of off on once only or other our ours "
    "out over own same she should so some such than that the their theirs them then there these they this those "
    "through to too under until up us very was we were what when where whether which while who whom why will with "
    "would you your yours may might must shall via per vs et al using used use based paper study show shows propose "
    "present results method methods approach approaches work "
)
STOP_WORDS = frozenset(_FREQUENT.split())
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""))


def words_of(text: str) -> list[str]:
    """Return all words of a text, lower-case, hyphens parting them.

    >>> words_of("Zero-shot F1 rises by 8.7")
    ['zero', 'shot', 'f', '1', 'rises', 'by', '8.7']
    """
    return _WORD.findall(text.lower())


def stems_of(text: str) -> list[str]:
    """Return the stems of the words that say something.

    >>> stems_of("We trained the parsers on languages")
    ['train', 'parser', 'language']
    """
    return [stem(word) for word in words_of(text) if word not in STOP_WORDS]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a word without its plural (Harman 1991, "How effective is suffixing?", the S stemmer) and without -ing
    and -ed.

    >>> stem("studies"), stem("learning"), stem("trained"), stem("helps")
    ('study', 'learn', 'train', 'help')
    """
    word = word.removesuffix("'s")
    if len(word) > 3:
        for ending, instead in _ENDINGS:
            if word.endswith(ending):
                word = word[: len(word) - len(ending)] + instead
                break
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= 3 and any(vowel in root for vowel in "aeiouy"):
            return root[:-1] if root[-1] == root[-2] and root[-1] not in "lsz" else root
    return word
