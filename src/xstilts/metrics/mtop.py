"""Exact match of MTOP's trees, which no program of its authors defines: the three in use count differently, and on one
file of predictions they said 78.2, 81.8 and 84.6. Each has a metric of its own here.

A frame is a mapping with `form`, a tree in the decoupled form: `[IN:CREATE_CALL [SL:CONTACT Amy ] ]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.chunks import precision_recall
from xstilts.metrics.frames import Frame
from xstilts.metrics.tallies import percent
from xstilts.metrics.top_trees import TopNode, casper_template, casper_tree, pytext_frame

_INVALID = TopNode("IN:INVALID_TREE", 0, len("PLACEHOLDER"), "PLACEHOLDER", frozenset())
_CONFUSIONS = ("both", "predicted", "gold")
_PARTS = ("bracket_intents", "bracket_slots", "tree_intents", "tree_slots")


@dataclass(frozen=True)
class CasperMatch:
    """What CASPER's `evaluate/top_metrics.py` (google-research/language; Pasupat et al. 2021) prints, in percent.
    `exact_match`: forms that are equal as they stand; `top_intent` right; `template`: the top intent and the set of
    paths of labels that hold words; `invalid`: forms that are no trees."""

    name: ClassVar[str] = "mtop_casper"
    counts: ClassVar[tuple[str, ...]] = ("equal", "top_intent", "template", "invalid", "total")
    headline: ClassVar[tuple[str, ...]] = ("exact_match",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        true, guessed = (casper_tree(frame["form"]) for frame in (gold, guess))
        equal = float(gold["form"] == guess["form"])
        if true is None or guessed is None:
            return equal, 0.0, 0.0, float(guessed is None), 1.0
        templates = casper_template(true), casper_template(guessed)
        top_intents = [template.split("-")[0] for template in templates]
        same = float(top_intents[0] == top_intents[1]), float(templates[0] == templates[1])
        return equal, *same, 0.0, 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        shares = percent(counts[..., :4], counts[..., 4:])
        names = ("exact_match", "top_intent", "template", "invalid")
        return {name: shares[..., k] for k, name in enumerate(names)}


@dataclass(frozen=True)
class PytextFrames:
    """What PyText's `metrics/intent_slot_metrics.py` (facebookresearch/pytext) prints, which the papers on TOP used, in
    percent. Forms are upper-cased and read as trees; spans are characters of the form's own words, so one word too many
    in a slot makes all later ones wrong. `frame_accuracy`; `top_intent` right; F1, precision and recall over slots,
    intents and both: `bracket_*` compares label, span and the words that stand in it directly, `tree_*` all below as
    well. A form that is no tree counts as one intent that is wrong, and as `invalid`."""

    name: ClassVar[str] = "mtop_pytext"
    counts: ClassVar[tuple[str, ...]] = (
        "frames",
        "top_intent",
        "invalid",
        "total",
        *(f"{part}_{confusion}" for part in _PARTS for confusion in _CONFUSIONS),
    )
    headline: ClassVar[tuple[str, ...]] = ("frame_accuracy",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        read, true = pytext_frame(guess["form"].upper()), pytext_frame(gold["form"].upper()) or _INVALID
        guessed = read or _INVALID
        numbers = [float(true == guessed), float(true.label == guessed.label), float(read is None), 1.0]
        for whole in (False, True):
            for kind in (0, 1):
                a, b = (
                    Counter(node for is_slot, node in _nodes(tree, 0, whole) if is_slot == kind)
                    for tree in (true, guessed)
                )
                numbers += [float((a & b).total()), float(b.total()), float(a.total())]
        return tuple(numbers)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        counts = np.asarray(counts, dtype=np.float64)
        found = dict(
            zip(
                ("frame_accuracy", "top_intent", "invalid"),
                np.moveaxis(percent(counts[..., :3], counts[..., 3:4]), -1, 0),
                strict=True,
            )
        )
        parts = {part: counts[..., 4 + 3 * k : 7 + 3 * k] for k, part in enumerate(_PARTS)}
        for how in ("bracket", "tree"):
            parts[f"{how}_overall"] = parts[f"{how}_intents"] + parts[f"{how}_slots"]
        for part, confusions in parts.items():
            found.update({f"{part}_{name}": value for name, value in precision_recall(confusions).items()})
        return found


def _nodes(node: TopNode, depth: int, whole: bool) -> Iterator[tuple[int, TopNode]]:
    """Yield (0 for an intent or 1 for a slot, node) of a tree, by turns as one goes down; without `whole` nodes have no
    children."""
    yield depth % 2, node if whole else node._replace(children=frozenset())
    for child in node.children:
        yield from _nodes(child, depth + 1, whole)


@dataclass(frozen=True)
class XsemplrMatch:
    """Exact match of XSemPLR's evaluators (psunlpgroup/XSemPLR; Zhang et al. 2023), in percent: `exact_match` of its
    mT5 and mBART takes blanks (U+0020) out of both forms, `exact_match_llm` of its language models strips the ends and
    lower-cases as well. For any form that is a text, not MTOP's alone."""

    name: ClassVar[str] = "xsemplr_exact_match"
    counts: ClassVar[tuple[str, ...]] = ("equal", "equal_llm", "total")
    headline: ClassVar[tuple[str, ...]] = ("exact_match",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        true, guessed = gold["form"], guess["form"]
        equal = true.replace(" ", "") == guessed.replace(" ", "")
        return float(equal), float(_for_llm(true) == _for_llm(guessed)), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        shares = percent(counts[..., :2], counts[..., 2:])
        return {"exact_match": shares[..., 0], "exact_match_llm": shares[..., 1]}


def _for_llm(form: str) -> str:
    return form.strip().replace(" ", "").lower()
