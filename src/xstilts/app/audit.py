"""Audit a study's data for leakage: what it trains on, and what its encoder was pretrained on, against every test set
that it scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from xstilts.app.pretraining_text import pretraining_text
from xstilts.core.errors import EncoderError, StoreError
from xstilts.data.locate import locate_files
from xstilts.engine.remote.cached_store import open_store
from xstilts.models.encoders import find_encoder
from xstilts.pipeline.leak_audit import AuditedSets, audited_sets
from xstilts.pipeline.options import Options, make_store
from xstilts.pipeline.session import catalog_for
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.report.scores.leak_files import LeakRecord, read_leaks
from xstilts.study.availability import locate_study
from xstilts.study.expand import expand
from xstilts.study.phase import EncoderRef
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study

Say = Callable[[str], None]
NOTHING = LeakRecord(leaks=(), tests={}, trainings={})


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The outcome of an audit. pretraining: of the text that the encoder was pretrained on; `note` says what of it is
    not here. missing: what was not compared, and why."""

    found: LeakRecord
    pretraining: LeakRecord
    note: str
    missing: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "leaks": [leak.to_dict() for leak in self.found.leaks],
            "tests": self.found.named_tests,
            "trainings": dict(self.found.trainings),
            "pretraining": {
                "leaks": [leak.to_dict() for leak in self.pretraining.leaks],
                "corpora": dict(self.pretraining.trainings),
                "note": self.note,
            },
            "missing": dict(self.missing),
        }


def audit_study(study: Study, options: Options, say: Say = lambda text: None) -> Audit:
    """Compare what a study trains on with what it is tested on, as both are (cut, with substitutes), and the encoder's
    pretraining text too. What was compared before is read from the store.

    Raises StudyError for a name that there is not, DataError where nothing of the study is here or a file cannot be
    read. Files that are not here are named, not refused.
    """
    make_store(options.store)
    roots = options.roots
    with study.positions.shown():
        resolved = resolve_study(study, catalog_for(study, options), roots.data)
        located = locate_study(resolved, lambda source: locate_files(source, roots))
        routes = expand(located, EncoderRef(identity="", name=study.encoder.name), "fp32")
    sets = audited_sets(located, routes, roots)
    text = pretraining_text(study.encoder.name, _folder(study, options), roots)
    return Audit(
        found=_audited(sets, options, say),
        pretraining=_audited(replace(sets, trainings=text.trainings), options, say),
        note=text.note,
        missing=sets.missing,
    )


def _folder(study: Study, options: Options) -> Path | None:
    """Return where the files of the encoder are; None where they are not here."""
    try:
        return find_encoder(study.encoder.name, options.roots, packaged_encoders()).folder
    except EncoderError:
        return None


def _audited(sets: AuditedSets, options: Options, say: Say) -> LeakRecord:
    if not sets.tests or not sets.trainings:
        return NOTHING
    folder, reason = sets.audited(open_store(options.store), partial(_progress, say))
    if folder is None:
        raise StoreError(f"The sets could not be compared: {reason}")
    return read_leaks(folder)


def _progress(say: Say, done: float, total: float, unit: str = "", text: str = "") -> None:
    say(f"{done:.0f} of {total:.0f} sets: {text}")
