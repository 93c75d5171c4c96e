"""Text overlap: arms that read the sentences of their target before; declared with the tasks
(`Task.corpora`), never guessed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from xstilts.study.arms import ArmSpec
from xstilts.tasks.base import Task

SharedText = Mapping[str, Mapping[str, tuple[str, ...]]]  # target -> arm -> the intermediate tasks with its sentences


def shared_text(
    through: Mapping[str, tuple[str, ...]], intermediates: Mapping[str, Task], targets: Mapping[str, Task]
) -> SharedText:
    """Return, for each target whose training sentences some arm reads, the arms and the tasks that hold them.

    `through`: the intermediate tasks of each arm, by the names in `intermediates`; `targets`: what is fine-tuned on.
    """
    shared: dict[str, dict[str, tuple[str, ...]]] = {}
    for target, task in targets.items():
        for arm, names in through.items():
            same = [intermediates[name].name for name in names if _meet(intermediates[name], task)]
            if same:
                shared.setdefault(target, {})[arm] = tuple(dict.fromkeys(same))
    return shared


def _meet(task: Task, target: Task) -> bool:
    return target.train is not None and not set(task.corpora).isdisjoint(target.corpora)


def shared_notes(shared: SharedText, targets: Mapping[str, Task], arms: Mapping[str, ArmSpec]) -> dict[str, str]:
    """One sentence a target, for plans and reports."""
    notes = {}
    for target, tasks_by_arm in shared.items():
        tasks = list(dict.fromkeys(task for names in tasks_by_arm.values() for task in names))
        name = targets[target].name
        same = "" if name not in tasks else f" ({name} with the same labels)" if tasks != [name] else " itself"
        notes[target] = (
            f"{name_arms(tasks_by_arm, arms)} read its training sentences "
            f"({', '.join(targets[target].corpora)}) before, as {', '.join(tasks)}{same}"
        )
    return notes


def name_arms(some: Collection[str], arms: Collection[str]) -> str:
    """ "all arms but 'none' (8 of 9)", "the arms parse, srl (2 of 4)"."""
    others = [arm for arm in arms if arm not in some]
    if not others:
        return "all arms"
    share = f"({len(some)} of {len(arms)})"
    if len(others) == 1 < len(some):
        return f"all arms but '{others[0]}' {share}"
    return f"the arm{'s' if len(some) > 1 else ''} {', '.join(some)} {share}"
