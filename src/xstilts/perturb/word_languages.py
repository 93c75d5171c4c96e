"""The languages of the words of a code-switched text, word by word, as its measures count them."""

from __future__ import annotations

from xstilts.perturb.edits import Rewriting
from xstilts.perturb.units import run_spans


def word_languages(rewriting: Rewriting, matrix: str) -> list[str]:
    """Return the language of each word of the new text: that of the edit it stands in, else `matrix`.

    Words are runs of letters between blanks and marks; of a text without blanks, runs of one language.
    """
    text, tags, done = rewriting.text, list[str](), 0
    for (start, end), language in zip(rewriting.new_edits, rewriting.languages, strict=True):
        tags += [matrix] * len(run_spans(text[done:start]))
        tags += [language] * len(run_spans(text[start:end]))
        done = end
    return tags + [matrix] * len(run_spans(text[done:]))
