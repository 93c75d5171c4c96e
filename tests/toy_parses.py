"""Questions of an assistant and their trees, which a tiny encoder learns in seconds: a verb says the intent, names are
copied, and a wish may hold another."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

from xstilts.data.examples import ParseExample

LABELS = ("]", "[IN:CALL", "[IN:TELL", "[IN:FIND", "[SL:WHO", "[SL:WHAT")
NAMES = ("ann", "bob", "cy", "dee", "eli", "fay")


def parses(number: int, seed: int = 0, names: Sequence[str] = NAMES) -> list[ParseExample]:
    """ "call ann" or "tell the friend of bob about cy dee": a person, or a friend of one, and one name or two."""
    draw = random.Random(seed)
    return [_parse(draw, f"{seed}-{i}", names) for i in range(number)]


def _parse(draw: random.Random, name: str, names: Sequence[str]) -> ParseExample:
    who = draw.choice(names)
    words, tree = [who], who
    if draw.random() < 0.4:
        words, tree = ["the", "friend", "of", who], f"[IN:FIND [SL:WHO {who} ] ]"
    if draw.random() < 0.5:
        words, form = ["call", *words], f"[IN:CALL [SL:WHO {tree} ] ]"
    else:
        what = draw.sample(names, k=draw.randint(1, 2))
        words, form = ["tell", *words, "about", *what], f"[IN:TELL [SL:WHO {tree} ] [SL:WHAT {' '.join(what)} ] ]"
    return ParseExample(id=name, group=name, where=f"toy:{name}", words=tuple(words), form=form)


def write(path: Path, examples: Sequence[ParseExample]) -> None:
    rows = [{"id": e.id, "text": " ".join(e.words), "form": e.form} for e in examples]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
