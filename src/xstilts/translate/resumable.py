"""Translating many sentences so that a kill loses one batch: what is done stands in a file, a line for each batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from xstilts.core.io_errors import writing
from xstilts.translate.passages import SentenceTranslation

if TYPE_CHECKING:
    from xstilts.engine.step import Progress


class BatchTranslator(Protocol):
    """What `translate.model.Translator` does."""

    def plan(self, sentences: Sequence[str]) -> list[list[int]]: ...
    def translate(self, sentences: Sequence[str]) -> list[SentenceTranslation]: ...


def translate_all(
    sentences: Sequence[str], translator: BatchTranslator, scratch: Path, progress: Progress
) -> dict[str, SentenceTranslation]:
    """Every sentence with its translation. `scratch` keeps finished batches; the batches are the same at each attempt,
    so that an interrupted translation ends as an uninterrupted one would."""
    batches = translator.plan(sentences)
    file = scratch / "batches.jsonl"
    done = _read(file, batches)
    rendered: dict[str, SentenceTranslation] = {}
    with writing(file):
        scratch.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write("\n")  # a line that a kill cut off ends here
            for batch in batches:
                progress(len(rendered), len(sentences), "sentences")
                number = len(rendered)
                texts = [sentences[i] for i in batch]
                if (found := done.get(number)) is None:
                    found = translator.translate(texts)
                    out.write(_line(number, found))
                    out.flush()
                rendered |= zip(texts, found, strict=True)
    progress(len(sentences), len(sentences), "sentences")
    return rendered


def _read(file: Path, batches: Sequence[Sequence[int]]) -> dict[int, list[SentenceTranslation]]:
    """Finished batches, by the number of sentences before them. A line that a kill cut off is left out."""
    sizes, before = {}, 0
    for batch in batches:
        sizes[before] = len(batch)
        before += len(batch)
    found: dict[int, list[SentenceTranslation]] = {}
    for line in file.read_text("utf-8", errors="replace").splitlines() if file.is_file() else ():
        try:
            number, texts, lost = json.loads(line)
        except ValueError:
            continue
        if sizes.get(number) == len(texts) == len(lost):
            found[number] = [SentenceTranslation(text, why) for text, why in zip(texts, lost, strict=True)]
    return found


def _line(number: int, found: Sequence[SentenceTranslation]) -> str:
    return json.dumps([number, [one.text for one in found], [one.lost for one in found]]) + "\n"
