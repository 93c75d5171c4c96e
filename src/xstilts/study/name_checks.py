"""Checks of a study's names: every task, language, arm and setting it names exists."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.study.arms import stage_tasks
from xstilts.study.contrast_weights import in_points
from xstilts.study.kind_settings import checked_settings
from xstilts.study.schema import Study
from xstilts.study.substitutes import check_same_kind
from xstilts.study.text_checks import check_texts
from xstilts.study.translation import check_translated
from xstilts.tasks.base import Task


def check_settings(study: Study, tasks: Catalog[Task]) -> None:
    """Raises StudyError for settings of a task that there is not, and for those that its kind does not allow."""
    for name, settings in study.settings.items():
        _require_task(tasks, name, "settings")
        checked_settings(type(tasks[name].kind), settings, name, study.positions)


def check_names(study: Study, tasks: Catalog[Task]) -> None:
    """Every name the study uses exists."""
    for arm, spec in study.arms.items():
        for name in stage_tasks(spec.through):
            _require_task(tasks, name, f"arms.{arm}.through")
            if tasks[name].train is None:
                raise StudyError(
                    f"The task '{name}' has no training data, so it cannot be an intermediate task.",
                    where=f"arms.{arm}.through",
                )
        check_texts(spec, tasks, f"arms.{arm}")
        for name in stage_tasks(spec.through) if spec.translated else ():
            if spec.translated and name not in study.substitute:  # of a stand-in it is the arm that is missing
                check_translated(tasks[name], spec.translated, tasks.values(), f"arms.{arm}.translated")
    for name in study.targets:
        _require_task(tasks, name, "targets")
        if tasks[name].finetuned_on is not None:
            _require_task(tasks, str(tasks[name].finetuned_on), "targets")
        if not tasks[name].test:
            raise StudyError(f"The task '{name}' has no test sets, so it cannot be a target.", where="targets")
    for name in study.train.tasks:
        _require_task(tasks, name, "train.tasks")
    for old, new in study.substitute.items():
        _require_task(tasks, old, "substitute")
        _require_task(tasks, new, f"substitute.{old}")
        check_same_kind(tasks[old], tasks[new])
    _check_one_set_of_numbers(study)
    _check_languages(study, tasks)


def _check_one_set_of_numbers(study: Study) -> None:
    """A substitute is trained with the numbers of the task it stands in for: two such tasks must agree."""
    first: dict[str, str] = {}
    for old, new in study.substitute.items():
        if old not in study.train.tasks or new in study.train.tasks:
            continue
        other = first.setdefault(new, old)
        if study.train.tasks[other] != study.train.tasks[old]:
            raise StudyError(
                f"'{new}' stands in for '{other}' and for '{old}', whose training numbers differ.",
                where=f"train.tasks.{old}",
                hint=f"Give its own numbers under `train.tasks.{new}`.",
            )


def check_arm_names(study: Study) -> None:
    """The baseline and the arms of contrasts exist, sizes made arms."""
    if study.baseline is not None and study.baseline not in study.arms:
        raise StudyError(
            f"There is no arm '{study.baseline}'.", where="baseline", value=study.baseline, allowed=study.arms
        )
    for contrast, weights in study.contrasts.items():
        for arm in weights:
            if arm not in study.arms:
                raise StudyError(
                    f"There is no arm '{arm}'.", where=f"contrasts.{contrast}", value=arm, allowed=study.arms
                )
        in_points(contrast, weights)


def _require_task(tasks: Catalog[Task], name: str, where: str) -> None:
    if name not in tasks:
        raise StudyError(f"There is no task '{name}'.", where=where, value=name, allowed=tasks)


def _check_languages(study: Study, tasks: Catalog[Task]) -> None:
    offered = {lang for name in study.targets for lang in tasks[name].test}
    for language in study.languages or ():
        if language not in offered:
            raise StudyError(
                f"No target of this study has a test set in language '{language}'.",
                where="languages",
                value=language,
                allowed=sorted(offered),
            )
