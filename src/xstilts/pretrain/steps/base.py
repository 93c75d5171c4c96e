"""The base of pretraining's steps: names of inputs that several kinds share, and the encoder that is continued."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xstilts.engine.step import Step
from xstilts.kinds.distillation import Distillation
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.translation import TranslationRanking

Objective = MaskedLM | TranslationRanking | Distillation

CORPUS = "corpus"  # the input that is the corpus, read past the leak guard
ENCODER = "encoder"  # the input whose tokenizer is used, where no folder is
START = "start"  # the input that a phase starts from: an encoder folder, or the checkpoint of the phase before
CHECKPOINT = "checkpoint"  # the input that finds translations: an encoder folder or a phase's checkpoint
TEACHER = "teacher"  # the input that a student starts from, and whose states it learns
MINED = "mined"  # the input with the translations that were found


def row_input(i: int) -> str:
    """Return the name of the input that holds the rows of part `i` of a phase."""
    return f"rows/{i}"


@dataclass(frozen=True, kw_only=True)
class Continued:
    """An encoder that is continued: the folder that is here, or the step that makes it."""

    identity: str
    folder: Path | None = None
    step: Step | None = None
