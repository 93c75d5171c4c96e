"""Toy tokenizers, trained once a session."""

from __future__ import annotations

import pytest
from tokenizer_families import FAMILIES, TEXTS, unigram, wordpiece
from tokenizers import Tokenizer


@pytest.fixture(scope="session", params=FAMILIES)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """A toy tokenizer of each family."""
    return FAMILIES[request.param](TEXTS, 500)


@pytest.fixture(scope="session")
def xlmr() -> Tokenizer:
    return unigram(TEXTS, 500)


@pytest.fixture(scope="session")
def bert() -> Tokenizer:
    return wordpiece(TEXTS, 500)
