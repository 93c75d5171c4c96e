"""The leakage audit of a study: what it trains on against every row it is tested on, worked out once and kept.

It is made when a report is, or when it is asked for, so that it costs a study no step. What a model translates is no
file yet, and is named as not compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from xstilts.core.local_paths import without_local_paths
from xstilts.data.leak_audit import AuditedTest, AuditedTraining
from xstilts.data.locate import Roots
from xstilts.data.read import resolve_source
from xstilts.data.source import Source
from xstilts.engine.step import Progress, Step
from xstilts.engine.store import Store
from xstilts.pipeline.fetch import Say
from xstilts.pipeline.report_steps import made, say_nothing
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.audit import AuditSettings, audit_step
from xstilts.report.scores.inputs import LeakAudit
from xstilts.study.availability import LocatedStudy
from xstilts.study.expand import Route

LONG = 30e6  # bytes of text that take more than a few seconds to compare
TRANSLATED = "a model translates it when the study is run"


@dataclass(frozen=True, kw_only=True)
class PretrainingText:
    """The text an encoder was pretrained on, as far as it is here. note: what of it is not here, and why."""

    trainings: tuple[AuditedTraining, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditedSets:
    """What is compared. missing: what cannot be, by name, and why."""

    tests: tuple[AuditedTest, ...]
    trainings: tuple[AuditedTraining, ...]
    missing: Mapping[str, str] = field(default_factory=dict)

    def audited(self, store: Store, progress: Progress = say_nothing) -> tuple[Path | None, str]:
        """Compare, unless the store has the outcome; return its folder, or None and why there is none."""
        if not self.tests or not self.trainings:
            return None, "there is nothing to compare"
        return made(self._step, store, "compares", progress=progress, wait=True)  # seconds, whoever does it

    @cached_property
    def _step(self) -> Step:
        return audit_step(AuditSettings(tests=self.tests, trainings=self.trainings))

    @property
    def text_bytes(self) -> float:
        """Return about how many bytes of text are compared."""
        sources = (*(test.source for test in self.tests), *(part for one in self.trainings for part in one.sources))
        return sum(source.text_bytes for source in sources)

    def known(self, store: Store) -> Path | None:
        """Return the folder of the outcome where the store has it."""
        return store.path(self._step) if self.trainings and store.is_sound(self._step) else None


def leak_audit(
    session: Session, pretraining: PretrainingText, *, put_off: str = "", say: Say = lambda text: None
) -> LeakAudit:
    """Return the audit of a study for its report. Pretraining text is large: its part is shown where somebody has asked
    for it before (`xstilts data audit`), and so is that of training rows where the comparison is put off: `put_off`
    says why. say: told where it will take a while."""
    sets = audited_sets(session.located, session.routes, session.options.roots)
    if put_off:
        known = sets.known(session.store)
        folder, reason = known, "" if known else put_off
    else:
        if sets.text_bytes > LONG and sets.known(session.store) is None:
            say("comparing what is trained on with what is tested on, once")
        folder, reason = sets.audited(session.store)
    of_text = replace(sets, trainings=pretraining.trainings).known(session.store)
    later = f"not compared yet: xstilts data audit {session.study.name} does it"
    return LeakAudit(
        folder=folder,
        reason=without_local_paths(reason),
        missing=sets.missing,
        pretraining=of_text,
        pretraining_note=pretraining.note if of_text or not pretraining.trainings else later,
        whole={name: why for name, task in session.located.targets.items() if (why := task.kind.counts_together)},
    )


def audited_sets(located: LocatedStudy, routes: Iterable[Route], roots: Roots) -> AuditedSets:
    """Return the test sets and the training sets of a study as it reads them: cut, with substitutes."""
    missing = dict(_missing(located))
    tests = [
        AuditedTest(target=name, language=language, source=resolve_source(source, roots))
        for name, task in located.targets.items()
        if name not in located.missing_targets
        for language, source in task.test.items()
        if language not in located.missing_languages.get(name, ())
    ]
    trainings = []
    for name, source in trained_on(routes).items():
        if source.translation is not None:
            missing[name] = TRANSLATED
        else:
            trainings.append(AuditedTraining(name=name, sources=(resolve_source(source, roots),)))
    return AuditedSets(tests=tuple(tests), trainings=tuple(trainings), missing=missing)


def trained_on(routes: Iterable[Route]) -> dict[str, Source]:
    """Return every training set of some routes by what it is called; one that several tasks share goes by the name of
    the first."""
    parts = dict.fromkeys(part for route in routes for phase in route.trainings for part in phase.mix)
    named: dict[Source, str] = {}
    for part in parts:
        if part.fit.train not in named:
            named[part.fit.train] = _free_name(part.label, named.values())
    return {name: source for source, name in named.items()}


def _free_name(label: str, taken: Collection[str]) -> str:
    """Return what rows are called. Other rows of the same task, as arms of several sizes have them, have a number.

    >>> _free_name("mnli", ["mnli", "mnli (2)"])
    'mnli (3)'
    """
    same = sum(name == label or name.startswith(f"{label} (") for name in taken)
    return f"{label} ({same + 1})" if same else label


def _missing(located: LocatedStudy) -> Iterator[tuple[str, str]]:
    yield from ((f"arm {name}", reason) for name, reason in located.missing_arms.items())
    yield from located.missing_targets.items()
    for target, languages in located.missing_languages.items():
        if target not in located.missing_targets:
            yield from ((f"{target} {language}", reason) for language, reason in languages.items())
