"""Peers of the perturbation benchmark, run by the Python of an environment of their own: JSON in, JSON lines out.

    python perturbation_peers.py PEER < {"texts": [...], "rate": 0.1}

A line for each operation: {"operation", "seconds", "failed"} with the processor time that all texts took, and on how
many the peer raised an error. Settings say the rate of characters as closely as the peer lets them: every word may be
hit, and that share of its characters.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Operation = Callable[[str], Any]


def nlpaug(rate: float) -> Iterator[tuple[str, Operation]]:
    import nlpaug.augmenter.char as chars
    import nlpaug.augmenter.word as words

    share = {"aug_char_p": rate, "aug_word_p": 1.0, "aug_char_max": None, "aug_word_max": None, "min_char": 1}
    plain = {"include_special_char": False, "include_numeric": False, "include_upper_case": False}
    yield "keyboard", chars.KeyboardAug(**share, **plain).augment
    yield "ocr", chars.OcrAug(**share).augment
    for operation in ("swap", "delete", "insert"):
        yield operation, chars.RandomCharAug(action=operation, **{**share, "min_char": 2}).augment
    yield "drop-words", words.RandomWordAug(action="delete", aug_p=rate, aug_max=None).augment
    yield "misspellings", words.SpellingAug(aug_p=rate, aug_max=None).augment


def checklist(rate: float) -> Iterator[tuple[str, Operation]]:
    from checklist.perturb import Perturb

    yield "swap", lambda text: Perturb.add_typos(text, typos=round(rate * len(text) / 2))


def textflint(rate: float) -> Iterator[tuple[str, Operation]]:
    from textflint.generation_layer.transformation.UT import Keyboard, Ocr
    from textflint.input.component.sample import UTSample

    for operation, transformation in (("keyboard", Keyboard), ("ocr", Ocr)):
        change = transformation(trans_p=rate, trans_max=10**6)
        yield operation, lambda text, change=change: change.transform(UTSample({"x": text}), field="x", n=1)


PEERS = {"nlpaug": nlpaug, "checklist": checklist, "textflint": textflint}


def main() -> None:
    asked = json.load(sys.stdin)
    random.seed(0)
    for name, operation in PEERS[sys.argv[1]](asked["rate"]):
        failed = 0
        for warm in (True, False):  # tables are loaded at the first call
            begin = time.process_time()
            for text in asked["texts"][:1] if warm else asked["texts"]:
                try:
                    operation(text)
                except Exception:  # noqa: BLE001 - whatever a peer raises is counted
                    failed += not warm
        line = {"operation": name, "seconds": time.process_time() - begin, "failed": failed}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
