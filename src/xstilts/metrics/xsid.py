"""Slots as xSID's own program counts them: `scripts/nluEval.py` of mainlp/xsid (van der Goot et al. 2021).

Its spans are not those of conlleval: only B- begins one, what I- is labelled with is never looked at, an I- after
nothing is no span, and the end, which is exclusive, is clipped to the last word, so that a span up to the last word and
one that stops a word earlier are equal. On the same files its strict F1 and seqeval's differ by more than ten points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from xstilts.metrics.chunks import precision_recall
from xstilts.metrics.frames import Frame
from xstilts.metrics.tallies import percent


class XsidSpan(NamedTuple):
    """`end` is the first word after the span, but the last word of the sentence where the span goes on to its end."""

    start: int
    end: int
    label: str


def xsid_spans(tags: Sequence[str]) -> set[XsidSpan]:
    """Return the spans of one sentence.

    >>> sorted(xsid_spans(["B-a", "I-b", "O", "I-a", "B-a", "I-a"]))
    [XsidSpan(start=0, end=2, label='a'), XsidSpan(start=4, end=5, label='a')]
    >>> xsid_spans(["O", "B-a", "I-a"]) == xsid_spans(["O", "B-a", "O"])
    True
    """
    spans, last = set(), len(tags) - 1
    for start, tag in enumerate(tags):
        if tag.startswith("B"):
            outside = (word for word in range(start + 1, len(tags)) if not tags[word].startswith("I"))
            spans.add(XsidSpan(start, next(outside, last), tag[2:]))
    return spans


def loosely_found(spans: Iterable[XsidSpan], others: Iterable[XsidSpan]) -> int:
    """Return how many of `spans` have the start or the end of another one with the same label inside, ends included.

    >>> whole, part = XsidSpan(1, 5, "a"), XsidSpan(2, 4, "a")
    >>> loosely_found([whole], [part]), loosely_found([part], [whole])
    (1, 0)
    """
    places: dict[str, list[int]] = {}
    for other in others:
        places.setdefault(_loose_label(other), []).extend((other.start, other.end))
    return sum(any(span.start <= place <= span.end for place in places.get(_loose_label(span), ())) for span in spans)


def _loose_label(span: XsidSpan) -> str:
    return span.label.split(":")[0]  # the program keeps spans as "1-2:label" and takes what stands between colons


@dataclass(frozen=True)
class XsidSlots:
    """All that `nluEval.py` prints of slots, in percent: strict (`slot_f1`), loose (a gold span is found if an end of a
    guessed one with its label lies in it, and the other way round for precision) and unlabelled (starts alone); and
    `fully_correct`, utterances with their intent and all slots right."""

    name: ClassVar[str] = "xsid_slots"
    counts: ClassVar[tuple[str, ...]] = (
        "both",
        "predicted",
        "gold",
        "starts",
        "loosely_found",
        "loosely_right",
        "fully_correct",
        "total",
    )
    headline: ClassVar[tuple[str, ...]] = ("slot_f1",)

    def tally(self, gold: Frame, guess: Frame, language: str) -> tuple[float, ...]:
        true, guessed = xsid_spans(gold["slots"]), xsid_spans(guess["slots"])
        numbers = (
            len(true & guessed),
            len(guessed),
            len(true),
            len({span.start for span in true} & {span.start for span in guessed}),
            loosely_found(true, guessed),
            loosely_found(guessed, true),
            true == guessed and gold["intent"] == guess["intent"],
            1,
        )
        return tuple(map(float, numbers))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        both, guessed, true, starts, found, right, full, total = np.moveaxis(np.asarray(counts), -1, 0)
        strict = precision_recall(np.stack([both, guessed, true], axis=-1))
        unlabelled = precision_recall(np.stack([starts, guessed, true], axis=-1))
        precision, recall = percent(right, guessed, empty=0.0), percent(found, true, empty=0.0)
        loose_f1 = percent(2 * precision * recall, 100.0 * (precision + recall), empty=0.0)
        return {
            **{f"slot_{name}": value for name, value in strict.items()},
            "loose_f1": loose_f1,
            "loose_precision": precision,
            "loose_recall": recall,
            **{f"unlabelled_{name}": value for name, value in unlabelled.items()},
            "fully_correct": percent(full, total),
        }
