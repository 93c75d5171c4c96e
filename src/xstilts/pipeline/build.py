"""Build the run graph of a study: from routes, which are values, to the steps that make their scores.

Every source that is used becomes one `prepare` step for each (content, kind, length, tokenizer); every distinct phase
one `train` step, phases that are merged one `join` step; every checkpoint and task one `predict` and one `score` step.
What a step is, says its file in `steps`; what trains is built by `training_steps`, what evaluates here.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from xstilts.core.canonical import fingerprint
from xstilts.core.made_once import MadeOnce
from xstilts.data.source import MachineTranslation
from xstilts.engine.step import Step
from xstilts.kinds.base import Kind
from xstilts.pipeline.estimates import encoder_bytes
from xstilts.pipeline.kept_weights import KeptWeights, kept_weights
from xstilts.pipeline.steps.base import EvaluationSet
from xstilts.pipeline.steps.predict import CHECKPOINT, HEAD, POOL, PredictSettings, language_input, predict_step
from xstilts.pipeline.steps.score import ScoreSettings, score_step
from xstilts.pipeline.training_steps import TrainingSteps
from xstilts.study.expand import Route, end_name, phases
from xstilts.study.forgetting import ForgettingProbe, dev_source
from xstilts.study.phase import EncoderRef, Phase, adapter_tasks
from xstilts.study.schema import Study
from xstilts.study.strategies import Start
from xstilts.study.stress import StressCondition
from xstilts.tasks.base import Task

SHARED_ROLES = ("language", "intermediate")  # of phases whose weights several routes start from
LanguageAdapters = tuple[tuple[str, Phase], ...]  # as in a `Route`
AS_THEY_ARE: Mapping[str, MachineTranslation] = {}  # no test set is translated


class EvaluationInputs(NamedTuple):
    """The sets that a checkpoint is evaluated on, the pool that all of them search, and the steps that prepare them."""

    sets: tuple[EvaluationSet, ...]
    pool: EvaluationSet | None
    inputs: Mapping[str, Step]


@dataclass
class StepBuilder(TrainingSteps):
    """Adds what evaluates: predictions and scores of checkpoints. Equal values become one step here too."""

    _scored: dict[Hashable, Step] = field(default_factory=dict)
    _test_sets: dict[Hashable, EvaluationInputs] = field(default_factory=dict)
    _predict_settings: MadeOnce[PredictSettings] = field(default_factory=MadeOnce)
    _score_settings: MadeOnce[ScoreSettings] = field(default_factory=MadeOnce)

    def score(
        self,
        end: Start,
        task: Task,
        length: int,
        missing: Mapping[str, str],
        languages: LanguageAdapters = (),
        kinds: tuple[Kind, ...] = (),
        swept: str = "",
        stress: StressCondition | None = None,
        translations: Mapping[str, MachineTranslation] = AS_THEY_ARE,
    ) -> Step:
        """The score of a checkpoint on the test sets of a task. `missing`: languages without a file, and why. Of a
        sweep: `kinds`, those that are predicted in one pass, the task's among them, and `swept`, its values in words.
        stress: how the inputs are perturbed; `missing` has the languages that cannot be. translations: the languages
        whose test sets are read in translation.
        """
        perturbation = stress and fingerprint(stress.perturbation)
        key = (end, task.name, fingerprint(task.kind), languages, perturbation, tuple(translations.items()))
        if key not in self._scored:
            tests, label = (
                self.test_sets(task, length, missing, stress, translations),
                f"{task.name} by {end_name(end)}",
            )
            label = f"{task.name}, {stress.title}, by {end_name(end)}" if stress else label
            label = f"{task.name}, in translation, by {end_name(end)}" if translations else label
            with_values = f"{task.name}, {swept}, by {end_name(end)}" if swept else label
            adapters = {language_input(language): self.train(phase) for language, phase in languages}
            sides = (task.query_language, task.candidate_language) if languages else ("", "")
            tests = tests._replace(inputs={**tests.inputs, **adapters})
            predictions = self.predict(end, task, tests, label if kinds else with_values, sides=sides, kinds=kinds)
            part = str(kinds.index(task.kind)) if kinds else ""
            settings = self._score_settings.of(
                lambda: ScoreSettings(
                    kind=task.kind, metrics=task.scored, tests=tests.sets, missing=missing, part=part
                ),
                *(task, tests.sets),
                values=(tuple(missing.items()), part),
            )
            self._scored[key] = score_step(settings, predictions, with_values)
        return self._scored[key]

    def recall(self, probe: ForgettingProbe, task: Task, limit: int | None) -> Step:
        """The score of an earlier task on its dev set, by its own head on a later checkpoint."""
        key = (probe.end, f"{task.name} dev", ())
        if key not in self._scored:
            source, label = dev_source(probe.part, task, limit), f"{task.name} dev"
            dev = EvaluationSet(language=source.language, source=self.resolve(source), views=source.views, use="dev")
            inputs = {
                dev.input: self.prepare(
                    source, task.kind, probe.part.max_length, task=task.name, use="dev", label=label
                )
            }
            if probe.learnt != probe.end:
                inputs[HEAD] = self.train(probe.learnt)
            sets = EvaluationInputs((dev,), None, inputs)
            predictions = self.predict(probe.end, task, sets, f"{label} by {end_name(probe.end)}", use="dev")
            settings = ScoreSettings(kind=task.kind, metrics=task.scored, tests=sets.sets)
            self._scored[key] = score_step(settings, predictions)
        return self._scored[key]

    def test_sets(
        self,
        task: Task,
        length: int,
        missing: Mapping[str, str],
        stress: StressCondition | None = None,
        translations: Mapping[str, MachineTranslation] = AS_THEY_ARE,
    ) -> EvaluationInputs:
        """The test sets of a target, which all checkpoints share."""
        perturbation = stress.perturbation if stress else None
        kind, translated = fingerprint(task.kind.as_encoded), tuple(translations.items())
        key = (task.name, kind, length, perturbation and fingerprint(perturbation), translated)
        if key not in self._test_sets:
            sets, inputs = [], {}
            for language, source in task.test.items():
                if language not in missing:
                    translation = translations.get(language)
                    changed = stress is not None or translation is not None
                    test = EvaluationSet(
                        language=language,
                        source=self.chosen(source) if changed else self.resolve(source),
                        views=() if changed else source.views,
                        perturbation=perturbation,
                        translated=translation.language if translation else "",
                    )
                    sets.append(test)
                    title = f", {stress.title}" if stress else f" in {translation.language}" if translation else ""
                    inputs[test.input] = self.prepare(
                        source.with_translation(translation) if translation else source,
                        task.kind,
                        length,
                        task=task.name,
                        use="test",
                        label=f"{task.name} {language}{title}",
                        perturbation=perturbation,
                    )
            pool = None
            if task.pool is not None:
                pool = EvaluationSet(language=task.pool.language, source=self.resolve(task.pool), views=task.pool.views)
                inputs[POOL] = self.prepare(
                    task.pool, task.kind, length, task=task.name, use="pool", label=f"{task.name} pool"
                )
            self._test_sets[key] = EvaluationInputs(tuple(sets), pool, inputs)
        return self._test_sets[key]

    def predict(
        self,
        end: Start,
        task: Task,
        tests: EvaluationInputs,
        label: str,
        *,
        use: str = "test",
        sides: tuple[str, str] = ("", ""),
        kinds: tuple[Kind, ...] = (),
    ) -> Step:
        """`sides`: the languages whose adapters read queries and candidates, where there are language adapters ("": the
        test set's); `kinds`: as of `score`."""
        first, *beside = kinds or (task.kind,)
        is_encoder = isinstance(end, EncoderRef)
        checkpoint = self.encoder_input() if isinstance(end, EncoderRef) else {CHECKPOINT: self.checkpoint(end)}
        base_at, base_input = self.adapter_base(end)
        own_task = task.name if task.name in adapter_tasks(end) else ""
        settings = self._predict_settings.of(
            lambda: PredictSettings(
                kind=first,
                beside=tuple(beside),
                tests=tests.sets,
                precision=self.precision,
                encoder=self.encoder_at() if is_encoder else None,
                pool=tests.pool,
                base=base_at,
                queries=sides[0],
                candidates=sides[1],
                task=own_task,
                prediction_version=first.prediction_version,
            ),
            *(first, *beside, tests.sets, tests.pool, base_at),
            values=(is_encoder, sides, own_task),
        )
        inputs = {**tests.inputs, **checkpoint, **base_input}
        return predict_step(settings, inputs, task=task.name, use=use, label=label)

    def kept_weights(self, study: Study, routes: list[Route]) -> KeptWeights:
        """Return which weights go once nobody needs them, and which must be there."""
        ends = {end: None for route in routes for end in route.ends if isinstance(end, Phase) and not end.choice}
        targets = [self.train(phase) for phase in ends if phase.role not in SHARED_ROLES]
        open_ones = {self.train(phase).key for route in routes for phase in route.candidates}
        used = {phase for route in routes for end in route.ends for phase in phases(end)}
        passed_over = dict.fromkeys(phase for route in routes for phase in route.passed_over if phase not in used)
        checkpoints = [*self._trained.values(), *self._merged.values()]
        return kept_weights(
            study,
            [step for step in checkpoints if step.key not in open_ones],
            targets,
            encoder_bytes(self.encoder),
            passed_over=[self.train(phase) for phase in passed_over],
        )
