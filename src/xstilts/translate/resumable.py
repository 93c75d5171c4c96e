"""Resumable translation: a kill loses one batch, since what is done is kept in a file, a line for each batch."""

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
    """The part of `translate.model.Translator` that is used here."""

    def plan_batches(self, sentences: Sequence[str]) -> list[list[int]]: ...
    def translate(self, sentences: Sequence[str]) -> list[SentenceTranslation]: ...


def translate_all(
    sentences: Sequence[str], translator: BatchTranslator, scratch: Path, progress: Progress
) -> dict[str, SentenceTranslation]:
    """Return every sentence with its translation. `scratch` keeps finished batches; the batches are the same at each
    attempt, so that an interrupted translation ends as an uninterrupted one would."""
    batches = translator.plan_batches(sentences)
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
                if (translations := done.get(number)) is None:
                    translations = translator.translate(texts)
                    out.write(_line(number, translations))
                    out.flush()
                rendered |= zip(texts, translations, strict=True)
    progress(len(sentences), len(sentences), "sentences")
    return rendered


def _read(file: Path, batches: Sequence[Sequence[int]]) -> dict[int, list[SentenceTranslation]]:
    """Return finished batches, by the number of sentences before them. A line that a kill cut off is left out."""
    sizes, before = {}, 0
    for batch in batches:
        sizes[before] = len(batch)
        before += len(batch)
    batches_done: dict[int, list[SentenceTranslation]] = {}
    for line in file.read_text("utf-8", errors="replace").splitlines() if file.is_file() else ():
        try:
            number, texts, failures = json.loads(line)
        except ValueError:
            continue
        if sizes.get(number) == len(texts) == len(failures):
            batches_done[number] = [
                SentenceTranslation(text, failure) for text, failure in zip(texts, failures, strict=True)
            ]
    return batches_done


def _line(number: int, translations: Sequence[SentenceTranslation]) -> str:
    return (
        json.dumps(
            [
                number,
                [translation.text for translation in translations],
                [translation.failure for translation in translations],
            ]
        )
        + "\n"
    )
