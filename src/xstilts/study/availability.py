"""Availability: which files and models of a resolved study are here, and what cannot run without the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.source import Source
from xstilts.kinds.base import NO_OWN_HEAD
from xstilts.study.arms import ArmSpec, TranslatedSpec, stage_tasks, trained_tasks
from xstilts.study.language_adapters import AdapterTexts, candidate_texts, find_texts
from xstilts.study.needs import adapter_routes, adapter_text_tasks
from xstilts.study.resolve import ResolvedStudy
from xstilts.study.translation import check_translated, translated_sources
from xstilts.tasks.base import Task

# Raises DataError where a source's files are not here, EncoderError where the model that translates them is not.
Locate = Callable[[Source], object]


@dataclass(frozen=True, kw_only=True)
class LocatedStudy(ResolvedStudy):
    """A resolved study, and what of it cannot run, each with the reason.

    missing_languages: target -> test language -> reason.
    adapter_texts: arm -> language -> the text that its language adapter is trained on.
    """

    missing_targets: Mapping[str, str] = field(default_factory=dict)
    missing_arms: Mapping[str, str] = field(default_factory=dict)
    missing_languages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    adapter_texts: Mapping[str, Mapping[str, Task]] = field(default_factory=dict)

    @property
    def absent(self) -> list[str]:
        """Return, in sentences, why targets, arms and test languages are missing, each reason once."""
        languages = [
            f"no test file of '{target}' in {', '.join(missing)}."
            for target, missing in self.missing_languages.items()
            if missing and target not in self.missing_targets
        ]
        return list(dict.fromkeys([*self.missing_targets.values(), *self.missing_arms.values(), *languages]))

    def missing_files(self, target: str) -> dict[str, tuple[str, ...]]:
        """Return each test language that is missing, and its files as the study names them; () of files that others
        publish, which have several places."""
        test = self.targets[target].test
        missing = {language: test[language].places for language in self.missing_languages.get(target, ())}
        return {
            language: () if len(places) != 1 or places[0].hub or places[0].urls else places[0].files
            for language, places in missing.items()
        }


def locate_study(resolved: ResolvedStudy, locate: Locate) -> LocatedStudy:
    """Look for every file and model that a study needs.

    Raises DataError for a training set that is neither here nor substituted, unless the study allows missing ones.
    """
    missing_targets: dict[str, str] = {}
    missing_languages: dict[str, dict[str, str]] = {}
    for name, task in resolved.targets.items():
        if reason := _missing_training(resolved.finetuned_on(name), locate) or _missing_pool(task, locate):
            missing_targets[name] = reason
            continue
        reasons = {lang: reason for lang, source in task.test.items() if (reason := _why_missing(source, locate))}
        missing_languages[name] = dict.fromkeys(reasons, "no test file here")
        if len(reasons) == len(task.test):
            missing_targets[name] = next(iter(reasons.values()), "it has no test language here")
    arms = resolved.study.arms
    missing_arms = {
        name: reason
        for name, arm in arms.items()
        if (
            reason := resolved.perturbed.lacking_files.get(name, "")
            or _missing_arm(arm, resolved, locate)
            or _missing_tests(name, resolved, missing_languages, locate)
        )
    }
    notes, adapter_texts = dict(resolved.notes), {}
    for name, arm in arms.items():
        if arm.language_adapters is None or name in missing_arms:
            continue
        chosen_texts = _find_texts(resolved, name, missing_targets, missing_languages, locate)
        adapter_texts[name] = chosen_texts.texts
        if chosen_texts.reason:
            missing_arms[name] = chosen_texts.reason
        else:
            notes[f"arm {name}"] = chosen_texts.notes
    values = {spec.name: getattr(resolved, spec.name) for spec in fields(ResolvedStudy)}
    located = LocatedStudy(
        **values | {"notes": notes},
        missing_targets=missing_targets,
        missing_arms=missing_arms,
        missing_languages=missing_languages,
        adapter_texts=adapter_texts,
    )
    _refuse_missing(located)
    return located


def without_own_head(located: LocatedStudy) -> LocatedStudy:
    """Return the study for an encoder that brings no masked-LM head: targets that ask one are missing.

    Raises DataError where there are such targets, unless the study allows missing ones."""
    asking = {name: NO_OWN_HEAD for name, task in located.targets.items() if task.kind.uses_own_head}
    changed = replace(located, missing_targets={**asking, **located.missing_targets})
    if asking:
        _refuse_missing(changed)
    return changed


def asks_own_head(located: LocatedStudy) -> bool:
    """Tell whether some target that can be scored is scored by the encoder's own masked-LM head."""
    return any(task.kind.uses_own_head for name, task in located.targets.items() if name not in located.missing_targets)


def _find_texts(
    resolved: ResolvedStudy,
    name: str,
    missing_targets: Mapping[str, str],
    missing_languages: Mapping[str, Mapping[str, str]],
    locate: Locate,
) -> AdapterTexts:
    """The texts of the language adapters of an arm."""
    arm = resolved.study.arms[name]
    assert arm.language_adapters is not None
    routes = adapter_routes(resolved, name, missing_targets, missing_languages)
    candidates = candidate_texts(arm.language_adapters, routes, adapter_text_tasks(resolved, arm))
    return find_texts(arm.language_adapters, routes, candidates, locate)


def _why_missing(source: Source, locate: Locate) -> str:
    """Say in one sentence why a source cannot be read; "" when it can."""
    try:
        locate(source)
    except (DataError, EncoderError) as error:
        return error.what
    return ""


def _missing_arm(arm: ArmSpec, resolved: ResolvedStudy, locate: Locate) -> str:
    """Say in one sentence why an arm cannot be trained; "" when it can."""
    through = stage_tasks(arm.through)
    for name in trained_tasks(arm):
        if arm.translated is None or name not in through:
            reason = _missing_training(resolved.intermediates[name], locate)
        else:
            reason = _missing_translations(name, arm.translated, resolved.intermediates, locate)
        if reason:
            return reason
    return ""


def _missing_translations(name: str, spec: TranslatedSpec, intermediates: Mapping[str, Task], locate: Locate) -> str:
    task = intermediates[name]
    try:
        check_translated(task, spec, intermediates.values(), "translated")
    except StudyError as error:
        return error.what
    reasons = (_why_missing(source, locate) for source in translated_sources(task, spec))
    return next(filter(None, reasons), "")


def _missing_tests(
    arm: str, resolved: ResolvedStudy, missing_languages: Mapping[str, Mapping[str, str]], locate: Locate
) -> str:
    """Say in one sentence why the test sets that are here cannot be translated for an arm; "" when they can."""
    for target, missing in missing_languages.items():
        for language, translation in resolved.translated_tests(arm, target).items():
            source = resolved.targets[target].test[language].with_translation(translation)
            if language not in missing and (reason := _why_missing(source, locate)):
                return reason
    return ""


def _missing_training(task: Task, locate: Locate) -> str:
    fit = task.fit
    if fit is None:
        return ""
    return _why_missing(fit.train, locate) or (_why_missing(fit.dev, locate) if fit.dev is not None else "")


def _missing_pool(task: Task, locate: Locate) -> str:
    return _why_missing(task.pool, locate) if task.pool is not None else ""


def _refuse_missing(located: LocatedStudy) -> None:
    if located.study.allow_missing:
        return
    for kind, missing in (("target", located.missing_targets), ("arm", located.missing_arms)):
        for name, reason in missing.items():
            raise DataError(
                f"The {kind} '{name}' cannot run: {reason}",
                hint="Give its files with --data DIR, fetch them where there is a network (`xstilts tasks` says from "
                "where), name a stand-in under `substitute:`, or go on without it with --allow-missing: it is shown "
                "as missing.",
            )
    if len(located.missing_targets) == len(located.targets):
        raise DataError("No target of this study has its data here.")
