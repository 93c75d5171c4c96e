"""Bilingual lexicons: tables of words and their translations, in either direction.

A file is called by its two languages (`en-de.tsv`, `en-de.tsv.gz`): the first field of a line is in the first one, the
second in the other; further fields are passed over. A first line whose second field is "translation" is a header.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from xstilts.core.errors import DataError, StudyError
from xstilts.core.fingerprints import file_checksum
from xstilts.core.languages import canonical_code
from xstilts.data.text_lines import numbered_lines

_NAME = re.compile(r"([A-Za-z]{2,3}(?:_[A-Za-z]+)?)-([A-Za-z]{2,3}(?:_[A-Za-z]+)?)\.(?:tsv|txt)(?:\.gz)?")
_LAYOUT = "A lexicon is called by its languages (en-de.tsv) and has on each line a word, a TAB and its translation."


@dataclass(frozen=True)
class Entry:
    """A headword of one or several words, as the lexicon writes it, and its translations."""

    headword: str
    translations: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """entries: by the headword in small letters, one blank between words. longest: most words of a headword;
    longest_text: most characters."""

    entries: Mapping[str, Entry]
    longest: int
    longest_text: int


@dataclass(frozen=True)
class PairFiles:
    """Files that are called by two languages, each of which serves both directions.

    name: the pattern of a file's name, its groups the languages. noun: what a file is, for messages; layout: how it
    looks.
    """

    name: re.Pattern[str]
    noun: str
    layout: str

    def files(self, place: Path) -> Mapping[tuple[str, str], Path]:
        """Return the files in a folder, or the one file, by their languages. Raises DataError where there are none."""
        if not place.exists():
            raise DataError("there is no such file or folder", where=str(place), hint=self.layout)
        paths = sorted(place.iterdir()) if place.is_dir() else [place]
        found: dict[tuple[str, str], Path] = {}
        for path in paths:
            if path.is_file() and (match := self.name.fullmatch(path.name)):
                try:
                    found.setdefault((canonical_code(match[1]), canonical_code(match[2])), path)
                except StudyError as error:
                    if not place.is_dir():
                        raise DataError(error.what, where=str(path), hint=error.hint) from None
        if not found:
            raise DataError(f"no {self.noun} is here", where=str(place), hint=self.layout)
        return found

    def path(self, place: Path, source: str, target: str) -> tuple[Path, bool] | None:
        """Return the file of `source` and `target`, and whether its second language is the one to look up."""
        files = self.files(place)
        for pair, reverse in (((source, target), False), ((target, source), True)):
            if pair in files:
                return files[pair], reverse
        return None

    def serving(self, place: Path, targets: Sequence[str]) -> Mapping[tuple[str, str], Path]:
        """Return the files that have one of the languages, in the order of their languages."""
        return {pair: path for pair, path in sorted(self.files(place).items()) if set(pair) & set(targets)}

    def digest(self, place: Path, targets: Sequence[str]) -> str:
        """Return a digest of the contents of all files that have one of the languages."""
        digest = hashlib.sha256()
        for pair, path in self.serving(place, targets).items():
            digest.update(f"{pair} {file_checksum(path)}\n".encode())
        return digest.hexdigest()

    def lacking(self, place: Path, matrix: str, into: Sequence[str]) -> str | None:
        """Return why texts of a language cannot be switched into others, None where they can."""
        if matrix in into and len(into) == 1:
            return f"{matrix} is not switched into itself"
        lacking = [code for code in into if code != matrix and not self.path(place, matrix, code)]
        return f"no {self.noun} of {matrix} and {lacking[0]} in {place}" if lacking else None


LEXICONS = PairFiles(name=_NAME, noun="lexicon", layout=_LAYOUT)


@lru_cache(maxsize=64)
def read_lexicon(path: Path, reverse: bool = False) -> Lexicon:
    """Return the lexicon in a file; reverse: from its second language to its first. Words that are their own
    translation are left out. Raises DataError (file:line)."""
    translations: dict[str, dict[str, None]] = {}
    headwords: dict[str, str] = {}
    for number, line in numbered_lines(path):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and len(cells) > 1 and cells[1].strip().lower() == "translation"):
            continue
        word, other = (" ".join(cell.split()) for cell in (*cells, "")[:2])
        if not word or not other:
            problem = f"the line has no {'translation' if word else 'word'}: '{line[:60]}'"
            raise DataError(problem, where=f"{path}:{number}", hint=_LAYOUT)
        if reverse:
            word, other = other, word
        if word.lower() != other.lower():
            headwords.setdefault(word.lower(), word)
            translations.setdefault(word.lower(), {})[other] = None
    if not translations:
        raise DataError("the lexicon has no words", where=str(path), hint=_LAYOUT)
    entries = {key: Entry(headwords[key], tuple(others)) for key, others in translations.items()}
    return Lexicon(entries, max(key.count(" ") + 1 for key in entries), max(map(len, entries)))
