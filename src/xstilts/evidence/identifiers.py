"""Identifiers of works: DOIs, arXiv ids with their versions, and titles as keys."""

from __future__ import annotations

import re
import unicodedata

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_ARXIV = re.compile(r"(?<!\d)(?<!\d\.)(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(\d{1,3}))?(?!\d)")
_OF_ARXIV = "10.48550/arxiv."
_WORD = re.compile(r"\w+")


def bare_doi(text: str | None) -> str:
    """Return a DOI in lower case without its resolver; "" where there is none.

    >>> bare_doi("https://doi.org/10.5555/INV.1")
    '10.5555/inv.1'
    """
    found = _DOI.search(text or "")
    return found[0].rstrip(".,;)").lower() if found else ""


def arxiv_parts(text: str | None) -> tuple[str, int | None]:
    """Return an arXiv id without its version, and the version; ("", None) where there is none.

    >>> arxiv_parts("http://arxiv.org/abs/2005.13013v2"), arxiv_parts("10.48550/arXiv.2005.13013")
    (('2005.13013', 2), ('2005.13013', None))
    """
    found = _ARXIV.search(text or "")
    return (found[1], int(found[2]) if found[2] else None) if found else ("", None)


def is_of_arxiv(doi: str) -> bool:
    """Whether a bare DOI is that of an arXiv preprint, not of a publication."""
    return doi.startswith(_OF_ARXIV)


def title_words(title: str) -> tuple[str, ...]:
    """Return the words of a title as they are compared: without accents, case and punctuation.

    >>> title_words("Zéro-shot: a Test")
    ('zero', 'shot', 'a', 'test')
    """
    plain = unicodedata.normalize("NFKD", title)
    return tuple(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold()))


def family_name(author: str) -> str:
    """Return what is taken to be the family name of an author, as it is compared.

    >>> family_name("Ünal Doğan"), family_name("Doğan, U.")
    ('dogan', 'dogan')
    """
    last = author.partition(",")[0] if "," in author else (author.split() or [""])[-1]
    return "".join(title_words(last))
