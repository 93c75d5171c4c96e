"""Lower routes to steps: the composition root's other half (see steps.py).

Every source that is used becomes one `prepare` step for each (content, kind, length, tokenizer); every distinct
phase one `train` step, phases that are joined one `join` step; every checkpoint × task one `predict` and one `score`
step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from xstilts.data.locate import Roots
from xstilts.data.read import ResolvedSource, resolve
from xstilts.data.source import MachineTranslation, Source
from xstilts.engine.step import Step
from xstilts.kinds.base import Kind, as_encoded
from xstilts.models.encoders import LocatedEncoder
from xstilts.models.translators import LocatedTranslator
from xstilts.pipeline import steps
from xstilts.study.expand import Route, end_name, phase_name
from xstilts.study.forgetting import ForgettingProbe, dev_source, recalls
from xstilts.study.hyperparameters import max_length
from xstilts.study.phase import (
    EncoderRef,
    MergedCheckpoint,
    MixtureTask,
    Phase,
    adapter_tasks,
    base,
    holds_encoder,
    tuned,
)
from xstilts.study.resolve import ResolvedStudy
from xstilts.study.schema import Study
from xstilts.study.strategies import Start
from xstilts.tasks.base import Task
from xstilts.translate.step import TranslateSettings, translate

# Bumped when a golden run of the step changes its numbers.
VERSIONS: Mapping[str, int] = {
    "prepare": 2,
    "train": 3,
    "predict": 2,
    "score": 1,
    "encoder": 1,
    "translate": 1,
    "join": 1,
}


KEPT = ("language", "intermediate")  # roles whose weights several routes start from
Languages = tuple[tuple[str, Phase], ...]  # as in a `Route`


@dataclass(frozen=True, kw_only=True)
class StudySteps:
    """The steps of a study. `scores` and `trainings` say which of them stand behind a route (arm, target, seed)."""

    scores: Mapping[tuple[str, str, int], Step]
    trainings: Mapping[tuple[str, str, int], tuple[Step, ...]]
    training_names: Mapping[tuple[str, str, int], tuple[str, ...]]
    training_roles: Mapping[tuple[str, str, int], tuple[str, ...]]
    trims: Mapping[str, str]  # key of a step -> the part of its artefact that may go once its readers are done
    recalls: tuple[tuple[ForgettingProbe, Step], ...] = ()  # earlier tasks scored again, and the step that does


class _Tests(NamedTuple):
    sets: tuple[steps.TestSet, ...]
    pool: steps.TestSet | None
    inputs: dict[str, Step]


@dataclass
class StepBuilder:
    """Remembers what it has lowered, so that equal values become one step."""

    roots: Roots
    encoder: LocatedEncoder
    precision: str
    translators: Mapping[str, LocatedTranslator] = field(default_factory=dict)  # by the names the study calls them
    look: Callable[[Source, Roots], ResolvedSource] = resolve  # for a plan: `expected`
    _prepared: dict[str, Step] = field(default_factory=dict)
    _trained: dict[Phase, Step] = field(default_factory=dict)
    _joined: dict[MergedCheckpoint, Step] = field(default_factory=dict)
    _resolved: dict[tuple[Source, bool], ResolvedSource] = field(default_factory=dict)
    _scored: dict[tuple[Any, ...], Step] = field(default_factory=dict)
    _tests: dict[tuple[str, int], _Tests] = field(default_factory=dict)

    def resolve(self, source: Source) -> ResolvedSource:
        """The source as it lies here, its files' content as identity, without views."""
        bare = replace(source, views=(), translation=None)
        key = (bare, True)
        if key not in self._resolved:
            self._resolved[key] = self.look(bare, self.roots)
        return self._resolved[key]

    def encoder_at(self) -> steps.EncoderAt:
        return steps.EncoderAt(identity=self.encoder.ref.identity, folder=self.encoder.folder)

    def encoder_input(self) -> dict[str, Step]:
        return {"encoder": self.encoder.step} if self.encoder.step else {}

    def prepare(self, source: Source, kind: Kind, length: int, label: str) -> Step:
        inputs = self.encoder_input()
        settings = steps.PrepareSettings(
            source=self.resolve(source), kind=as_encoded(kind), max_length=length, encoder=self.encoder_at()
        )
        if source.translation is not None:
            inputs["translation"] = self.translate(source, source.translation, label)
            settings = replace(
                settings, source=inputs["translation"].settings.source, translated=source.translation.language
            )
        step = Step(
            name="prepare",
            version=VERSIONS["prepare"],
            settings=settings,
            call=steps.prepare,
            inputs=inputs,
            label=label,
        )
        return self._prepared.setdefault(step.id, step)

    def translate(self, source: Source, wanted: MachineTranslation, label: str) -> Step:
        """The rows that the views of `source` choose, through a translation model."""
        model = self.translators[wanted.model]
        settings = TranslateSettings(
            source=replace(self.resolve(source), views=source.views),
            language=wanted.language,
            model=model.identity,
            beams=wanted.beams,
            folder=model.folder,
        )
        return Step(
            name="translate",
            version=VERSIONS["translate"],
            settings=settings,
            call=translate,
            label=f"{label} by {model.name}",
            compute=True,
        )

    def train(self, phase: Phase) -> Step:
        if phase not in self._trained:
            self._trained[phase] = self._train(phase)
        return self._trained[phase]

    def _train(self, phase: Phase) -> Step:
        inputs: dict[str, Step] = {}
        first = isinstance(phase.start, EncoderRef)
        if isinstance(phase.start, EncoderRef):
            inputs.update(self.encoder_input())
        else:
            inputs["start"] = self.checkpoint(phase.start)
        below, beside = self.below(phase.start)
        inputs.update(beside)
        parts = []
        for i, part in enumerate(phase.mix):
            training, dev = self._part_inputs(part)
            inputs[f"train/{i}"], inputs[f"dev/{i}"] = training, dev
            parts.append(self._part(part))
        settings = steps.TrainSettings(
            parts=tuple(parts),
            recipe=phase.recipe,
            seed=phase.seed,
            sampling=phase.sampling,
            tune=tuned(phase.tune),
            keep_head=phase.keep_head,
            select=phase.select,
            encoder=self.encoder_at() if first else None,
            base=below,
        )
        return Step(
            name="train",
            version=VERSIONS["train"],
            settings=settings,
            call=steps.train,
            inputs=inputs,
            label=end_name(phase),
            needs=("weights",) if not first else (),
            compute=True,
        )

    def checkpoint(self, made: Phase | MergedCheckpoint) -> Step:
        return self.train(made) if isinstance(made, Phase) else self.join(made)

    def join(self, joined: MergedCheckpoint) -> Step:
        if joined not in self._joined:
            parts = [self.train(part) for part in joined.parts]
            settings = steps.JoinSettings(
                how=joined.how,
                parts=len(parts),
                seed=joined.parts[0].seed,
                encoder=self.encoder_at(),
                adapters=not holds_encoder(joined),
            )
            self._joined[joined] = steps.join_step(
                settings, parts, self.encoder_input(), VERSIONS["join"], end_name(joined)
            )
        return self._joined[joined]

    def below(self, start: Start) -> tuple[steps.EncoderAt | None, dict[str, Step]]:
        """What a checkpoint of adapters stands on: the pretrained encoder, or the input "base". Nothing for others."""
        under = base(start)
        if under == start:
            return None, {}
        if not isinstance(under, EncoderRef):
            return None, {"base": self.checkpoint(under)}
        at, step = self.encoder_at(), self.encoder.step
        return at, {"base": step} if step else {}

    def _part_inputs(self, part: MixtureTask) -> tuple[Step, Step]:
        fit = part.fit
        training = self.prepare(fit.train, fit.kind, part.max_length, f"{part.label} train")
        dev = fit.train if fit.dev is None else fit.dev
        return training, self.prepare(dev, fit.kind, part.max_length, f"{part.name} dev")

    def _part(self, part: MixtureTask) -> steps.TrainPart:
        fit = part.fit
        dev = fit.train if fit.dev is None else fit.dev
        return steps.TrainPart(
            kind=fit.kind,
            select=fit.select,
            train_views=() if fit.train.translation else fit.train.views,  # a translation holds what they chose
            dev_views=dev.views,
            dev=self.resolve(dev),
            language=dev.language,
            version=fit.version,
            name=part.label,
            added=part.added,
            apart=fit.apart,
            task=part.task,
        )

    def score(self, end: Start, task: Task, length: int, missing: Mapping[str, str], languages: Languages = ()) -> Step:
        key = (end, task.name, languages)
        if key not in self._scored:
            tests, label = self.tests(task, length, missing), f"{task.name} by {end_name(end)}"
            beside = {f"language/{language}": self.train(phase) for language, phase in languages}
            tests = tests._replace(inputs=tests.inputs | beside)
            self._scored[key] = self._judge(end, task, tests, missing, label)
        return self._scored[key]

    def tests(self, task: Task, length: int, missing: Mapping[str, str]) -> _Tests:
        """The test sets of a target, which all checkpoints share."""
        if (task.name, length) not in self._tests:
            here = {lang: source for lang, source in task.test.items() if lang not in missing}
            sets = {
                lang: steps.TestSet(language=lang, source=self.resolve(source), views=source.views)
                for lang, source in here.items()
            }
            inputs = {
                f"test/{lang}": self.prepare(source, task.kind, length, f"{task.name} {lang}")
                for lang, source in here.items()
            }
            pool = None
            if task.pool is not None:
                inputs["pool"] = self.prepare(task.pool, task.kind, length, f"{task.name} pool")
                pool = steps.TestSet(language=task.pool.language, source=self.resolve(task.pool), views=task.pool.views)
            self._tests[task.name, length] = _Tests(tuple(sets.values()), pool, inputs)
        return self._tests[task.name, length]

    def recall(self, recall: ForgettingProbe, task: Task, most: int | None) -> Step:
        """An earlier task on its dev set, by its own head on a later checkpoint."""
        key = (recall.end, f"{task.name} dev", ())
        if key not in self._scored:
            dev = dev_source(recall.part, task, most)
            tests = steps.TestSet(language=dev.language, source=self.resolve(dev), views=dev.views, use="dev")
            inputs = {tests.input: self.prepare(dev, task.kind, recall.part.max_length, f"{task.name} dev")}
            if recall.learnt != recall.end:
                inputs["head"] = self.train(recall.learnt)
            label = f"{task.name} dev by {end_name(recall.end)}"
            self._scored[key] = self._judge(recall.end, task, _Tests((tests,), None, inputs), {}, label)
        return self._scored[key]

    def _judge(self, end: Start, task: Task, tests: _Tests, missing: Mapping[str, str], label: str) -> Step:
        """Predictions of a checkpoint and their score."""
        sets, pool, inputs = tests
        trained = not isinstance(end, EncoderRef)
        inputs = inputs | (
            self.encoder_input() if isinstance(end, EncoderRef) else {"checkpoint": self.checkpoint(end)}
        )
        below, beside = self.below(end)
        predicted = Step(
            name="predict",
            version=VERSIONS["predict"],
            settings=steps.PredictSettings(
                kind=task.kind,
                tests=sets,
                precision=self.precision,
                encoder=None if trained else self.encoder_at(),
                pool=pool,
                base=below,
                candidates=task.candidates if any(name.startswith("language/") for name in inputs) else "",
                task=task.name if task.name in adapter_tasks(end) else "",
            ),
            call=steps.predict,
            inputs=inputs | beside,
            label=label,
            needs=("weights",) if trained else (),
            compute=True,
        )
        return Step(
            name="score",
            version=VERSIONS["score"],
            settings=steps.ScoreSettings(kind=task.kind, metrics=task.scored, tests=sets, missing=missing),
            call=steps.score,
            inputs={"predictions": predicted},
            label=label,
        )

    def trims(self, routes: list[Route], keep: str) -> dict[str, str]:
        """Which weights go once they are no longer needed: those of targets (`intermediate`), all of them (`none`)."""
        if keep == "all":
            return {}
        ends = {route.end for route in routes if isinstance(route.end, Phase) and route.end.role not in KEPT}
        if keep == "none":
            return {step.key: "weights" for step in (*self._trained.values(), *self._joined.values())}
        return {self.train(phase).key: "weights" for phase in ends}


def lower(study: Study, chosen: ResolvedStudy, routes: list[Route], lowering: StepBuilder) -> StudySteps:
    scores, trainings, names, roles = {}, {}, {}, {}
    for route in routes:
        key = (route.arm, route.target, route.seed)
        task = chosen.targets[route.target]
        length = max_length(study, task.name, task.kind.name)
        missing = chosen.missing_languages.get(route.target, {})
        scores[key] = lowering.score(route.end, task, length, missing, route.languages)
        chain = route.trainings
        trainings[key] = tuple(lowering.train(phase) for phase in chain)
        names[key] = tuple(phase_name(phase) for phase in chain)
        roles[key] = tuple(phase.role for phase in chain)
    tasks = {task.name: task for task in chosen.intermediates.values()}
    again = [(one, tasks[one.part.name]) for one in recalls(routes, study.forgetting)]
    return StudySteps(
        scores=scores,
        trainings=trainings,
        training_names=names,
        training_roles=roles,
        trims=lowering.trims(routes, study.keep),
        recalls=tuple((one, lowering.recall(one, task, study.take.test)) for one, task in again),
    )
