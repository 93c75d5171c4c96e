"""Routes to steps: the steps that make the score of every route of a study, and what each of them stands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from xstilts.engine.step import Step
from xstilts.pipeline.build import StepBuilder
from xstilts.pipeline.study_steps import RouteChoice, RouteTraining, StressedScore, StudySteps, SweptScore
from xstilts.study.availability import LocatedStudy
from xstilts.study.expand import Route, phase_name
from xstilts.study.forgetting import forgetting_probes
from xstilts.study.hyperparameters import max_length
from xstilts.study.phase import Phase, SettingChoice
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import SweepPoint
from xstilts.study.strategies import Start
from xstilts.study.stress import StressCondition


def build_steps(study: Study, resolved: LocatedStudy, routes: list[Route], builder: StepBuilder) -> StudySteps:
    """Return the steps of all routes; routes that share a phase share its step."""
    scores, trainings, swept, stressed, choices = {}, {}, {}, {}, {}
    for route in routes:
        key = (route.arm, route.target, route.seed)
        made = _RouteScores(study, resolved, route, builder)
        scores[key] = made.score(route.end)
        trainings[key] = _trainings(builder, route.trainings)
        swept[key] = tuple(
            SweptScore(point, made.score(end, point), _trainings(builder, route.only_swept(end)))
            for point, end in route.swept
        )
        choices[key] = tuple(_choice(builder, *choice, route.seed) for choice in route.choices)
        stressed[key] = tuple(map(made.stressed, resolved.perturbed.stress.get(route.target, ())))
    tasks = {task.name: task for task in resolved.intermediates.values()}
    probes = forgetting_probes([route for route in routes if not route.is_open], study.forgetting)
    return StudySteps(
        scores=scores,
        trainings=trainings,
        weights=builder.kept_weights(study, routes),
        forgetting_probes=tuple(
            (probe, builder.recall(probe, tasks[probe.part.name], study.take.test)) for probe in probes
        ),
        swept={key: of_route for key, of_route in swept.items() if of_route},
        stressed={key: of_route for key, of_route in stressed.items() if of_route},
        choices={key: of_route for key, of_route in choices.items() if of_route},
    )


def _choice(builder: StepBuilder, choice: SettingChoice, chosen: int | None, seed: int) -> RouteChoice:
    phase = choice.with_seed(seed)[0]
    return RouteChoice(builder.choose(choice, seed), phase_name(phase), phase.role, chosen)


def _trainings(builder: StepBuilder, chain: Iterable[Phase]) -> tuple[RouteTraining, ...]:
    return tuple(RouteTraining(builder.train(phase), phase_name(phase), phase.role) for phase in chain)


@dataclass(frozen=True)
class _RouteScores:
    """Makes the score steps of one route: of what it ends with, and of its target's sweep."""

    study: Study
    located: LocatedStudy
    route: Route
    builder: StepBuilder

    def score(self, end: Start, point: SweepPoint | None = None) -> Step:
        """The score of a checkpoint, with the values of `point`, else with the reported ones."""
        task, sweep = self.located.targets[self.route.target], self.located.sweeps.get(self.route.target)
        missing = self.located.missing_languages.get(self.route.target, {})
        length = max_length(self.study, task.name, task.kind)
        translations = self.located.translated_tests(self.route.arm, self.route.target)
        score = partial(self.builder.score, translations=translations)
        if sweep is None:
            return score(end, task, length, missing, self.route.languages)
        point = point or sweep.reported
        task, kinds = task.replace(kind=point.kind), sweep.one_pass(point.kind)
        return score(end, task, length, missing, self.route.languages, kinds, point.title)

    def stressed(self, condition: StressCondition) -> StressedScore:
        """The score of the route's end on perturbed inputs, with the reported values of a sweep."""
        task, sweep = self.located.targets[self.route.target], self.located.sweeps.get(self.route.target)
        lacking = condition.not_applicable(task)
        missing = {
            **{language: f"not applicable: {reason}" for language, reason in lacking.items()},
            **self.located.missing_languages.get(self.route.target, {}),
        }
        if len(missing) == len(task.test):
            return StressedScore(condition, None, lacking)
        task = task.replace(kind=sweep.reported.kind) if sweep else task
        length = max_length(self.study, task.name, task.kind)
        step = self.builder.score(self.route.end, task, length, missing, self.route.languages, stress=condition)
        return StressedScore(condition, step, lacking)
