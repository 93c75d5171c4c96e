"""Chosen settings: what was tried of each training whose numbers are lists, its dev scores, and what was chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.choose import read_choice
from xstilts.pipeline.study_steps import RouteChoice
from xstilts.report.scores.inputs import ChosenSetting, TriedSetting


def chosen_settings(session: Session) -> Iterable[ChosenSetting]:
    """Yield one choice an arm and training, with the targets that it is made for; those of the first seed stand for
    all."""
    found: dict[tuple[str, frozenset[str]], ChosenSetting] = {}
    for (arm, target, _), choices in session.steps.choices.items():
        for choice in choices:
            key = arm, frozenset(source.key for source in choice.step.inputs.values())
            known = found.get(key)
            if known is None:
                found[key] = _chosen(session, arm, target, choice)
            elif target not in known.targets:
                found[key] = replace(known, targets=(*known.targets, target))
    return found.values()


def _chosen(session: Session, arm: str, target: str, choice: RouteChoice) -> ChosenSetting:
    settings, folder = choice.step.settings, session.store.path(choice.step)
    read = read_choice(folder) if choice.chosen is not None and session.store.is_sound(choice.step) else {}
    tried = read.get("settings") or [{"values": dict(values), "dev": []} for values in settings.settings]
    return ChosenSetting(
        arm=arm,
        training=choice.name,
        role=choice.role,
        targets=(target,),
        seeds=settings.seeds,
        settings=tuple(TriedSetting(values=one["values"], dev=tuple(one["dev"])) for one in tried),
        chosen=choice.chosen,
    )
