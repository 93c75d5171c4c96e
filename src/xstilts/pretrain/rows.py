"""What a phase of pretraining trains on: examples made of a corpus, one maker for each form of data."""

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
    """Lines of every language, those of parallel text too, as often as size ** `exponent` says (Conneau et al. 2020,
    section 3.1: smaller languages more often than they are); the largest language is seen once. `repeat` multiplies
    that for some languages."""
    lines = monolingual(corpus)
    sizes = {language: sum(map(len, found)) for language, found in lines.items()}
    largest = max(sizes.values())
    examples: list[TextExample] = []
    for language, unique in sorted(lines.items()):
        times = min(_REPEATS, (largest / sizes[language]) ** (1.0 - exponent)) * repeat.get(language, 1)
        for number, place in enumerate(_repeated(len(unique), times, (seed, zlib.crc32(language.encode())))):
            examples.append(_example(f"{language}-{number}", unique[place]))
    return examples


def monolingual(corpus: CorpusData) -> dict[str, list[str]]:
    """All lines of each language, each once, those of parallel text too."""
    lines = {language: list(found) for language, found in corpus.text.items()}
    for bundle in corpus.parallel:
        for language, found in bundle.lines.items():
            lines.setdefault(_plain(language), []).extend(found)
    unique = {language: list(dict.fromkeys(line for line in own if line.strip())) for language, own in lines.items()}
    return {language: own for language, own in unique.items() if own}


def pairs(corpus: CorpusData) -> list[TextExample]:
    """Every English line of the parallel text with its translation in every language."""
    return [_example(key, english, other) for key, _, english, other in _translations(corpus)]


def lexicon(corpus: CorpusData) -> list[TextExample]:
    """Every English word with its translation."""
    return [
        _example(f"{language}-{number}", english, other)
        for language, found in sorted(corpus.lexicon.items())
        for number, (english, other) in enumerate(found)
    ]


def switched(corpus: CorpusData, share: float, seed: int) -> list[TextExample]:
    """English lines in which about `share` of the words a lexicon knows are replaced by a translation, all of a line
    into one language (code-switching by dictionaries, Qin et al., IJCAI 2020)."""
    known: dict[str, dict[str, list[str]]] = {}
    for language, found in corpus.lexicon.items():
        for english, other in found:
            known.setdefault(language, {}).setdefault(english.lower(), []).append(other)
    languages, random = sorted(known), np.random.default_rng(seed)
    examples = []
    for number, line in enumerate(corpus.text.get("en", ())):
        language = languages[int(random.integers(len(languages)))]
        words = [_switch(word, known[language], share, random) for word in line.split()]
        examples.append(_example(f"{language}-{number}", " ".join(words)))
    return examples


def _switch(word: str, known: Mapping[str, Sequence[str]], share: float, random: np.random.Generator) -> str:
    bare = word.strip(".,;:!?\"'()")
    options = known.get(bare.lower(), ())
    if not options or random.random() >= share:
        return word
    return word.replace(bare, options[int(random.integers(len(options)))], 1)


def _translations(corpus: CorpusData) -> Iterator[tuple[str, str, str, str]]:
    """(id, language, English line, other line)."""
    for bundle in corpus.parallel:
        for language, lines in bundle.lines.items():
            if _plain(language) == "en":
                continue
            for number, (english, other) in enumerate(zip(bundle.lines["en"], lines, strict=True)):
                if english.strip() and other.strip():
                    yield f"{bundle.name}-{language}-{number}", _plain(language), english, other


def languages_of_pairs(corpus: CorpusData) -> list[str]:
    """The language of each of `pairs`."""
    return [language for _, language, _, _ in _translations(corpus)]


def _plain(language: str) -> str:
    """The language of a second translation, `pt#2`."""
    return language.partition("#")[0]


def _repeated(size: int, times: float, seed: tuple[int, ...]) -> np.ndarray:
    """Every place `times` times, the broken part drawn."""
    whole, random = int(times), np.random.default_rng(seed)
    rest = random.permutation(size)[: round((times - whole) * size)]
    return np.concatenate([np.tile(np.arange(size), whole), rest])


def _example(key: str, text: str, pair: str | None = None) -> TextExample:
    return TextExample(id=key, group=key, text=text, pair=pair)
