"""Data notes: what makes a study's scores other than they seem, and what a reader may want to know besides."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.pipeline.cut_texts import cut_warnings
from xstilts.pipeline.same_files import same_files
from xstilts.pipeline.session import Session
from xstilts.pipeline.shared_rows import SharedRows, shared_rows


@dataclass(frozen=True, kw_only=True)
class DataNotes:
    """One sentence for each. files_twice, shared: files, and rows, that are trained on and scored; cut: texts that are
    read without a part. What is not prepared yet is passed over."""

    files_twice: tuple[str, ...]
    shared: SharedRows
    cut: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self.files_twice, *(note.sentence for note in self.shared.notes), *self.cut)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those that are said before anything is trained."""
        return (*self.files_twice, *self.shared.warnings, *self.cut)


def data_notes(session: Session) -> DataNotes:
    return DataNotes(files_twice=same_files(session.goals), shared=shared_rows(session), cut=cut_warnings(session))
