"""Code-switching by phrases: translations of phrases are learnt from word-aligned parallel text and put in their place.

A file is called by its two languages (`en-de.aligned`, `en-de.aligned.gz`). A line is a sentence, its translation and
which of their words belong together, in the Pharaoh format that aligners write: `the old house ||| das alte Haus |||
0-0 1-1 2-2`, words being what blanks part, counted from 0.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.core.languages import canonical_code
from xstilts.data.text_lines import numbered_lines
from xstilts.perturb.base import OriginalText, Perturbation
from xstilts.perturb.edits import Rewriting
from xstilts.perturb.lexicon import Entry, Lexicon, PairFiles
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.switching import embedded_languages, switch_words

LONGEST = 4  # words of a phrase, on either side
KEPT = 3  # translations of a phrase: those seen most often
_LAYOUT = (
    "A file of aligned text is called by its languages (en-de.aligned) and has on each line a sentence, its "
    "translation and the places of words that belong together: the old house ||| das alte Haus ||| 0-0 1-1 2-2"
)
ALIGNED = PairFiles(
    name=re.compile(r"([A-Za-z]{2,3}(?:_[A-Za-z]+)?)-([A-Za-z]{2,3}(?:_[A-Za-z]+)?)\.aligned(?:\.gz)?"),
    noun="aligned text",
    layout=_LAYOUT,
)

Links = frozenset[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class PhraseSwitch(Perturbation):
    """Phrases become their translations in aligned text. Units are the phrases that it has, the longest ones first.

    into: the embedded language, or several, of which each phrase takes one. aligned: a file of aligned text, or a
    folder with one for each pair; each serves both directions. aligned_digest: that of the files of the languages.
    """

    name: ClassVar[str] = "phrases"
    identity_name: ClassVar[str] = "PhraseSwitch"
    unit: ClassVar[str] = "word"
    switches: ClassVar[bool] = True
    paths: ClassVar[tuple[str, ...]] = ("aligned",)

    into: tuple[str, ...]
    aligned: Path = field(metadata=NOT_IDENTITY)
    aligned_digest: str = field(default="", metadata=OMIT_DEFAULT)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "into", embedded_languages(self.into, self.name))
        object.__setattr__(self, "aligned", Path(self.aligned))
        object.__setattr__(self, "aligned_digest", ALIGNED.digest(self.aligned, self.into))

    def files_read(self) -> tuple[Path, ...]:
        return tuple(ALIGNED.serving(self.aligned, self.into).values())

    def unavailable(self, language: str) -> str | None:
        matrix = canonical_code(language)
        if reason := ALIGNED.lacking(self.aligned, matrix, self.into):
            return reason
        _phrases(self.aligned, matrix, self.into)  # a bad line is said now
        return None

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        phrases = _phrases(self.aligned, canonical_code(original.language), self.into)
        return switch_words(original, phrases, self.rate, stream)


@lru_cache(maxsize=64)
def _phrases(place: Path, matrix: str, into: tuple[str, ...]) -> Mapping[str, Lexicon]:
    paths = {code: ALIGNED.path(place, matrix, code) for code in into if code != matrix}
    return {code: read_phrases(*path) for code, path in paths.items() if path}


@lru_cache(maxsize=64)
def read_phrases(path: Path, reverse: bool = False) -> Lexicon:
    """Return the phrases of a file with their commonest translations; reverse: from its second language to its first.
    Phrases that are their own translation are left out. Raises DataError (file:line)."""
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    headwords: dict[str, str] = {}
    for number, line in numbered_lines(path):
        if not line.strip():
            continue
        source, target, links = _parsed(line, f"{path}:{number}")
        if reverse:
            source, target, links = target, source, frozenset((j, i) for i, j in links)
        for phrase, translation in phrase_pairs(source, target, links):
            if phrase.lower() != translation.lower() and any(character.isalpha() for character in phrase):
                headwords.setdefault(phrase.lower(), phrase)
                seen[phrase.lower()][translation] += 1
    if not seen:
        raise DataError("the aligned text has no phrases", where=str(path), hint=_LAYOUT)
    entries = {key: Entry(headwords[key], _commonest(counts)) for key, counts in seen.items()}
    return Lexicon(entries, max(key.count(" ") + 1 for key in entries), max(map(len, entries)))


def _commonest(counts: Counter[str]) -> tuple[str, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(translation for translation, _ in ordered[:KEPT])


def _parsed(line: str, where: str) -> tuple[list[str], list[str], Links]:
    """Return the words of both sides and their links. Raises DataError."""
    parts = line.split("|||")
    if len(parts) != 3:
        raise DataError(f"the line has {len(parts)} parts between |||, not 3: '{line[:60]}'", where=where, hint=_LAYOUT)
    source, target = parts[0].split(), parts[1].split()
    links = set()
    for link in parts[2].split():
        first, _, second = link.partition("-")
        if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
            raise DataError(f"'{link}' is no link such as 0-0", where=where, value=link, hint=_LAYOUT)
        if int(first) >= len(source) or int(second) >= len(target):
            problem = f"the link '{link}' leads out of sentences of {len(source)} and {len(target)} words"
            raise DataError(problem, where=where, value=link)
        links.add((int(first), int(second)))
    return source, target, frozenset(links)


def phrase_pairs(source: Sequence[str], target: Sequence[str], links: Links) -> Iterator[tuple[str, str]]:
    """Yield the phrases of at most `LONGEST` words whose words are linked to nothing outside of each other, as phrase
    tables have them (Och & Ney 2004), those that begin and end with an unlinked word left out.

    >>> list(phrase_pairs(["old", "house"], ["altes", "Haus"], frozenset({(0, 0), (1, 1)})))
    [('old', 'altes'), ('old house', 'altes Haus'), ('house', 'Haus')]
    """
    of_source: defaultdict[int, set[int]] = defaultdict(set)
    of_target: defaultdict[int, set[int]] = defaultdict(set)
    for i, j in links:
        of_source[i].add(j)
        of_target[j].add(i)
    for start in range(len(source)):
        for last in range(start, min(start + LONGEST, len(source))):
            if not (of_source[start] and of_source[last]):
                continue
            reached = set[int]().union(*(of_source[i] for i in range(start, last + 1)))
            first, end = min(reached), max(reached)
            back = set[int]().union(*(of_target[j] for j in range(first, end + 1)))
            if end - first < LONGEST and start <= min(back) and max(back) <= last:
                yield " ".join(source[start : last + 1]), " ".join(target[first : end + 1])
