"""The question as a query: which concepts it is about, in which spellings, and what services are asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from xstilts.core.errors import StudyError
from xstilts.evidence.concepts import CONCEPTS, Concept
from xstilts.evidence.services.base import SearchQuery
from xstilts.evidence.words import stem, stems_of, words_of

MOST_QUERIES = 6
MOST_SPELLINGS = 4
_LONGEST = 1_000  # characters of a question


@dataclass(frozen=True)
class Question:
    """A question with its concepts, in the order in which it names them."""

    text: str
    concepts: tuple[Concept, ...]

    @cached_property
    def own_stems(self) -> tuple[str, ...]:
        """Its stems, without repetition."""
        return tuple(dict.fromkeys(stems_of(self.text)))

    def met_in(self, text: str) -> tuple[str, ...]:
        """Return the names of its concepts that a text mentions."""
        stems = _key(text)
        return tuple(one.name for one in self.concepts if any(_key(spelling) in stems for spelling in one.spellings))


def read_question(text: str, tasks: Mapping[str, object] = {}, languages: Iterable[str] = ()) -> Question:
    """Return a question with the concepts that it names: those of the field, tasks of the catalogue, languages. What
    it says besides is a concept of one word each, where it has fewer than two.

    Raises StudyError for one that has no words, or is very long."""
    text = " ".join(text.split())
    if not words_of(text):
        raise StudyError("The question has no words.", where="QUESTION")
    if len(text) > _LONGEST:
        raise StudyError(f"The question has {len(text):,} characters, and may have {_LONGEST:,}.", where="QUESTION")
    stems = _key(text)
    places: dict[Concept, int] = {}
    for concept in CONCEPTS.values():
        found = [stems.find(_key(spelling)) for spelling in concept.spellings]
        if met := [place for place in found if place >= 0]:
            places[concept] = min(met)
    spelt = [_key(spelling) for concept in places for spelling in concept.spellings]
    for name in dict.fromkeys((*tasks, *languages)):
        key = _key(name)
        if len(name) > 2 and key in stems and not any(key in spelling for spelling in spelt):
            places[Concept(name=name, spellings=(name,), tasks=(name,) if name in tasks else ())] = stems.find(key)
    if len(places) < 2:
        known = " ".join((*spelt, *(_key(one.name) for one in places)))
        for word in words_of(text):
            if len(places) < 4 and stems_of(word) and f" {stem(word)} " not in f" {known} ":
                places.setdefault(Concept(name=word, spellings=(word,)), stems.find(_key(word)))
    return Question(text, tuple(sorted(places, key=lambda concept: places[concept])))


def queries_of(question: Question) -> tuple[SearchQuery, ...]:
    """Return what services are asked: every pair of the question's concepts, those it names first coming first; the
    only concept where it has one."""
    phrases = [concept.spellings[:MOST_SPELLINGS] for concept in question.concepts]
    if len(phrases) < 2:
        return (SearchQuery(phrases=tuple(phrases)),)
    pairs: Sequence[tuple[int, int]] = [(a, b) for a in range(len(phrases)) for b in range(a + 1, len(phrases))]
    nearest = sorted(pairs, key=lambda pair: (sum(pair), pair))[:MOST_QUERIES]
    return tuple(SearchQuery(phrases=(phrases[a], phrases[b])) for a, b in nearest)


def _key(text: str) -> str:
    """Return all stems of a text, with a blank around each: a phrase is in a text where its key is in the text's."""
    return f" {' '.join(stem(word) for word in words_of(text))} "
