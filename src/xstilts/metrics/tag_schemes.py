"""Schemes in which tags of words say where a chunk begins and ends: which ones there are, which one a label set
follows, and the chunks of a sentence.

A tag is a letter, a hyphen and the type, which is all after the first hyphen (B-person-other), or the letter alone
where chunks have no types; in the scheme "bare" it is the type. "O" is outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Chunk = tuple[str, int, int]  # type, first word, last word
# What a study may say of tags; "": what the labels look like, "none": they say nothing of chunks.
Scheme = Literal[
    "", "bio", "iob1", "iob2", "io", "ioe1", "ioe2", "iobes", "bioes", "bilou", "bmewo", "bmes", "bare", "none"
]

# What a letter says: the first word of a chunk, one inside, the last one, the only one.
_MEANING = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
_OUTSIDE = ("O", "")

SCHEMES: Mapping[str, str] = {  # name -> the letters before the hyphen; of one set the first name is the one said
    "bio": "BI",
    "iob1": "BI",
    "iob2": "BI",
    "io": "I",
    "ioe1": "IE",
    "ioe2": "IE",
    "iobes": "BIES",
    "bioes": "BIES",
    "bilou": "BILU",
    "bmewo": "BMEW",
    "bmes": "BMES",
    "bare": "",
}


def scheme_of(labels: Sequence[str]) -> str:
    """Return the scheme that a label set follows; "" where it follows none.

    Letters that are used tell: {B, I} is BIO (IOB1 and IOB2 are read alike), {B, I, L, U} BILOU. Types without letters
    are bare where "O" is a label beside them and they are longer than a letter, as in (O, PER, LOC).

    >>> scheme_of(("O", "B-PER", "I-PER")), scheme_of(("O", "U-PER", "L-PER")), scheme_of(("NOUN", "VERB"))
    ('bio', 'bilou', '')
    """
    tags = [label for label in labels if label not in _OUTSIDE]
    if not tags:
        return ""
    if all(_has_letter(tag) for tag in tags):
        letters = {tag[0] for tag in tags}
        fitting = (name for name, allowed in SCHEMES.items() if letters <= set(allowed))
        return min(fitting, key=lambda name: len(SCHEMES[name]), default="")
    if "O" in labels and not any(len(tag) == 1 or _has_letter(tag) for tag in tags):
        return "bare"
    return ""


def strange_label(labels: Sequence[str], scheme: str) -> str | None:
    """Return the first label that a tag of `scheme` cannot be."""
    if scheme == "bare":
        return None
    fits = (label in _OUTSIDE or (_has_letter(label) and label[0] in SCHEMES[scheme]) for label in labels)
    return next((label for label, fit in zip(labels, fits, strict=True) if not fit), None)


def _has_letter(tag: str) -> bool:
    return tag[0] in _MEANING and (len(tag) == 1 or (tag[1] == "-" and len(tag) > 2))


def scheme_chunks(tags: Sequence[str], scheme: str) -> list[Chunk]:
    """Return the chunks of one sentence by conlleval's rules, for the letters of every scheme.

    A chunk begins at a first or only word, after the last or only word of another one, and where a type begins that the
    word before does not have; so tags that do not fit together still have chunks, as in conlleval and in seqeval's
    default mode. In the scheme "bare" a run of equal tags is a chunk.

    >>> scheme_chunks(["U-PER", "U-PER", "B-LOC", "L-LOC"], "bilou")
    [('PER', 0, 0), ('PER', 1, 1), ('LOC', 2, 3)]
    """
    found: list[Chunk] = []
    first, before = 0, ("O", "")
    for i, tag in enumerate([*tags, "O"]):
        meaning, type_ = _read(tag, scheme)
        meaning_before, type_before = before
        follows = meaning_before in "BI" and meaning in "IE" and type_ == type_before
        if meaning_before != "O" and not follows:
            found.append((type_before, first, i - 1))
        if not follows:
            first = i
        before = meaning, type_
    return found


def _read(tag: str, scheme: str) -> tuple[str, str]:
    """Return what a tag says ("B", "I", "E", "S" or "O") and its type."""
    if tag in _OUTSIDE:
        return "O", ""
    if scheme == "bare" or not _has_letter(tag):
        return "I", tag
    return _MEANING[tag[0]], tag[2:]
