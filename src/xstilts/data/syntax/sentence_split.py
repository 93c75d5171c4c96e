"""Sentence splitting of English prose by rules: for retrieval tasks made of data sets that have only paragraphs.

A sentence ends at `.`, `?` or `!`, with closing quotes, brackets and footnote marks behind it, before white space and
what can open a sentence: a capital letter or a digit, perhaps behind an opening quote or bracket. It does not end after
a title, an initial or an abbreviation that stands before a name or a number.
"""

from __future__ import annotations

import re

_END = re.compile(
    r"""
    (?P<mark> [.?!]+ )
    (?: ["'”’)\]] | \[ [\w\s?]{1,20} \] )*  # closing quotes and brackets, [12], [citation needed]
    (?P<gap> \s+ )
    (?= [\["'“‘(]* (?P<opens> \w ) )
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_LONGEST = 12  # characters of an abbreviation that is looked for
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-Z]")

_TITLE = re.compile(
    r"Mrs?|Ms|Dr|Prof|Fr|Rev|Hon|Sts?|Msgr|Lt|Gen|Col|Maj|Capt|Cmdr|Adm|Sgt|Rep|Gov|Sen|Pres|Mt|Ft|vs?|cf|ca|e\.g|i\.e"
    r"|approx|viz|esp|a\.k\.a|Jan|Feb|Mar|Apr|Aug|Sept|Oct|Nov|Dec"
)
_BEFORE_NUMBER = re.compile(r"[Nn]os?|Art|art|[Ss]ec|[Vv]ol|[Cc]h|pp?|[cbdr]|fl|Opp?|al|Rs")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return half-open ranges of characters, without white space at their ends; none of a blank text.

    >>> text = "Dr. Who met J. R. Smith. He left at 5 p.m.  Why?"
    >>> [text[start:end] for start, end in sentences(text)]
    ['Dr. Who met J. R. Smith.', 'He left at 5 p.m.', 'Why?']
    """
    ends = [end for end in _END.finditer(text) if _is_end(text, end)]
    starts = [0, *(end.end("gap") for end in ends)]
    stops = [*(end.start("gap") for end in ends), len(text)]
    trimmed = (_trimmed(text, start, stop) for start, stop in zip(starts, stops, strict=True))
    return [(start, stop) for start, stop in trimmed if start < stop]


def _is_end(text: str, end: re.Match[str]) -> bool:
    opens = end["opens"]
    if not (opens.isdigit() or opens.isupper() or opens.istitle()):
        return False
    word = _WORD.search(text[max(0, end.start() - _LONGEST) : end.start()])
    if end["mark"] != "." or word is None:
        return True
    shortened = (_TITLE, _INITIALS, _BEFORE_NUMBER) if opens.isdigit() else (_TITLE, _INITIALS)
    return not any(pattern.fullmatch(word[0]) for pattern in shortened)


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    piece = text[start:stop]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
