"""Rows that a phase of pretraining trains on: examples made of a corpus, one maker for each form of data."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from xstilts.data.examples import TextExample

if TYPE_CHECKING:
    from xstilts.pretrain.corpus import CorpusData

_REPEATS = 4  # a line of a small language is seen at most as often in one pass over the data


def texts(corpus: CorpusData, exponent: float, repeat: Mapping[str, int], seed: int) -> list[TextExample]:
    """Return lines of every language, those of parallel text too, as often as size ** `exponent` says (Conneau et al.
    2020, section 3.1: smaller languages more often than they are); the largest language is seen once. `repeat`
    multiplies that for some languages."""
    lines = monolingual(corpus)
    sizes = {language: sum(map(len, language_lines)) for language, language_lines in lines.items()}
    largest = max(sizes.values())
    examples: list[TextExample] = []
    for language, unique in sorted(lines.items()):
        times = min(_REPEATS, (largest / sizes[language]) ** (1.0 - exponent)) * repeat.get(language, 1)
        for number, index in enumerate(_repeated(len(unique), times, (seed, zlib.crc32(language.encode())))):
            examples.append(_example(f"{language}-{number}", unique[index]))
    return examples


def monolingual(corpus: CorpusData) -> dict[str, list[str]]:
    """Return all lines of each language, each once, those of parallel text too."""
    lines = {language: list(language_lines) for language, language_lines in corpus.text.items()}
    for bundle in corpus.parallel:
        for language, language_lines in bundle.lines.items():
            lines.setdefault(_plain(language), []).extend(language_lines)
    unique = {
        language: list(dict.fromkeys(line for line in language_lines if line.strip()))
        for language, language_lines in lines.items()
    }
    return {language: language_lines for language, language_lines in unique.items() if language_lines}


def pairs(corpus: CorpusData) -> list[TextExample]:
    """Return every English line of the parallel text with its translation in every language."""
    return [_example(key, english, other) for key, _, english, other in _translations(corpus)]


def lexicon(corpus: CorpusData) -> list[TextExample]:
    """Return every English word with its translation."""
    return [
        _example(f"{language}-{number}", english, other)
        for language, word_pairs in sorted(corpus.lexicon.items())
        for number, (english, other) in enumerate(word_pairs)
    ]


def switched(corpus: CorpusData, share: float, seed: int) -> list[TextExample]:
    """Return English lines in which about `share` of the words a lexicon knows are replaced by a translation, all of a
    line into one language (code-switching by dictionaries, Qin et al., IJCAI 2020)."""
    translations: dict[str, dict[str, list[str]]] = {}
    for language, word_pairs in corpus.lexicon.items():
        for english, other in word_pairs:
            translations.setdefault(language, {}).setdefault(english.lower(), []).append(other)
    languages, random = sorted(translations), np.random.default_rng(seed)
    examples = []
    for number, line in enumerate(corpus.text.get("en", ())):
        language = languages[int(random.integers(len(languages)))]
        words = [_switch(word, translations[language], share, random) for word in line.split()]
        examples.append(_example(f"{language}-{number}", " ".join(words)))
    return examples


def _switch(word: str, translations: Mapping[str, Sequence[str]], share: float, random: np.random.Generator) -> str:
    bare = word.strip(".,;:!?\"'()")
    options = translations.get(bare.lower(), ())
    if not options or random.random() >= share:
        return word
    return word.replace(bare, options[int(random.integers(len(options)))], 1)


def _translations(corpus: CorpusData) -> Iterator[tuple[str, str, str, str]]:
    """Yield (id, language, English line, other line)."""
    for bundle in corpus.parallel:
        for language, lines in bundle.lines.items():
            if _plain(language) == "en":
                continue
            for number, (english, other) in enumerate(zip(bundle.lines["en"], lines, strict=True)):
                if english.strip() and other.strip():
                    yield f"{bundle.name}-{language}-{number}", _plain(language), english, other


def languages_of_pairs(corpus: CorpusData) -> dict[str, str]:
    """Return the language of each of `pairs`, by its id."""
    return {key: language for key, language, _, _ in _translations(corpus)}


def _plain(language: str) -> str:
    """Return the language of a second translation, `pt#2`."""
    return language.partition("#")[0]


def _repeated(size: int, times: float, seed: tuple[int, ...]) -> np.ndarray:
    """Return every index below `size` `times` times; which get the fractional repeat is drawn."""
    full_passes, random = int(times), np.random.default_rng(seed)
    extra_indices = random.permutation(size)[: round((times - full_passes) * size)]
    return np.concatenate([np.tile(np.arange(size), full_passes), extra_indices])


def _example(key: str, text: str, pair: str | None = None) -> TextExample:
    return TextExample(id=key, group=key, text=text, pair=pair)
