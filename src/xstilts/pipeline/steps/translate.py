"""The translate step: the rows of a source through a translation model, once for every study that trains on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.core.files import read_json
from xstilts.data.read import ResolvedSource, load_examples
from xstilts.engine.step import Context, Step
from xstilts.pipeline.estimates import START_SECONDS, Speed, nominal_speed, source_size
from xstilts.pipeline.steps.base import Cost, Estimator, StepKind

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class TranslateSettings:
    """The rows that the views of `source` choose, into `language`. `model` is a digest of what `folder` holds."""

    source: ResolvedSource
    language: str
    model: str
    beams: int
    # what cannot be translated stays as it is, as a test set needs every row; else it is left out
    every_row: bool = field(default=False, metadata=OMIT_DEFAULT)
    folder: Path = field(metadata=NOT_IDENTITY)


def run(settings: TranslateSettings, context: Context) -> None:
    """Writes the rows in translation, and what was left out or stays as it is. Raises DataError where nothing is
    translated."""
    import torch

    from xstilts.translate.artefact import write_rows
    from xstilts.translate.example_texts import split_examples
    from xstilts.translate.model import Translator
    from xstilts.translate.resumable import translate_all

    torch.set_num_threads(context.threads)
    context.progress(0, 1, "sentences", "reading")
    loaded = load_examples(settings.source)
    split = split_examples(loaded.examples)
    languages = settings.source.language, settings.language
    translator = Translator(settings.folder, languages, settings.beams, context.device)
    translations = translate_all(split.sentences, translator, context.scratch, context.progress)
    examples, failed = split.reassemble(translations, every=settings.every_row)
    if failed.total() == len(loaded.examples):
        reasons = ", ".join(f"{reason}: {n}" for reason, n in failed.most_common())
        raise DataError(
            f"nothing is left of the translation into '{settings.language}' ({reasons})", where=str(settings.folder)
        )
    dropped, kept = (Counter(), failed) if settings.every_row else (failed, Counter())
    counts = {
        "dropped": dict(Counter(loaded.dropped) + dropped),
        **({"kept": dict(kept)} if settings.every_row else {}),
        "sentences": len(translations),
        "tokens": translator.count_tokens(split.sentences),
    }
    write_rows(examples, counts, context.out)


def estimate(step: Step, estimator: Estimator) -> Cost:
    """The speed is that of the same model with as many beams, else nominal (a decoder runs for every beam)."""
    settings: TranslateSettings = step.settings
    tokens = source_size(settings.source).tokens
    shape = seq2seq_shape(read_json(settings.folder / "config.json"), settings.beams)
    nominal = Speed(start=START_SECONDS, tokens=nominal_speed(shape, estimator.device, training=False))
    speed = estimator.speed(KIND, nominal, (settings.model, settings.beams))
    return Cost(tokens=tokens, seconds=speed.seconds(tokens), counted=False)


def seq2seq_shape(config: Mapping[str, Any], beams: int) -> dict[str, Any]:
    """An encoder with about as many weights for each source token as a translation model has: its encoder once, its
    decoder for every beam."""
    layers = int(config.get("encoder_layers", 6)) + beams * int(config.get("decoder_layers", 6))
    width = int(config.get("d_model", 512))
    inner = int(config.get("encoder_ffn_dim", 4 * width))
    return {"hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers}


def speed_key(settings: Mapping[str, Any]) -> Hashable:
    return settings["model"], settings["beams"]


def tokens_done(artefact: Path, inputs: Mapping[str, Path]) -> float:
    return float(read_json(artefact / "counts.json")["tokens"])


KIND = StepKind(
    name="translate",
    version=VERSION,
    run=run,
    estimate=estimate,
    takes_device=True,
    speed_key=speed_key,
    tokens_done=tokens_done,
)


def translate_step(settings: TranslateSettings, *, task: str, use: str, label: str) -> Step:
    return KIND.step(settings, label=label, about={"task": task, "use": use, "language": settings.language})
