"""Data warnings: what makes a study's scores other than they seem."""

from __future__ import annotations

from xstilts.pipeline.cut_texts import cut_warnings
from xstilts.pipeline.same_files import same_files
from xstilts.pipeline.session import Session
from xstilts.pipeline.shared_rows import shared_rows


def data_warnings(session: Session) -> tuple[str, ...]:
    """Return one sentence for each: files, and rows, that are trained on and scored, and texts read without a part.
    What is not prepared yet is passed over."""
    return (*same_files(session.goals), *shared_rows(session).warnings, *cut_warnings(session))
