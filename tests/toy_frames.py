"""An assistant that a tiny encoder learns in seconds: what is wanted stands in a verb, with what behind its markers."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

from xstilts.data.examples import FrameExample

INTENTS, SLOTS = ("play", "remind"), ("song", "time")
VERBS = {"play": ("sing", "hum"), "remind": ("wake", "warn")}
SONGS, TIMES = ("red", "blue", "green"), ("noon", "dawn")


def frames(number: int, seed: int = 0) -> list[FrameExample]:
    """ "now hum red red at noon": one or two words of a song, and a time now and then."""
    draw = random.Random(seed)
    return [_frame(draw, f"{seed}-{i}") for i in range(number)]


def _frame(draw: random.Random, name: str) -> FrameExample:
    intent = draw.choice(INTENTS)
    song = draw.choices(SONGS, k=draw.randint(1, 2))
    words = [*draw.choices(("now", "please"), k=draw.randint(0, 1)), draw.choice(VERBS[intent]), *song]
    tags = ["O"] * (len(words) - len(song)) + ["B-song", *["I-song"] * (len(song) - 1)]
    if draw.random() < 0.5:
        words += ["at", draw.choice(TIMES)]
        tags += ["O", "B-time"]
    return FrameExample(id=name, group=name, where=f"toy:{name}", words=tuple(words), slots=tuple(tags), intent=intent)


def as_json(examples: Sequence[FrameExample]) -> str:
    rows = [{"id": e.id, "words": e.words, "slots": e.slots, "intent": e.intent} for e in examples]
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_xsid(examples: Sequence[FrameExample]) -> str:
    """In the layout of xSID."""
    blocks = []
    for example in examples:
        words = zip(example.words, example.slots or (), strict=True)
        lines = [f"{i}\t{word}\t{example.intent}\t{slot}" for i, (word, slot) in enumerate(words, 1)]
        blocks.append("\n".join([f"# id = {example.id}", f"# intent = {example.intent}", *lines, "", ""]))
    return "".join(blocks)


def write(path: Path, examples: Sequence[FrameExample]) -> None:
    path.write_text(as_xsid(examples) if path.suffix == ".conll" else as_json(examples), "utf-8")
