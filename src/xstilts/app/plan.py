"""The plan of a study: what would run, what is reused and what it would cost, before anything is run or fetched."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from xstilts.app.notebook import html_lines, html_table
from xstilts.app.plan_power import PowerForecast, power_forecast
from xstilts.data.read import TO_FETCH
from xstilts.engine.graph import steps_of
from xstilts.engine.reasons import Reason, reasons
from xstilts.pipeline.data_notes import data_notes
from xstilts.pipeline.encoder_notes import encoder_notes
from xstilts.pipeline.forecast import Forecast, forecast
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import Session, open_session
from xstilts.pipeline.steps import STEP_KINDS, kind_of
from xstilts.report.elements.formatting import count, plural, seconds, size
from xstilts.report.topics.overhead import TimeSpent
from xstilts.study.load import study_data_folders, study_lock
from xstilts.study.schema import Study
from xstilts.study.size_curves import size_axes


class KindOfStep(NamedTuple):
    """The steps of one kind: how many run, how many are in the store, and what those that run cost."""

    name: str
    to_run: int
    reused: int
    tokens: float
    seconds: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan:
    """A forecast of a run of a study, by its steps. In a notebook it shows itself as a small table.

    >>> print(plan("quickstart"))  # doctest: +SKIP
    """

    session: Session
    forecast: Forecast

    @property
    def seconds(self) -> float:
        """Seconds that the steps that are not in the store would take, one after the other."""
        return sum(step.seconds for step in self.forecast.to_run)

    @property
    def tokens(self) -> float:
        """The tokens that these steps would read."""
        return sum(step.tokens for step in self.forecast.to_run)

    @property
    def updates(self) -> int:
        """The updates of the trainings that would run, those of masked LM and of language adapters included."""
        return sum(step.updates for step in self.forecast.to_run)

    @property
    def kinds(self) -> tuple[KindOfStep, ...]:
        """The steps by kind, in the order in which they first run."""
        return tuple(map(self._kind, dict.fromkeys(step.name for step in self.forecast.steps)))

    @property
    def power(self) -> PowerForecast:
        """What the study can see with its seeds, and the seeds that a difference needs."""
        return power_forecast(self.session)

    @property
    def reasons(self) -> list[Reason]:
        """Why each step runs, or is reused, inputs before what reads them."""
        return reasons(self.session.goals, self.session.store, self.session.steps.weights.parts)

    def _kind(self, name: str) -> KindOfStep:
        steps = [step for step in self.forecast.steps if step.name == name]
        run = [step for step in steps if not step.reused]
        tokens, spent = sum(step.tokens for step in run), sum(step.seconds for step in run)
        return KindOfStep(name, len(run), len(steps) - len(run), tokens, spent)

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, every step with its key: what `xstilts plan --json` prints."""
        steps, sharing, located = self.forecast.steps, self.forecast.sharing, self.session.located
        return {
            "study": self.session.study.name,
            "question": self.session.study.question,
            "steps": [asdict(step) for step in steps],
            "to_run": len(self.forecast.to_run),
            "reused": len(steps) - len(self.forecast.to_run),
            "trainings": sharing.trainings,
            "trainings_without_sharing": sharing.naive,
            "seconds": self.seconds,
            "tokens": self.tokens,
            "updates": self.updates,
            "flops": self.forecast.flops,
            "peak_bytes": self.forecast.peak_bytes,
            "trained_again": list(self.forecast.again),
            "target_weights": {
                "kept": self.session.steps.weights.targets_are_kept,
                "trainings": len(self.session.steps.weights.targets),
                "bytes": self.session.steps.weights.target_bytes,
                "seconds_again": self.forecast.again_seconds,
            },
            "beyond_training": time_spent(self.forecast).beyond_training,
            "measured": bool(self.forecast.measured),
            "measured_steps": list(self.forecast.measured),
            "sizes": [asdict(axis) for axis in size_axes(self.session.study)],
            "forgetting": len(self.session.steps.forgetting_probes),
            "stress": len(self.session.steps.stress_steps),
            "precision": self.session.precision,
            "power": self.power.to_dict(),
            "precision_reason": self.session.precision_reason,
            "to_fetch": to_fetch(self.session),
            "missing_targets": dict(located.missing_targets),
            "missing_arms": dict(located.missing_arms),
            "missing_languages": {k: sorted(v) for k, v in located.missing_languages.items() if v},
            "missing_files": {
                name: {language: list(files) for language, files in located.missing_files(name).items()}
                for name, languages in located.missing_languages.items()
                if languages
            },
            "notes": [
                *encoder_notes(self.session),
                *(f"{name}: {note}" for name, notes in located.notes.items() for note in notes),
                *data_notes(self.session).notes,
                *self.forecast.notes,
            ],
        }

    def __repr__(self) -> str:
        """Show what would run, by kind of step, as `xstilts plan` does in more words."""
        lines = ["".join((row[0].ljust(12), *(cell.rjust(13) for cell in row[1:]))) for row in (_HEADER, *self._rows())]
        return f"<Plan of '{self.session.study.name}': " + "\n  ".join((self._sharing(), *lines, f"{self._cost()}>"))

    def _repr_html_(self) -> str:
        title = html_lines(f"{self.session.study.name}: {self._sharing()}")
        return title + html_table(_HEADER, self._rows()) + html_lines(self._cost())

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (kind.name, str(kind.to_run), str(kind.reused), count(kind.tokens), seconds(kind.seconds))
            for kind in self.kinds
        ]

    def _sharing(self) -> str:
        sharing = self.forecast.sharing
        return f"{plural(sharing.trainings, 'training')}; one by one it would be {sharing.naive}"

    def _cost(self) -> str:
        if not self.forecast.to_run:
            return "nothing to run: every step is in the store"
        return f"about {seconds(self.seconds)}, at most {size(self.forecast.peak_bytes)} of disk"


_HEADER = ("step", "to run", "reused", "tokens", "time")


def plan(study: Study | str, *, options: Options | None = None, scale: str = "") -> Plan:
    """Look at the store and says what a run would do; nothing is run, written or fetched, and no torch is loaded.

    `study`: a Study, or a path or packaged name (with `scale` a profile of it). What is not here yet counts by its
    published size. Raises StudyError, DataError or EncoderError for what can be known to be wrong before training.
    """
    loaded, study_options = load_with_options(study, options, scale)
    session = open_session(loaded, study_options, planning=True).at_this_moment()
    return Plan(session=session, forecast=forecast(session))


def load_with_options(study: Study | str, options: Options | None, scale: str = "") -> tuple[Study, Options]:
    """A study that may be given by its name or path, and options with what lies beside its file: data, and its lock."""
    options = options or Options()
    if isinstance(study, Study):
        return study, options
    data, lock = (*options.data, *study_data_folders(study)), study_lock(study, scale, options.lock)
    return Study.load(study, scale or None), replace(options, data=data, lock=lock)


def to_fetch(session: Session) -> dict[str, Any]:
    """Return what is not here yet: the encoder's name or None, and the number of sources (a task in one language)."""
    prepared = [step.settings for step in steps_of(session.goals) if kind_of(step).reads_files]
    sources = {settings.source.files for settings in prepared if settings.source.kind == TO_FETCH}
    encoder = session.encoder
    return {"encoder": None if encoder.is_here else encoder.ref.name, "sources": len(sources)}


def time_spent(forecast: Forecast) -> TimeSpent:
    """The forecast seconds by kind of step."""
    return TimeSpent(seconds=forecast.seconds, training=frozenset(kind.name for kind in STEP_KINDS if kind.is_training))
