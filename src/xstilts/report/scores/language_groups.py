"""Groups of languages: by family, script, distance to English, size of corpora, and what the encoder has read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xstilts.core.corpus_sizes import COUNTED_AS, RESOURCE_LEVELS, corpus_gib, resource_level
from xstilts.core.languages import LANGUAGES
from xstilts.core.typology import distance_to_english
from xstilts.report.scores.inputs import Results

NOT_KNOWN = "not known"
READ, NOT_READ = "in pretraining", "not in pretraining"
_BINS = ((0.2, "below 0.2"), (0.4, "0.2 to 0.4"), (float("inf"), "0.4 or more"))


@dataclass(frozen=True, kw_only=True)
class LanguageFacts:
    """What is known of a language, as numbers (None: not known) and as the names of its groups.

    syntax, phonology, inventory: distances to English (`core.typology`). gib: size of its corpus. groups: what
    languages are divided by -> the group it is in; in none where nothing divides it.
    """

    language: str
    syntax: float | None
    phonology: float | None
    inventory: float | None
    gib: float | None
    groups: Mapping[str, str]


# What languages are divided by, in the order of the page.
DIVISIONS = ("family", "branch", "script", "distance in syntax", "corpus", "pretraining")


def language_facts(results: Results, languages: Sequence[str]) -> tuple[LanguageFacts, ...]:
    """Return the facts of some languages. Where the encoder's languages are not known, nothing is divided by them."""
    return tuple(_facts(code, results.encoder_languages) for code in languages)


def _facts(code: str, read: Sequence[str] | None) -> LanguageFacts:
    known, distance = LANGUAGES.get(code), distance_to_english(code)
    groups = {
        "family": known.family if known else NOT_KNOWN,
        "branch": f"{known.family}: {known.branch}" if known and known.branch else "",
        "script": known.script if known else NOT_KNOWN,
        "distance in syntax": distance_bin(distance.syntax),
        "corpus": resource_level(code),
        "pretraining": "" if read is None else READ if {code, COUNTED_AS.get(code)} & set(read) else NOT_READ,
    }
    return LanguageFacts(
        language=code,
        syntax=distance.syntax,
        phonology=distance.phonology,
        inventory=distance.inventory,
        gib=corpus_gib(code),
        groups={by: group for by, group in groups.items() if group},
    )


def distance_bin(distance: float | None) -> str:
    """
    >>> distance_bin(0.1), distance_bin(0.2), distance_bin(None)
    ('below 0.2', '0.2 to 0.4', 'not known')
    """
    return NOT_KNOWN if distance is None else next(name for end, name in _BINS if distance < end)


def grouped(facts: Sequence[LanguageFacts]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (what is divided by, group) -> its languages, divisions in their order; groups in theirs where they have
    one, else as they come."""
    order = {name: place for place, name in enumerate((*(name for _, name in _BINS), *RESOURCE_LEVELS, READ, NOT_READ))}
    found: dict[tuple[str, str], list[str]] = {}
    for by in DIVISIONS:
        of = [(one.groups[by], one.language) for one in facts if by in one.groups]
        for group, language in sorted(of, key=lambda pair: order.get(pair[0], len(order))):
            found.setdefault((by, group), []).append(language)
    return {key: tuple(languages) for key, languages in found.items()}


# Numbers that gains are set against: name -> the number of a language.
DISTANCES: Mapping[str, Callable[[LanguageFacts], float | None]] = {
    "distance in syntax": lambda one: one.syntax,
    "distance in phonology": lambda one: one.phonology,
    "distance in sounds": lambda one: one.inventory,
    "size of the corpus": lambda one: one.gib or 0.0,
}
