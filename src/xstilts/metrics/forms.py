"""Whether a guess is a form of its language at all."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xstilts.core.errors import DataError
from xstilts.metrics.form_tokens import LANGUAGES
from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class ValidForms:
    """Share of guesses that are well-formed: of trees, one bracket of an intent with slots and intents by turns; of
    Python, what `ast.parse` reads; of other languages, brackets and quotation marks that fit. The gold form
    itself is valid, whatever it is (some of MCoNaLa's Python is for version 2). Says nothing of names."""

    form_language: str = "tree"

    name: ClassVar[str] = "valid_forms"
    counts: ClassVar[tuple[str, ...]] = ("valid", "total")
    headline: ClassVar[tuple[str, ...]] = ("valid",)

    def tally(self, gold: Any, guess: Any, language: str) -> tuple[float, ...]:
        valid = guess["form"] == gold["form"] or is_valid(guess["form"], self.form_language)
        return float(valid), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"valid": percent(counts[..., 0], counts[..., 1])}


def is_valid(form: str, form_language: str) -> bool:
    """Return whether a form is well-formed.

    >>> is_valid("[IN:A [SL:B x ] ]", "tree"), is_valid("f(x", "funql"), is_valid("f(x)", "python")
    (True, False, True)
    """
    if not form.strip():
        return False
    try:
        if form_language == "python":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(form)
            return True
        language = LANGUAGES[form_language]
        return not language.fault([token.text for token in language.tokens(form, "")])
    except (DataError, SyntaxError, ValueError, MemoryError, RecursionError):
        return False
