"""Where an arm reads the sentences of its target before: declared with the tasks (`Task.corpora`), never guessed."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.study.arms import ArmSpec
from xstilts.tasks.base import Task

SharedText = Mapping[str, Mapping[str, tuple[str, ...]]]  # target -> arm -> the intermediate tasks with its sentences


def shared_text(
    through: Mapping[str, tuple[str, ...]], intermediates: Mapping[str, Task], targets: Mapping[str, Task]
) -> SharedText:
    """Of each target that some arm meets the training sentences of: the arms and the tasks that hold them. `through`:
    the intermediate tasks of each arm, by the names in `intermediates`; `targets`: what is fine-tuned on."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for target, task in targets.items():
        for arm, names in through.items():
            same = [intermediates[name].name for name in names if _meet(intermediates[name], task)]
            if same:
                found.setdefault(target, {})[arm] = tuple(dict.fromkeys(same))
    return found


def _meet(task: Task, target: Task) -> bool:
    return target.train is not None and not set(task.corpora).isdisjoint(target.corpora)


def shared_notes(shared: SharedText, targets: Mapping[str, Task], arms: Mapping[str, ArmSpec]) -> dict[str, str]:
    """One sentence a target, for plans and reports."""
    said = {}
    for target, met in shared.items():
        tasks = list(dict.fromkeys(name for names in met.values() for name in names))
        itself = targets[target].name
        own = "" if itself not in tasks else f" ({itself} with the same labels)" if tasks != [itself] else " itself"
        said[target] = (
            f"{_arms(met, arms)} read its training sentences ({', '.join(targets[target].corpora)}) before, "
            f"as {', '.join(tasks)}{own}"
        )
    return said


def _arms(met: Mapping[str, object], arms: Mapping[str, object]) -> str:
    """ "all arms but 'none' (8 of 9)", "the arms parse, srl (2 of 4)"."""
    others = [arm for arm in arms if arm not in met]
    if not others:
        return "all arms"
    share = f"({len(met)} of {len(arms)})"
    if len(others) == 1 < len(met):
        return f"all arms but '{others[0]}' {share}"
    return f"the arm{'s' if len(met) > 1 else ''} {', '.join(met)} {share}"
