"""Frames as MASSIVE's own program counts them: `eval_preds` of alexa/massive (FitzGerald et al. 2023).

Its data name a slot for each word, without beginnings, so a slot is a run of equal names, and two neighbours of one
name are one. A guess of another length is cut, or filled up with words outside, before anything is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.chunks import precision_recall
from xstilts.metrics.frames import Frame
from xstilts.metrics.tag_schemes import Chunk
from xstilts.metrics.tallies import percent

_OUTSIDE = "O"


def slot_names(tags: Sequence[str], words: int) -> list[str]:
    """Return the slot of each of so many words, of tags in BIO: what MASSIVE's files say.

    >>> slot_names(["B-date", "I-date", "B-date", "O"], 3), slot_names(["B-date"], 2)
    (['date', 'date', 'date'], ['date', 'O'])
    """
    names = [tag if tag == _OUTSIDE else tag.split("-", 1)[-1] for tag in tags[:words]]
    return names + [_OUTSIDE] * (words - len(names))


def runs(names: Sequence[str]) -> list[Chunk]:
    """Return the runs of equal names, those outside left out.

    >>> runs(["date", "date", "O", "time"])
    [('date', 0, 1), ('time', 3, 3)]
    """
    found: list[Chunk] = []
    for word, name in enumerate(names):
        if name == _OUTSIDE:
            continue
        if word and names[word - 1] == name:
            found[-1] = (name, found[-1][1], word)
        else:
            found.append((name, word, word))
    return found


@dataclass(frozen=True)
class MassiveSlots:
    """`slot_micro_f1` of `eval_preds`: micro F1 over runs of equal slot names, as seqeval 1.2.2 counts them."""

    name: ClassVar[str] = "massive_slots"
    counts: ClassVar[tuple[str, ...]] = ("both", "predicted", "gold")
    headline: ClassVar[tuple[str, ...]] = ("slot_f1",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        words = len(gold["slots"])
        true, guessed = (set(runs(slot_names(frame["slots"], words))) for frame in (gold, guess))
        return float(len(true & guessed)), float(len(guessed)), float(len(true))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {f"slot_{name}": value for name, value in precision_recall(counts).items()}


@dataclass(frozen=True)
class MassiveExactMatch:
    """`ex_match_acc` of `eval_preds`: share of utterances with their intent and the slot of every word right."""

    name: ClassVar[str] = "massive_exact_match"
    counts: ClassVar[tuple[str, ...]] = ("correct", "total")
    headline: ClassVar[tuple[str, ...]] = ("exact_match",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        words = len(gold["slots"])
        same = slot_names(gold["slots"], words) == slot_names(guess["slots"], words)
        return float(same and gold["intent"] == guess["intent"]), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"exact_match": percent(counts[..., 0], counts[..., 1])}
