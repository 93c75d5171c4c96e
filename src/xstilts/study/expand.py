"""Expand a study into routes: for each arm, target and seed the phase whose checkpoint is evaluated.

Phases are values, so work that routes share is one value and is trained once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xstilts.core.canonical import identity_name
from xstilts.core.errors import StudyError
from xstilts.core.settings.sampling import Sampling
from xstilts.study.arms import ArmSpec
from xstilts.study.availability import LocatedStudy
from xstilts.study.hyperparameters import max_length, recipe
from xstilts.study.language_adapters import RouteLanguages, route_languages
from xstilts.study.merging import composition
from xstilts.study.phase import (
    EncoderRef,
    Frozen,
    Full,
    MergedCheckpoint,
    MixtureTask,
    Phase,
    Start,
    Tune,
    adapter_tasks,
)
from xstilts.study.schema import Study
from xstilts.study.strategies import RouteParts, Stage
from xstilts.study.translation import translations
from xstilts.study.tune import tuning, with_task_names
from xstilts.tasks.base import Task, TrainingView


@dataclass(frozen=True, kw_only=True)
class Route:
    arm: str
    target: str
    seed: int
    end: Start
    # test language -> the phase whose language adapter takes the place of the training language's
    languages: tuple[tuple[str, Phase], ...] = ()

    @property
    def trainings(self) -> tuple[Phase, ...]:
        """All that the route's predictions stand on; the phase before them comes last."""
        return *(phase for _, phase in self.languages), *phases(self.end)


def phases(end: Start) -> Iterator[Phase]:
    """The phases of a route, first to last; those that are joined in their order."""
    if isinstance(end, MergedCheckpoint):
        for part in end.parts:
            yield from phases(part)
    if isinstance(end, Phase):
        yield from phases(end.start)
        yield end


def phase_name(phase: Phase) -> str:
    """What one phase trains: "mnli + mnli[de] + squad1"."""
    return " + ".join(part.label for part in phase.mix)


def route_name(end: Start) -> str:
    """What a route trains up to here: "mnli + squad1 → xnli", "ties(mnli, squad1) → xnli"; "" for the encoder."""
    if isinstance(end, MergedCheckpoint):
        return f"{identity_name(type(end.how)).lower()}({', '.join(route_name(part) for part in end.parts)})"
    if isinstance(end, Phase):
        return " → ".join(filter(None, (route_name(end.start), phase_name(end))))
    return ""


def end_name(end: Start) -> str:
    """What a checkpoint is called in plans and records: "mnli → xnli · seed 1"."""
    if isinstance(end, EncoderRef):
        return "the encoder"
    return f"{route_name(end)} · seed {end.seed if isinstance(end, Phase) else end.parts[0].seed}"


def before_target(end: Start) -> str:
    """What a route trains before its target; "" where nothing."""
    if isinstance(end, Phase) and end.role not in ("language", "intermediate"):
        return route_name(end.start)
    return route_name(end)


def expand(located: LocatedStudy, encoder: EncoderRef, precision: str) -> list[Route]:
    """List the routes of all arms, targets and seeds that can run, in the order of the study."""
    study = located.study
    routes = []
    for seed in study.seeds:
        for arm_name, arm in study.arms.items():
            if arm_name in located.missing_arms:
                continue
            for target in study.targets:
                if target in located.missing_targets:
                    continue
                builder = _Builder(study, arm, seed, precision)
                routes.append(builder.route(arm_name, located, encoder, target))
    return routes


@dataclass(frozen=True)
class _Builder:
    """Builds the phases of one arm at one seed."""

    study: Study
    arm: ArmSpec
    seed: int
    precision: str

    def route(self, name: str, located: LocatedStudy, encoder: EncoderRef, target: str) -> Route:
        if self.arm.language_adapters is None:
            return Route(arm=name, target=target, seed=self.seed, end=self.end(located, encoder, target))
        texts, found = located.adapter_texts[name], languages_of_route(self.arm, located, target)
        own = self.language(encoder, texts[found.own])
        others = [(code, self.language(encoder, texts[code])) for code in found.others if code in texts]
        end = self.end(located, own, target)
        return Route(arm=name, target=target, seed=self.seed, end=end, languages=tuple(others))

    def language(self, encoder: EncoderRef, text: Task) -> Phase:
        """The phase that trains one language adapter, which arms with the same numbers share."""
        assert text.train is not None
        part = replace(self.part(text, None), language=text.train.language)
        return Phase(
            start=encoder,
            mix=(part,),
            recipe=recipe(self.study, self.arm, "language", (text.name,), self.precision),
            seed=self.seed,
            tune=tuning(self.arm.tuned("language")),
            role="language",
        )

    def end(self, located: LocatedStudy, encoder: Start, target: str) -> Start:
        take = self.arm.take or self.study.take.intermediate
        # Two tasks of a stage may have the same substitute: it counts once.
        through = tuple(
            tuple(dict.fromkeys(part for name in stage for part in self.parts(located.intermediates[name], take)))
            for stage in stages(self.arm)
        )
        beside = self.masked(located)
        task = located.finetuned_on(target)
        last = None if task.fit is None else self.part(task, self.study.take.target)

        def phase(start: Start, mix: Stage, role: str) -> Phase:
            return self.phase(start, mix, role, beside if role != "target" else ())

        merge = composition(self.arm.join) if self.arm.join else None
        return self.arm.way.run(RouteParts(start=encoder, stages=through, target=last, build=phase, merge=merge))

    def masked(self, located: LocatedStudy) -> Stage:
        """The texts of the arm's `mlm`, which share its ratio equally."""
        spec = self.arm.mlm
        if spec is None:
            return ()
        parts = []
        for name in spec.text:
            task = located.intermediates[name]
            part = self.part(in_languages(task, spec.languages), None)
            parts.append(replace(part, extra_update_ratio=spec.ratio / len(spec.text)))
        return tuple(parts)

    def parts(self, task: Task, take: int | None) -> Stage:
        """A task, and its translations where the arm has them. The first part steers selection for all."""
        own, spec = self.part(task, take), self.arm.translated
        if spec is None:
            return (own,)
        made = [
            replace(own, fit=fit, language=language)
            for language, fit in sorted(translations(task, own.fit, spec, take).items())
        ]
        first, *others = [own, *made] if spec.original else made
        return (first, *(replace(part, is_auxiliary=True) for part in others))

    def part(self, task: Task, take: int | None) -> MixtureTask:
        fit = task.fit
        if fit is None:
            raise StudyError(f"The task '{task.name}' has no training data, so nothing can be trained on it.")
        length = max_length(self.study, task.name, task.kind)
        return MixtureTask(fit=limit_training(fit, take), max_length=length, name=task.name)

    def phase(self, start: Start, mix: Stage, role: str, beside: Stage) -> Phase:
        names = tuple(part.name for part in mix if not part.is_auxiliary)
        tasks = (
            mix
            if role == "joint"
            else tuple(sorted(mix, key=lambda part: (part.name, part.is_auxiliary, part.language)))
        )
        leading = tuple(i for i, part in enumerate(tasks) if not part.is_auxiliary)
        steering = (len(mix) - 1,) if role == "joint" else leading
        made = Phase(
            start=start,
            mix=(*tasks, *beside),
            recipe=recipe(self.study, self.arm, role, names, self.precision),
            seed=self.seed,
            sampling=self.arm.sampling if len(mix) > 1 else Sampling(),
            tune=stack_over_language_adapter(
                start, with_task_names(self.tune(start, role), (part.name for part in (*tasks, *beside)))
            ),
            keep_head=self.arm.keep_head,
            selecting_tasks=() if len(steering) == len(tasks) and not beside else steering,
            role=role,
        )
        known = adapter_tasks(made)
        mix = tuple(replace(part, task=part.name) if part.name in known else part for part in made.mix)
        return replace(made, mix=mix) if known else made

    def tune(self, start: Start, role: str) -> Tune:
        """What a phase trains. Beside heads alone the attention of a fresh fusion, which has learnt nothing yet."""
        tune = tuning(self.arm.tuned(role))
        fusion = start.fusion if isinstance(start, MergedCheckpoint) and isinstance(tune, Frozen) else None
        return fusion or tune


def languages_of_route(arm: ArmSpec, located: LocatedStudy, target: str) -> RouteLanguages:
    """The languages of an arm's route to a target, those without a test file here left out."""
    through = [located.intermediates[name] for stage in stages(arm) for name in stage]
    task = located.targets[target]
    return route_languages(through, located.finetuned_on(target), task, located.missing_languages.get(target, {}))


def stack_over_language_adapter(start: Start, tune: Tune) -> Tune:
    """The first adapter over a language adapter is a new one, even where their settings are equal."""
    below = [phase for phase in phases(start) if not isinstance(phase.tune, Frozen)]
    if isinstance(tune, Full | Frozen) or not below or below[-1].role != "language":
        return tune
    return replace(tune, stack=True)


def stages(arm: ArmSpec) -> tuple[tuple[str, ...], ...]:
    """`through` with every stage as a tuple of task names."""
    return tuple((stage,) if isinstance(stage, str) else tuple(stage) for stage in arm.through)


def in_languages(task: Task, languages: Sequence[str] | None) -> Task:
    """A task of text in some of its languages. Raises DataError where it has none of them."""
    return task if languages is None or task.train is None else task.replace(train=task.train.only_languages(languages))


def limit_training(fit: TrainingView, take: int | None) -> TrainingView:
    """The first `take` training examples of a seeded order; the dev set is left whole."""
    return fit if take is None else replace(fit, train=fit.train.subsample(take))


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """How many trainings the study needs, and how many a run without sharing would do."""

    trainings: int
    naive: int


def sharing(routes: list[Route]) -> Sharing:
    naive = sum(len(route.trainings) for route in routes)
    distinct: set[Phase] = set()
    for route in routes:
        distinct.update(route.trainings)
    return Sharing(trainings=len(distinct), naive=naive)
