"""Test sets in translation (translate-test): those of an arm's targets, in the language that each target is trained in.

The rows stay the test set's own: ids, groups and gold are theirs, and a guess on the translation is scored against the
gold of the original, so that arms are compared on the same items.
"""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.core.errors import StudyError
from xstilts.data.source import MachineTranslation
from xstilts.kinds.base import Kind
from xstilts.kinds.catalog import KINDS
from xstilts.study.arms import TranslateTestSpec
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


def check_translated_tests(study: Study, targets: Mapping[str, Task]) -> None:
    """Raises StudyError for an arm that tests in translation, where the study also perturbs test inputs, or where a
    target's guesses on translations cannot be scored against the gold of the originals."""
    for name, arm in study.arms.items():
        if arm.translate_test is None:
            continue
        where = f"arms.{name}.translate_test"
        if study.stress is not None:
            problem = "Test inputs are perturbed in their own language; 'translate_test' cannot stand beside `stress`."
            raise StudyError(problem, where=where, hint="Make a study of its own of this arm.")
        for target, task in targets.items():
            _check_target(target, task, where)


def _check_target(name: str, task: Task, where: str) -> None:
    if _scorable(task.kind):
        return
    kind = task.kind.name.replace("_", " ")
    if task.kind.answers_in_the_text:
        reason = "its answers are parts of the text: a guess in a translation has other words than the gold"
    else:
        reason = "its gold belongs to the words or sentences of the original"
    allowed = [one.replace("_", " ") for one, other in KINDS.items() if _scorable(other)]
    raise StudyError(
        f"The target '{name}' ({kind}) cannot be tested in translation: {reason}.",
        where=where,
        hint=f"Targets of these kinds can: {', '.join(allowed)}. Make a study of its own of them.",
    )


def _scorable(kind: Kind | type[Kind]) -> bool:
    """Whether a guess on a translated text can be scored against the gold of the original."""
    return kind.survives_translation and not kind.answers_in_the_text


def translations_of_tests(spec: TranslateTestSpec | None, task: Task, trained: Task) -> dict[str, MachineTranslation]:
    """Return, for each test language that is translated, how. `trained`: the task that is fine-tuned on, into whose
    language it is; a test set in it stays as it is. Without `spec` {}."""
    into = trained.train.language if trained.train is not None else "en"
    if spec is None:
        return {}
    return {
        language: MachineTranslation(
            language=into, model=spec.model.replace("{language}", source.language), beams=spec.beams
        )
        for language, source in task.test.items()
        if source.language != into
    }


def translated_tests_note(spec: TranslateTestSpec) -> str:
    """Say what a report must say of an arm."""
    return (
        f"its test sets are machine translations into the language that a target is trained in (by {spec.model}, "
        f"{spec.beams} beams); rows that cannot be translated are tested as they are, and counted"
    )
