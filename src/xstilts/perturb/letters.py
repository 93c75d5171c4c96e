"""Noise in letters that needs no table: swaps, deletions, insertions, repetitions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import adjoin


@dataclass(frozen=True, kw_only=True)
class Swap(Perturbation):
    """A character changes places with the next one of its word (Belinkov & Bisk 2018). Both are changed."""

    name: ClassVar[str] = "swap"
    identity_name: ClassVar[str] = "SwapNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, letters = original.text, original.letters
        pairs = [(a, c, d) for (a, b), (c, d) in pairwise(letters) if b == c and text[a:b] != text[c:d]]
        units = len({at for a, c, _ in pairs for at in (a, c)})
        taken = set[int]()

        def free(index: int) -> bool:
            first, second, _ = pairs[index]
            if first in taken or second in taken:
                return False
            taken.update((first, second))
            return True

        share = self.rate * units / 2 / len(pairs) if pairs else 0.0
        chosen = stream.places(len(pairs), share, free)
        edits = [Edit(a, d, text[c:d] + text[a:c]) for a, c, d in map(pairs.__getitem__, chosen)]
        return rewriting_of(original, edits, units, 2 * len(edits))


@dataclass(frozen=True, kw_only=True)
class Delete(Perturbation):
    """A character is left out; of each run of letters one stays."""

    name: ClassVar[str] = "delete"
    identity_name: ClassVar[str] = "DeleteNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        letters = original.letters
        run, runs, sizes = 0, list[int](), list[int]()  # the run of each letter; letters left of each run
        for index, letter in enumerate(letters):
            if index and adjoin(letters[index - 1], letter):
                sizes[-1] += 1
            else:
                run = len(sizes)
                sizes.append(1)
            runs.append(run)
        places = [index for index, run in enumerate(runs) if sizes[run] > 1]

        def spares_one(place: int) -> bool:
            run = runs[places[place]]
            sizes[run] -= 1
            if not sizes[run]:
                sizes[run] = 1
                return False
            return True

        chosen = stream.places(len(places), self.rate, spares_one)
        return rewriting_of(original, [Edit(*letters[places[place]], "") for place in chosen], len(places))


@dataclass(frozen=True, kw_only=True)
class Insert(Perturbation):
    """After a character comes another one of the same text: in whatever script, without a table."""

    name: ClassVar[str] = "insert"
    identity_name: ClassVar[str] = "InsertNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, letters = original.text, original.letters
        edits = []
        for place in stream.places(len(letters), self.rate):
            (start, end), (low, high) = letters[place], stream.one_of(letters)
            edits.append(Edit(start, end, text[start:end] + text[low:high]))
        return rewriting_of(original, edits, len(letters))


@dataclass(frozen=True, kw_only=True)
class Repeat(Perturbation):
    """A character stands twice."""

    name: ClassVar[str] = "repeat"
    identity_name: ClassVar[str] = "RepeatNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, letters = original.text, original.letters
        edits = []
        for start, end in map(letters.__getitem__, stream.places(len(letters), self.rate)):
            edits.append(Edit(start, end, text[start:end] * 2))
        return rewriting_of(original, edits, len(letters))
