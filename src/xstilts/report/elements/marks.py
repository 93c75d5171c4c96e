"""Marks in tables: what a star, a bold number and a warning mean. Every caption explains those that its table has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

STAR = " *"
STARRED = "A star marks a difference that is significant, corrected for all questions of the study."
BOLD = "Bold: the highest of its column."
# the beginning of a warning -> what it means
MEANINGS: Mapping[str, str] = {
    "diverged": "Diverged: the loss or the gradient of a training on the way stopped being a number.",
    "at chance": "At chance: the interval reaches the best guess that ignores the input.",
    "not above the floor": "Not above the floor: no better than the best guess that ignores the input.",
    "seeds": "Some of the seeds: the others have no score.",
    "without": "Without: languages that lack a score and are not averaged.",
    "same sentences before": "Same sentences before: met earlier in training, under other labels.",
    "reported": "Reported: the setting whose score is the target's.",
    "!": "!: ended at chance or diverged, so there is nothing to pass on.",
}
_SEEDS = re.compile(r"\d+ of \d+ seeds")


def explained(texts: Iterable[str], warnings: Iterable[str], bold: bool) -> tuple[str, ...]:
    """Return what the marks of a table mean. texts: of its cells; warnings: theirs; bold: whether some stand out.

    >>> explained(["+3.1 *"], ["1 of 2 seeds"], False)  # doctest: +ELLIPSIS
    ('A star marks ...', 'Some of the seeds: the others have no score.')
    """
    starred = any(text.endswith(STAR) for text in texts)
    found = dict.fromkeys(key for warning in warnings for key in MEANINGS if _is(warning, key))
    return (
        *((STARRED,) if starred else ()),
        *((BOLD,) if bold else ()),
        *(meaning for key, meaning in MEANINGS.items() if key in found),
    )


def _is(warning: str, key: str) -> bool:
    if key == "seeds":
        return bool(_SEEDS.fullmatch(warning))
    return warning.startswith(key) or (key == "at chance" and warning.endswith(key))
