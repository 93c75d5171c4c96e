"""Language codes of translation models: the tokens by which a model knows languages, read off its tokenizer.

Multilingual models have a token for each language: `>>deu<<` in front of the source (Marian), `__de__` (M2M100),
`deu_Latn` (NLLB) or `de_DE` (mBART-50) as the first token of the translation. A model of one pair says in its
tokenizer's settings which language it writes (`target_lang`, Marian).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from xstilts.core.errors import EncoderError
from xstilts.core.languages import known_code

_IN_FRONT = re.compile(r">>([A-Za-z_-]+)<<")
_FIRST = re.compile(r"__([a-z_]{2,8})__|([a-z]{3}_[A-Z][a-z]{3})|([a-z]{2,3}_[A-Z]{2})")


@dataclass(frozen=True, kw_only=True)
class LanguageTokens:
    """Tokens that make a model read one language and write another.

    Arguments
        source_prefix: put in front of every source text.
        first_token: the token the translation begins with; None: the model knows.
        source_name: the tokenizer's name of the source language; None: it has none.
    """

    source_prefix: str = ""
    first_token: str | None = None
    source_name: str | None = None


def language_tokens(tokenizer: Any, source: str, target: str) -> LanguageTokens:
    """Return the tokens for two languages. Raises EncoderError when the model cannot be told to write `target`."""
    vocabulary = sorted(tokenizer.get_vocab())
    if token := _token(_IN_FRONT, vocabulary, target):
        return LanguageTokens(source_prefix=f"{token} ")
    if token := _token(_FIRST, vocabulary, target):
        return LanguageTokens(first_token=token, source_name=_name(_token(_FIRST, vocabulary, source)))
    written = getattr(tokenizer, "target_lang", None) or tokenizer.init_kwargs.get("target_lang")
    if written and _code(str(written)) == target:
        return LanguageTokens()
    offered = sorted({code for pattern in (_IN_FRONT, _FIRST) for code in _codes(pattern, vocabulary)})
    says = f"it writes '{written}'" if written else "it does not say which languages it writes"
    raise EncoderError(
        f"This model cannot be told to translate into '{target}': {says}.",
        value=target,
        allowed=offered,
        hint="" if offered else "Models of one pair can be named one by one: `model: owner/name-en-{language}`.",
    )


def _token(pattern: re.Pattern[str], vocabulary: Iterable[str], language: str) -> str | None:
    """Return the token of a language: of several (scripts, countries) one that is spelled as the language itself, else
    the first by alphabet."""
    tokens = [token for token in vocabulary if (match := pattern.fullmatch(token)) and _code(_inner(match)) == language]
    exact = [token for token in tokens if _name(token) == language]
    return next(iter([*exact, *tokens]), None)


def _codes(pattern: re.Pattern[str], vocabulary: Iterable[str]) -> Iterator[str]:
    for token in vocabulary:
        if (match := pattern.fullmatch(token)) and (code := _code(_inner(match))):
            yield code


def _name(token: str | None) -> str | None:
    """Return `de` of `__de__`; other tokens are names."""
    return token.strip("_") if token else None


def _inner(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


def _code(written: str) -> str:
    """Return the canonical code of a language as a model writes it, its script or country left out; "" for an unknown
    one."""
    return known_code(written) or known_code(re.split("[_-]", written)[0]) or ""
