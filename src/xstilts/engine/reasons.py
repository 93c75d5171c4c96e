"""Reasons: why a step runs, or is reused, told from the store alone.

A step that is not in the store is compared with those of its kind that are: what the nearest one has otherwise is why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xstilts.core.canonical import canonical, canonical_json
from xstilts.core.errors import shortened
from xstilts.core.short_keys import short_key
from xstilts.engine.graph import demand, steps_of
from xstilts.engine.step import Step
from xstilts.engine.store import Store

RUNS, REUSED, NOT_NEEDED = "runs", "reused", "not needed"
_LONGEST = 60  # characters of a value that are shown
_MOST = 4  # differences that are named in a sentence


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A setting, or an input, that is another one: its place, and both values as JSON has them (None: it has none)."""

    place: str
    old: Any
    new: Any

    @property
    def sentence(self) -> str:
        return f"{self.place}: {_shown(self.old)} → {_shown(self.new)}"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a step runs or not.

    Attributes:
        state: "runs", "reused", or "not needed" (it is not in the store, and nobody asks for it).
        text: the reason in a sentence.
        nearest: key of the step of the store that is most like one that runs; "" where there is none.
        differences: what it has otherwise than the nearest.
    """

    key: str
    state: str
    text: str
    nearest: str = ""
    differences: tuple[Difference, ...] = field(default=())


def reasons(goals: Sequence[Step], store: Store, kept: Mapping[str, tuple[str, ...]] | None = None) -> list[Reason]:
    """Return the reason of every step that the goals depend on, inputs before readers. `kept`: as in `graph.demand`."""
    demanded = demand(goals, store.is_whole, kept)
    to_run = {step.key for step in demanded.to_run}
    looked_at = to_run | {step.key for step in demanded.reused}
    known: dict[str, dict[str, list[dict[str, Any]]]] = {}  # kind of step -> what it is about -> records

    def reason(step: Step) -> Reason:
        if step.key in to_run:
            if step.name not in known:
                known[step.name] = _by_topic(record for _, record in store.records(step.name))
            alike = known[step.name].get(_topic(step.about), [])
            return _why_it_runs(step, store, alike, to_run, demanded.parts.get(step.key, ()))
        record = store.record(step)
        if record is None:
            return Reason(key=step.key, state=NOT_NEEDED, text="what reads it is in the store")
        asked = "" if step.key in looked_at else "; nobody asks for it now"
        return Reason(key=step.key, state=REUSED, text=f"{_made(record)}{asked}")

    return [reason(step) for step in steps_of(goals)]


def differences(old: Any, new: Any, place: str = "") -> Iterator[Difference]:
    """Yield what two values of JSON have otherwise, at the lowest place that says it.

    >>> [one.sentence for one in differences({"lr": 1, "part": [{"n": 2}]}, {"lr": 3, "part": [{"n": 2}]})]
    ['lr: 1 → 3']
    """
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.get("!") == new.get("!"):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key), new.get(key), f"{place}.{key}" if place else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and _are_nested(old):
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from differences(a, b, f"{place}[{number}]")
    else:
        yield Difference(place=place, old=old, new=new)


def _are_nested(values: list[Any]) -> bool:
    return any(isinstance(value, dict | list) for value in values)


def _why_it_runs(
    step: Step, store: Store, records: Sequence[dict[str, Any]], to_run: set[str], parts: tuple[str, ...]
) -> Reason:
    if store.is_done(step):
        lost = [part for part in parts if part in store.parts(step)]
        what = " and ".join(lost) if lost else "some of its files"
        text = f"it is in the store, but {what} went, and a step that runs reads them"
        return Reason(key=step.key, state=RUNS, text=text)
    failed = store.error_file(step)
    begun = "; an attempt was begun" if failed.parent.is_dir() else ""
    if failed.is_file():
        begun = "; an attempt failed"
    if not records:
        return Reason(key=step.key, state=RUNS, text=f"the store has no {step.name} of {_about(step)}{begun}")
    best, found = _nearest(step, records)
    if best.get("version") != step.version:
        found.insert(0, Difference(place="version of the step", old=best.get("version"), new=step.version))
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    said = "; ".join(one.sentence for one in found[:_MOST]) + more
    only_inputs = all(one.place.startswith("input ") for one in found)
    above = [one.place.removeprefix("input ") for one in found if one.new in to_run]
    if only_inputs and above:
        said = f"its inputs are others: {', '.join(above)}"
    text = f"not in the store; from {short_key(best['key'])} it differs in {said}{begun}"
    return Reason(key=step.key, state=RUNS, text=text, nearest=best["key"], differences=tuple(found))


def _nearest(step: Step, records: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], list[Difference]]:
    """Return the record with the fewest differences in settings and inputs, and these."""
    settings = canonical(step.settings)
    inputs = {name: one.key for name, one in step.inputs.items()}
    found = [
        (record, [*differences(record.get("settings"), settings), *_other_inputs(record.get("inputs", {}), inputs)])
        for record in records
    ]
    return min(found, key=lambda one: (len(one[1]), str(one[0]["key"])))


def _by_topic(records: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        found.setdefault(_topic(record.get("about", {})), []).append(record)
    return found


def _topic(about: Mapping[str, str]) -> str:
    """Return what steps are about, whatever their seed, as one text."""
    return canonical_json({name: value for name, value in about.items() if name != "seed"})


def _other_inputs(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Difference(place=f"input {name}", old=old.get(name), new=new.get(name))


def _about(step: Step) -> str:
    return " ".join(value for name, value in step.about.items() if name != "seed" and value) or step.label


def _made(record: Mapping[str, Any]) -> str:
    when = str(record.get("started", "")).replace("T", " ")[:16]
    return f"made {when or 'earlier'} in {record.get('seconds', 0):g} s on {record.get('device', 'cpu')}"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str) and "-" in value:
        return shortened(short_key(value), _LONGEST)
    return shortened(str(value), _LONGEST)
