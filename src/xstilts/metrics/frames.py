"""Metrics of flat frames: an intent for the utterance and a slot tag in BIO for each word.

A frame is a mapping with `intent` (a label) and `slots` (a tag for each word), as a file of predictions has it. How a
benchmark's own program counts is in `metrics.xsid`, `metrics.massive` and `metrics.mtop`, each under a name of its own;
what stands here is what they agree on, and the customs of Snips.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xstilts.metrics.chunks import precision_recall
from xstilts.metrics.tag_schemes import scheme_chunks
from xstilts.metrics.tallies import percent

Frame = Mapping[str, Any]


@dataclass(frozen=True)
class IntentAccuracy:
    """Share of utterances whose intent is right; the evaluators of xSID and of MASSIVE print the same number."""

    name: ClassVar[str] = "intent_accuracy"
    counts: ClassVar[tuple[str, ...]] = ("correct", "total")
    headline: ClassVar[tuple[str, ...]] = ("intent_accuracy",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        return float(gold["intent"] == guess["intent"]), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"intent_accuracy": percent(counts[..., 0], counts[..., 1])}


@dataclass(frozen=True)
class SlotF1:
    """Micro F1 over slots, label and both ends right, as conlleval and seqeval 1.2.2 count them from BIO; the number
    usually given for Snips and ATIS."""

    name: ClassVar[str] = "slot_f1"
    counts: ClassVar[tuple[str, ...]] = ("both", "predicted", "gold")
    headline: ClassVar[tuple[str, ...]] = ("slot_f1",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        true, guessed = (set(scheme_chunks(frame["slots"], "bio")) for frame in (gold, guess))
        return float(len(true & guessed)), float(len(guessed)), float(len(true))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {f"slot_{name}": value for name, value in precision_recall(counts).items()}


@dataclass(frozen=True)
class FrameAccuracy:
    """Share of utterances whose intent and all slot tags are right (semantic frame accuracy: Goo et al. 2018)."""

    name: ClassVar[str] = "frame_accuracy"
    counts: ClassVar[tuple[str, ...]] = ("correct", "total")
    headline: ClassVar[tuple[str, ...]] = ("frame_accuracy",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        same = gold["intent"] == guess["intent"] and list(gold["slots"]) == list(guess["slots"])
        return float(same), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"frame_accuracy": percent(counts[..., 0], counts[..., 1])}
