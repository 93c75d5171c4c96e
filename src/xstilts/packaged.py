"""Encoders that come with the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xstilts import steps
from xstilts.core.errors import DataError
from xstilts.data.load import Resolved
from xstilts.data.source import Source
from xstilts.run.step import Step
from xstilts.tasks.text import PARALLEL_TEXT

VECTORS = "svd-vectors"


def packaged_encoders(resolve: Callable[[Source], Resolved]) -> Mapping[str, Step]:
    """Packaged encoders by name, each as the step that makes its folder.

    `svd-vectors` is a small random encoder under token vectors computed by SVD over the packaged parallel text: it knows
    which words translate each other and nothing else, and is built in seconds.
    """
    try:
        texts = {language: resolve(source) for language, source in PARALLEL_TEXT.items()}
    except DataError:
        return {}
    settings = steps.VectorEncoderSettings(
        texts=tuple(texts.values()), languages=tuple(texts), vocabulary=8000, width=128, layers=2, seed=1
    )
    return {
        VECTORS: Step(
            name="encoder",
            version=1,
            settings=settings,
            call=steps.build_vector_encoder,
            label=f"{VECTORS}: token vectors by SVD under a random encoder",
            compute=True,
        )
    }
