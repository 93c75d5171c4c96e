"""Monolingual text in two languages for pretraining, by language and as files."""

from __future__ import annotations

import gzip
from pathlib import Path

NOUNS = ["dog", "cat", "house", "tree", "boy", "girl", "river", "stone"]
GERMAN = ["Hund", "Katze", "Haus", "Baum", "Junge", "Mädchen", "Fluss", "Stein"]


def lines(nouns: list[str], start: str, verb: str) -> list[str]:
    return [f"{start} {a} {verb} {start.lower()} {b}." for a in nouns for b in nouns]


TEXT = {"en": lines(NOUNS, "The", "sees"), "de": lines(GERMAN, "Das", "sieht")}


def write_text(folder: Path) -> Path:
    """Write the text as the corpus `tatoeba-text` has it below a data folder; NTREX comes from the packaged samples."""
    place = folder / "text" / "tatoeba"
    place.mkdir(parents=True)
    for code, own in TEXT.items():
        (place / f"{code}.txt.gz").write_bytes(gzip.compress("\n".join(own).encode()))
    return folder
