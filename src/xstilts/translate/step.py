"""The step that translates the rows of a source, once for every study that trains on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.core.errors import DataError
from xstilts.data.read import ResolvedSource, load
from xstilts.engine.step import Context
from xstilts.translate.artefact import write_rows
from xstilts.translate.resumable import translate_all
from xstilts.translate.rows import take_apart


@dataclass(frozen=True, kw_only=True)
class TranslateSettings:
    """The rows that the views of `source` choose, into `language`. `model` is a digest of what lies in `folder`."""

    source: ResolvedSource
    language: str
    model: str
    beams: int
    folder: Path = field(metadata=NOT_IDENTITY)


def translate(settings: TranslateSettings, context: Context) -> None:
    """Writes the rows in translation and what was left out; torch is loaded here alone."""
    import torch

    from xstilts.translate.model import Translator

    torch.set_num_threads(context.threads)
    context.progress(0, 1, "sentences", "reading")
    loaded = load(settings.source)
    taken = take_apart(loaded.examples)
    languages = settings.source.language, settings.language
    translator = Translator(settings.folder, languages, settings.beams, context.device)
    rendered = translate_all(taken.sentences, translator, context.scratch, context.progress)
    examples, dropped = taken.put_together(rendered)
    if not examples:
        why = ", ".join(f"{reason}: {n}" for reason, n in dropped.most_common())
        raise DataError(
            f"nothing is left of the translation into '{settings.language}' ({why})", where=str(settings.folder)
        )
    counts = {
        "dropped": dict(Counter(loaded.dropped) + dropped),
        "sentences": len(rendered),
        "tokens": translator.tokens(taken.sentences),
    }
    write_rows(examples, counts, context.out)
