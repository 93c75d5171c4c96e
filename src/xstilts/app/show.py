"""Show one step of a study: what it is made of, what became of it, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xstilts.core.canonical import canonical
from xstilts.core.errors import StoreError
from xstilts.core.files import read_json
from xstilts.core.short_keys import whole_key
from xstilts.engine.artefact import read_trimmed
from xstilts.engine.graph import readers_of, steps_of
from xstilts.engine.reasons import Reason, reasons
from xstilts.engine.step import Step
from xstilts.pipeline.forecast import StoreEstimator
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import Session, open_session
from xstilts.pipeline.steps import kind_of
from xstilts.report.scores.trainings import read_curves
from xstilts.study.schema import Study


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A step that this one reads (`use`: the name of the input), or that reads it (`use`: its kind)."""

    use: str
    key: str
    label: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """A step of a study.

    Attributes:
        arms: those of whose routes it is part.
        settings: place -> value, as they are part of its identity; lists of values stay lists.
        curve: of a training: (update, dev score); loss: (update, loss) of some updates.
        record: what was written when it was done (seconds, device, versions, ...), {} while it is not.
        flops: operations that it took or will take, by formula; None where nobody counts them.
        trimmed: parts that were thrown away.
        error: what the last attempt said where it failed.
    """

    key: str
    name: str
    label: str
    about: Mapping[str, str]
    arms: tuple[str, ...]
    reason: Reason
    settings: Mapping[str, Any]
    inputs: tuple[Neighbour, ...]
    readers: tuple[Neighbour, ...]
    record: Mapping[str, Any]
    curve: tuple[tuple[int, float], ...] = ()
    loss: tuple[tuple[int, float], ...] = ()
    trimmed: tuple[str, ...] = ()
    flops: float | None = None
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: what `xstilts show --json` prints."""
        return asdict(self)


def show_step(study: Study, written: str, options: Options) -> ShownStep:
    """Return the step whose key begins as `written` says. Nothing is run.

    Raises StudyError where the study has no such step or several, and what opening a study raises."""
    session = open_session(study, options, planning=True)
    steps = {step.key: step for step in steps_of(session.goals)}
    step = steps[whole_key(written, steps, "study")]
    found = {reason.key: reason for reason in reasons(session.goals, session.store, session.steps.weights.parts)}
    record = dict(session.store.record(step) or {})
    return ShownStep(
        key=step.key,
        name=step.name,
        label=step.label,
        about=dict(step.about),
        arms=_arms(session, step),
        reason=found[step.key],
        settings=dict(flat(canonical(step.settings))),
        inputs=tuple(_neighbour(name, one, found) for name, one in step.inputs.items()),
        readers=tuple(_neighbour(one.name, one, found) for one in readers_of(list(steps.values()))[step.key]),
        record={name: record[name] for name in _RECORDED if name in record},
        curve=_curve(session, step),
        loss=_loss(session, step),
        trimmed=tuple(read_trimmed(session.store.path(step))),
        flops=_flops(session, step),
        error=_error(session, step),
    )


_RECORDED = ("started", "seconds", "device", "threads", "bytes", "energy", "versions", "machine")
_MOST_LOSSES = 20


def flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of every value in settings; a class is a value called by its place.

    >>> dict(flat({"!": "Recipe", "lr": 1, "parts": [{"!": "Part", "n": 2}]}, "recipe"))
    {'recipe': 'Recipe', 'recipe.lr': 1, 'recipe.parts[0]': 'Part', 'recipe.parts[0].n': 2}
    """
    if isinstance(value, dict):
        if "!" in value:
            yield place or "settings", value["!"]
        for key, item in value.items():
            if key != "!":
                yield from flat(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value):
            yield from flat(item, f"{place}[{number}]")
    else:
        yield place, value


def _neighbour(use: str, step: Step, found: Mapping[str, Reason]) -> Neighbour:
    return Neighbour(use=use, key=step.key, label=step.label, state=found[step.key].state)


def _arms(session: Session, step: Step) -> tuple[str, ...]:
    """Return the arms whose scores depend on a step."""
    arms: dict[str, list[Step]] = {}
    for (arm, _, _), goal in session.steps.scores.items():
        arms.setdefault(arm, []).append(goal)
    return tuple(arm for arm, goals in arms.items() if step in steps_of(goals))


def _curve(session: Session, step: Step) -> tuple[tuple[int, float], ...]:
    path = session.store.path(step) / "summary.json"
    summary = read_json(path) if path.is_file() else {}
    return tuple((int(update), float(score)) for update, score in summary.get("curve", ()))


def _loss(session: Session, step: Step) -> tuple[tuple[int, float], ...]:
    """Return the loss of at most `_MOST_LOSSES` updates, evenly chosen, the first and the last among them."""
    folder = session.store.path(step)
    try:
        points, _ = read_curves(folder)
    except ValueError as error:
        raise StoreError("the log of this training cannot be read.", where=str(folder / "log.jsonl")) from error
    return tuple((int(points[number][0]), points[number][1]) for number in _chosen(len(points), _MOST_LOSSES))


def _chosen(number: int, most: int) -> Sequence[int]:
    if number <= most:
        return range(number)
    return sorted({round(i * (number - 1) / (most - 1)) for i in range(most)})


def _flops(session: Session, step: Step) -> float | None:
    kind, estimator = kind_of(step), StoreEstimator(session)
    if session.store.is_done(step):
        return kind.flops_done and kind.flops_done(step, session.store.path(step), estimator)
    return kind.estimate(step, estimator).flops


def _error(session: Session, step: Step) -> str:
    path = session.store.error_file(step)
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""
