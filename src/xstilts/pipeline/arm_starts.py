"""Starts of arms: the published adapters that routes start from, found, fitted to the encoder, and compared with what
the arm trains."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import NamedTuple

from xstilts.core.errors import EncoderError, StudyError
from xstilts.core.settings.tuning import IA3, LoRA, adapter_shape
from xstilts.data.locate import Roots
from xstilts.models.encoders import LocatedEncoder
from xstilts.models.peft_adapters import LocatedAdapter, base_note, expected_adapter, find_adapter, fitted
from xstilts.models.store import Say
from xstilts.study.availability import LocatedStudy
from xstilts.study.expand import Route, phases
from xstilts.study.phase import PublishedAdapter


class ArmStarts(NamedTuple):
    """A study with what its arms start from: their adapters by the arm's name."""

    located: LocatedStudy
    adapters: Mapping[str, LocatedAdapter]

    def starts(self, encoder: LocatedEncoder) -> dict[str, PublishedAdapter]:
        """Return the adapters as the beginnings of routes."""
        return {
            arm: PublishedAdapter(encoder=encoder.ref, identity=adapter.identity, name=adapter.name)
            for arm, adapter in self.adapters.items()
        }

    @property
    def by_identity(self) -> dict[str, LocatedAdapter]:
        return {adapter.identity: adapter for adapter in self.adapters.values()}


def find_starts(
    located: LocatedStudy, encoder: LocatedEncoder, roots: Roots, fetch: Say | None, planning: bool
) -> ArmStarts:
    """Find the adapter of every arm that starts from one, fetched with `fetch`; an arm whose adapter cannot be had is
    missing where the study allows it.

    planning: one that could be fetched is taken as if it were here. Raises EncoderError as `find_adapter` and `fitted`
    do."""
    adapters, missing, notes = {}, {}, {}
    for arm, spec in located.study.arms.items():
        if spec.start is None or arm in located.missing_arms:
            continue
        try:
            found = _found(spec.start, roots, fetch, planning)
        except EncoderError as error:
            if not located.study.allow_missing:
                raise
            missing[arm] = error.what
            continue
        adapters[arm] = fitted(found, encoder, roots)
        notes[f"arm {arm}"] = (*located.notes.get(f"arm {arm}", ()), _note(adapters[arm], encoder))
    changed = replace(located, missing_arms={**located.missing_arms, **missing}, notes={**located.notes, **notes})
    return ArmStarts(changed if missing or notes else located, adapters)


def _found(name: str, roots: Roots, fetch: Say | None, planning: bool) -> LocatedAdapter:
    try:
        return find_adapter(name, roots, fetch=fetch)
    except EncoderError:
        if not planning or not re.fullmatch(r"[\w.-]+/[\w.-]+(@[^@]+)?", name):
            raise
        return expected_adapter(name)


def check_goes_on(routes: Iterable[Route], adapters: Mapping[str, LocatedAdapter]) -> None:
    """Raise StudyError where a phase would train other small layers of the method that its adapter has: it would start
    new ones beside them, which is said by `stack`. `adapters`: by arm."""
    for route in routes:
        for phase in phases(route.end):
            if not isinstance(phase.start, PublishedAdapter) or not isinstance(phase.tune, LoRA | IA3):
                continue
            adapter = adapters[route.arm]
            ours, theirs = adapter_shape(phase.tune), adapter.settings
            if phase.tune.stack or theirs is None or type(ours) is not type(theirs) or ours == theirs:
                continue
            key = "tune" if phase.role == "intermediate" else "tune_target"
            raise StudyError(
                f"'{key}' is {_differences(ours, theirs)} in the adapter '{adapter.name}', which it would go on with.",
                where=f"arms.{route.arm}.{key}",
                hint=f"Its numbers are {_numbers(theirs)}. With `stack: true` new layers start on top of it, and with "
                "`full` it is put into the weights.",
            )


def _note(adapter: LocatedAdapter, encoder: LocatedEncoder) -> str:
    what = f" ({type(adapter.settings).__name__}: {_numbers(adapter.settings)})" if adapter.settings else ""
    said = f"starts from the adapter {adapter.name}{what} over the encoder"
    return "; ".join(filter(None, (said, base_note(adapter, encoder))))


def _differences(ours: object, theirs: LoRA | IA3) -> str:
    """Say the first setting that differs: "of rank 4, which is 8"."""
    name = next(spec.name for spec in fields(theirs) if getattr(ours, spec.name) != getattr(theirs, spec.name))
    return f"with {name} {_value(getattr(ours, name))}, which is {_value(getattr(theirs, name))}"


def _numbers(settings: LoRA | IA3) -> str:
    """Return the settings that have no default, as a study says them."""
    values = {spec.name: getattr(settings, spec.name) for spec in fields(settings)}
    shown = {name: value for name, value in values.items() if name not in ("stack", "inputs")}
    return ", ".join(f"{name} {_value(value)}" for name, value in shown.items())


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
