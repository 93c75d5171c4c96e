"""From a finished study to a folder in the layout of XTREME's submissions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.core.files import write_atomic
from xstilts.core.free_places import check_free_folder
from xstilts.data.examples import Example
from xstilts.data.read import load_examples
from xstilts.engine.step import Step
from xstilts.evaluate.score import read_guesses
from xstilts.kinds.base import Kind
from xstilts.metrics.retrieval import MiningF1
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.score import PREDICTIONS, ScoreSettings
from xstilts.samples import CUT, describe
from xstilts.xtreme.layout import SUBMISSION_TASKS, SubmissionTask, XtremeVersion, study_task_name


@dataclass(frozen=True, kw_only=True)
class Submission:
    """The languages written of each task, those of the benchmark that are lacking, and which of the test sets written
    are cut, in words."""

    written: dict[str, tuple[str, ...]]
    lacking: dict[str, tuple[str, ...]]
    cut: tuple[str, ...] = ()


def submit(
    session: Session,
    arm: str,
    seed: int | None,
    version: XtremeVersion,
    out: Path,
    labels: Path | None = None,
    allow_cut: bool = False,
) -> Submission:
    """Write the predictions of one arm and seed (None: the study's first) below `out`, and the gold below `labels`.

    Raises StudyError for an arm or a seed that the study has not, for a study without any target of the benchmark, for
    one that has not run, and (without `allow_cut`) for test sets that are cut; StoreError for a folder that is not
    empty.
    """
    study = session.study
    if arm not in study.arms:
        raise StudyError(f"the study has no arm '{arm}'.", where="--arm", value=arm, allowed=study.arms)
    seed = study.seeds[0] if seed is None else seed
    if seed not in study.seeds:
        raise StudyError(f"the study has no seed {seed}.", where="--seed", allowed=map(str, study.seeds))
    for folder in (out, labels):
        if folder is not None:
            check_free_folder(folder)
    steps = _steps(session, arm, seed, version)
    cut = tuple(text for name, step in steps.items() for text in _cut_sets(name, step, version))
    if cut and not allow_cut:
        raise StudyError(
            f"a submission needs whole test sets, and {len(cut)} are cut: {'; '.join(cut[:3])}"
            f"{' ...' if len(cut) > 3 else ''}.",
            hint="Run the study without take.test and on the full files (--data), or write the part: --allow-cut.",
        )
    written = {
        name: _write(step, SUBMISSION_TASKS.find(name), version, session, out, labels) for name, step in steps.items()
    }
    lacking = {
        name: tuple(language for language in languages if language not in written.get(name, ()))
        for name, languages in version.languages.items()
    }
    return Submission(
        written=written, lacking={name: languages for name, languages in lacking.items() if languages}, cut=cut
    )


def _cut_sets(name: str, step: Step, version: XtremeVersion) -> Iterator[str]:
    """Say of each test set of a task that is not whole what of it is scored."""
    settings: ScoreSettings = step.settings
    for test in settings.tests:
        if test.language not in version.languages[name]:
            continue
        samples = [text for path in test.source.paths if (text := describe(path)) and text.startswith(CUT)]
        if samples:
            yield f"{name} in '{test.language}' is a {samples[0]}"
        elif test.views:
            loaded = load_examples(test.source).examples
            scored = [example.scored for example in loaded]
            chosen = sum(scored[i] for i in test.example_indices(loaded, settings.kind))
            if chosen < sum(scored):
                yield f"{name} in '{test.language}' is {chosen:,} of {sum(scored):,} examples"


def _steps(session: Session, arm: str, seed: int, version: XtremeVersion) -> dict[str, Step]:
    """Return the score step of each task of the benchmark that is a target here."""
    tasks = {name: study_task_name(version, name) for name in version.languages}
    targets = [name for name, task in tasks.items() if task in session.study.targets]
    if not targets:
        raise StudyError(f"no target of this study is of {version.title}.", allowed=tasks.values())
    by_target = {name: session.steps.scores.get((arm, tasks[name], seed)) for name in targets}
    steps = {name: step for name, step in by_target.items() if step is not None}
    waiting = [name for name, step in steps.items() if not session.store.is_sound(step)]
    if waiting or not steps:
        raise StudyError(
            f"not finished: {', '.join(waiting or targets)} of arm '{arm}' and seed {seed}.",
            hint=f"Run it first: xstilts run {session.study.name}.",
        )
    return steps


def _write(
    step: Step, target: SubmissionTask, version: XtremeVersion, session: Session, out: Path, labels: Path | None
) -> tuple[str, ...]:
    """Write the files of one task. Returns the languages written, in the order of the benchmark."""
    settings: ScoreSettings = step.settings
    predictions = session.store.path(step.inputs[PREDICTIONS]) / settings.part
    tests = {test.language: test for test in settings.tests}
    languages = tuple(language for language in version.languages[target.name] if language in tests)
    for language in languages:
        loaded = load_examples(tests[language].source).examples
        examples = tests[language].evaluated(loaded, settings.kind)
        name = f"{target.name}/test-{language}.{target.suffix}"
        guesses = _guesses_that_count(settings, examples, read_guesses(predictions, language, examples))
        _write_file(out / name, target.write_guesses(examples, guesses))
        if labels is not None:
            _write_file(
                labels / name, target.write_gold(examples, [settings.kind.gold(example) for example in examples])
            )
    return languages


def _guesses_that_count(settings: ScoreSettings, examples: Sequence[Example], guesses: list[Any]) -> list[Any]:
    """Return the guesses as they are scored: of mined pairs, those past the threshold."""
    for metric in settings.metrics:
        if isinstance(metric, MiningF1):
            return _past_threshold(settings.kind, metric, examples, guesses)
    return guesses


def _past_threshold(kind: Kind, metric: MiningF1, examples: Sequence[Any], guesses: list[Any]) -> list[Any]:
    golds = {i: gold for i, example in enumerate(examples) if (gold := kind.gold(example)) is not None}
    tune = [examples[i].part == "tune" for i in golds]
    mined = metric.past_threshold(list(golds.values()), [guesses[i] for i in golds], tune)
    by_number = dict(zip(golds, mined, strict=True))
    return [by_number.get(i, guess) for i, guess in enumerate(guesses)]


def _write_file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text)
