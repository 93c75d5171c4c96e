"""What baselines see that must not solve a task: options without their question, and lengths and overlaps alone.

A *candidate* is what is chosen: an option of a multiple choice, or the second text of a labelled pair. All features are
those of a candidate, beside the same of its rivals (the other options) where it has any.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xstilts.data.fields import split_words

_WORD = re.compile(r"\d[\d,]*\.?\d*|\w+|[^\w\s]")
_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")
HASHED = 1 << 13


@dataclass(frozen=True, slots=True)
class Candidates:
    """The texts of one example that are chosen among, and what they are an answer to."""

    prompt: str
    texts: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """Return words, numbers and signs of a text, lower-cased; a number also stands for its size and its last digits."""
    found = []
    for word in _WORD.findall(text.lower()):
        found.append(word)
        if word[0].isdigit():
            digits = word.replace(",", "").rstrip(".")
            found += [f"#{len(digits.partition('.')[0])}.{len(digits.partition('.')[2])}", f"#0{_zeros(digits)}"]
            found.append(f"#ends {digits[-1]}")
    return found


def hashed_words(text: str) -> list[int]:
    """Return the numbers, below HASHED, of the words and pairs of words that a text has."""
    words = words_of(text)
    grams = {*words, *map(" ".join, pairwise(words))}
    return sorted({int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=4).digest()) % HASHED for gram in grams})


def option_features(candidates: Candidates) -> np.ndarray:
    """Return [K, F]: size, roundness and length of each candidate, and its place among its rivals in each; the prompt
    is not looked at."""
    rows = np.array([_own(text) for text in candidates.texts])
    return np.concatenate([rows, *_among_rivals(rows), _nearness(candidates.texts)], axis=1)


def overlap_features(candidates: Candidates) -> np.ndarray:
    """Return [K, F]: lengths of each candidate, how much of its words and numbers the prompt has, and its place among
    its rivals in each."""
    prompt, numbers = set(words_of(candidates.prompt)), set(_numbers(candidates.prompt))
    rows = []
    for text in candidates.texts:
        words, own = words_of(text), _numbers(text)
        rows.append(
            [
                math.log1p(len(text)),
                math.log1p(len(split_words(text))),
                len(prompt.intersection(words)) / max(len(set(words)), 1),
                len(prompt.intersection(words)) / max(len(prompt), 1),
                sum(number in numbers for number in own) / max(len(own), 1),
                len(numbers.intersection(own)) / max(len(numbers), 1),
                float(len(own)),
            ]
        )
    table = np.array(rows, dtype=float)
    return np.concatenate([table, *_among_rivals(table)], axis=1)


def _own(text: str) -> list[float]:
    numbers = _numbers(text)
    last = numbers[-1] if numbers else 0.0
    digits = f"{last:g}"
    return [
        math.log1p(abs(last)),
        float(last < 0),
        float(last != int(last)) if math.isfinite(last) else 0.0,
        float(_zeros(digits)),
        float(last % 2 == 0),
        float(last % 5 == 0),
        float(last % 12 == 0),
        float(len(set(digits))),
        float(sum(map(_zeros, (f"{number:g}" for number in numbers)))),
        float(sum(number != int(number) for number in numbers if math.isfinite(number))),
        float(len(numbers) - len(set(numbers))),
        math.log1p(len(text)),
        math.log1p(len(split_words(text))),
    ]


def _among_rivals(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the difference from the mean, and as indicators whether a value is the highest, the lowest, or the one
    nearest to the middle. Without rivals these are nothing."""
    if len(rows) < 2:
        return ()
    high, low = rows >= rows.max(axis=0), rows <= rows.min(axis=0)
    is_alone = rows.max(axis=0) != rows.min(axis=0)
    below = (rows[:, None, :] > rows[None, :, :]).sum(axis=1)
    return (
        rows - rows.mean(axis=0),
        (high & is_alone).astype(float),
        (low & is_alone).astype(float),
        below.astype(float),
    )


def _nearness(texts: Sequence[str]) -> np.ndarray:
    """Return [K, 4]: to how many rivals the last number is in a simple ratio, how near the nearest is, how near all
    are, and how many words a candidate shares with its rivals. A right answer that all wrong ones were made from is the
    one in the middle."""
    last = [(_numbers(text) or [0.0])[-1] for text in texts]
    bags = [set(words_of(text)) for text in texts]
    rows = np.zeros((len(texts), 4))
    for i, mine in enumerate(last):
        others = [value for j, value in enumerate(last) if j != i]
        if not others:
            continue
        apart = [abs(math.log((abs(mine) + 1) / (abs(value) + 1))) for value in others]
        ratios = [max(mine, v) / min(mine, v) if min(mine, v) > 0 else 0.0 for v in others]
        shared = [len(bags[i] & bag) / max(len(bags[i] | bag), 1) for j, bag in enumerate(bags) if j != i]
        rows[i] = sum(ratio in (2, 3, 4, 5, 10, 100) for ratio in ratios), min(apart), sum(apart), sum(shared)
    return rows


def _numbers(text: str) -> list[float]:
    found = []
    for match in _NUMBER.findall(text):
        try:
            found.append(float(match.replace(",", "").rstrip(".")))
        except ValueError:
            continue
    return [number for number in found if math.isfinite(number)]


def _zeros(digits: str) -> int:
    return len(digits) - len(digits.rstrip("0")) if "." not in digits else 0
