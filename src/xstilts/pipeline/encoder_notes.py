"""Notes on the encoder of a study: where it came from where that is not the hub, and a head that was left out."""

from __future__ import annotations

from collections.abc import Iterator

from xstilts.models.left_out_head import left_out_sentence
from xstilts.pipeline.session import Session


def encoder_notes(session: Session) -> Iterator[str]:
    """Yield what a plan and a report say of the encoder, in sentences."""
    encoder, name = session.encoder, str(session.study.encoder)
    if encoder.origin:
        yield f"{name}: taken from {encoder.origin}, in the place of the hub's files"
    if sentence := left_out_sentence(encoder, name):
        yield sentence
