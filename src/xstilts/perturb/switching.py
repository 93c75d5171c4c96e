"""Code-switching by dictionary: words of a text in its language (the matrix) become words of others (embedded).

After CoSDA-ML (Qin et al. 2020): words are drawn, a language for each of them, and one of its translations. Entries of
several words are looked for first; case is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.core.languages import canonical_code
from xstilts.perturb.base import OriginalText, Perturbation
from xstilts.perturb.edits import Edit, Rewriting, Span
from xstilts.perturb.lexicon import LEXICONS, Entry, Lexicon, read_lexicon
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import no_words_of, run_spans
from xstilts.perturb.word_forms import in_case_of

Found = tuple[int, int, Mapping[str, Entry]]  # start, end, the entry in each embedded language that has one


@dataclass(frozen=True, kw_only=True)
class DictionarySwitch(Perturbation):
    """Words become their translations. Units are the words, or groups of words, that a lexicon has.

    into: the embedded language, or several, of which each word takes one. lexicons: a lexicon (`en-de.tsv`), or a
    folder with one for each pair; each serves both directions. lexicons_digest: that of the files of the languages.
    """

    name: ClassVar[str] = "dictionary"
    identity_name: ClassVar[str] = "DictionarySwitch"
    unit: ClassVar[str] = "word"
    switches: ClassVar[bool] = True
    paths: ClassVar[tuple[str, ...]] = ("lexicons",)

    into: tuple[str, ...]
    lexicons: Path = field(metadata=NOT_IDENTITY)
    lexicons_digest: str = field(default="", metadata=OMIT_DEFAULT)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "into", embedded_languages(self.into, self.name))
        object.__setattr__(self, "lexicons", Path(self.lexicons))
        object.__setattr__(self, "lexicons_digest", LEXICONS.digest(self.lexicons, self.into))

    def files_read(self) -> tuple[Path, ...]:
        return tuple(LEXICONS.serving(self.lexicons, self.into).values())

    def unavailable(self, language: str) -> str | None:
        matrix = canonical_code(language)
        if reason := LEXICONS.lacking(self.lexicons, matrix, self.into):
            return reason
        self.lexicons_of(matrix)  # a bad line is said now
        return None

    def lexicons_of(self, language: str) -> Mapping[str, Lexicon]:
        """Return the lexicon from a language into each embedded one. Raises DataError for bad lines (file:line)."""
        return _lexicons(self.lexicons, canonical_code(language), self.into)

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        return switch_words(original, self.lexicons_of(original.language), self.rate, stream)


def embedded_languages(into: object, name: str) -> tuple[str, ...]:
    """Return the languages that `into` names, one or several. Raises DataError, at the perturbation's name."""
    named = [into] if isinstance(into, str) else into
    if not isinstance(named, list | tuple) or not named or not all(isinstance(code, str) for code in named):
        raise DataError(f"'into' names languages, got {into!r}", where=f"{name}.into")
    return tuple(dict.fromkeys(canonical_code(code, f"{name}.into") for code in named))


def switch_words(
    original: OriginalText, lexicons: Mapping[str, Lexicon], rate: float, stream: RandomStream
) -> Rewriting:
    """Return a text with about `rate` of what the lexicons have in it translated, a language for each."""
    text = original.text
    found = list(_found(original, lexicons))
    edits, languages = [], []
    for start, end, entries in map(found.__getitem__, stream.places(len(found), rate)):
        code = stream.one_of(tuple(entries))
        entry = entries[code]
        edits.append(Edit(start, end, in_case_of(text[start:end], stream.one_of(entry.translations), entry.headword)))
        languages.append(code)
    return Rewriting(text, edits, len(found), len(edits), tuple(languages))


@lru_cache(maxsize=64)
def _lexicons(place: Path, matrix: str, into: tuple[str, ...]) -> Mapping[str, Lexicon]:
    paths = {code: LEXICONS.path(place, matrix, code) for code in into if code != matrix}
    return {code: read_lexicon(*path) for code, path in paths.items() if path}


def _found(original: OriginalText, lexicons: Mapping[str, Lexicon]) -> Iterator[Found]:
    """Yield what the lexicons have, from left to right, of two that overlap the longer one at the earlier place."""
    if original.given_words is not None:
        return _of_words(original, lexicons)
    if no_words_of(original.language):
        return _of_characters(original, lexicons)
    return _of_text(original.text, lexicons)


def _of_words(original: OriginalText, lexicons: Mapping[str, Lexicon]) -> Iterator[Found]:
    """Of given words only whole ones, and translations of one word, so that each keeps its gold."""
    for start, end in original.given_words or ():
        entries = _lookup(original.text[start:end], lexicons)
        single = {
            code: tuple(word for word in entry.translations if " " not in word) for code, entry in entries.items()
        }
        if kept := {code: Entry(entries[code].headword, words) for code, words in single.items() if words}:
            yield start, end, kept


def _of_text(text: str, lexicons: Mapping[str, Lexicon]) -> Iterator[Found]:
    words = run_spans(text)
    longest = max((lexicon.longest for lexicon in lexicons.values()), default=1)
    index = 0
    while index < len(words):
        length, entries = _longest_match(text, words, index, longest, lexicons)
        if entries:
            yield words[index][0], words[index + length - 1][1], entries
        index += length


def _longest_match(
    text: str, words: Sequence[Span], index: int, longest: int, lexicons: Mapping[str, Lexicon]
) -> tuple[int, Mapping[str, Entry]]:
    """Return how many words from `index` on are an entry, and the entries; one word, and none, where nothing is."""
    start = words[index][0]
    for length in range(min(longest, len(words) - index), 0, -1):
        if entries := _lookup(text[start : words[index + length - 1][1]], lexicons):
            return length, entries
    return 1, {}


def _of_characters(original: OriginalText, lexicons: Mapping[str, Lexicon]) -> Iterator[Found]:
    """Without blanks between words: the longest entry that begins at a character and ends with one."""
    text, letters = original.text, original.letters
    longest = max((lexicon.longest_text for lexicon in lexicons.values()), default=1)
    index = 0
    while index < len(letters):
        start = letters[index][0]
        last = index
        while (
            last + 1 < len(letters)
            and letters[last][1] == letters[last + 1][0]
            and letters[last + 1][1] - start <= longest
        ):
            last += 1
        entries: Mapping[str, Entry] = {}
        while last >= index and not (entries := _lookup(text[start : letters[last][1]], lexicons)):
            last -= 1
        if entries:
            yield start, letters[last][1], entries
        index = max(last, index) + 1


def _lookup(text: str, lexicons: Mapping[str, Lexicon]) -> Mapping[str, Entry]:
    key = text.lower()
    return {code: lexicon.entries[key] for code, lexicon in lexicons.items() if key in lexicon.entries}
