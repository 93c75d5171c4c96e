"""Expand a study into routes: for each arm, target and seed the phase whose checkpoint is evaluated.

Phases are values, so work that routes share is one value and is trained once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xstilts.core.canonical import identity_name
from xstilts.core.errors import StudyError
from xstilts.core.made_once import MadeOnce
from xstilts.core.settings.sampling import PROPORTIONAL
from xstilts.core.settings.training import Recipe
from xstilts.core.settings.tuning import FROZEN, Tune
from xstilts.study.arms import ArmSpec
from xstilts.study.availability import LocatedStudy
from xstilts.study.hyperparameters import max_length, recipe, recipes
from xstilts.study.language_adapters import RouteLanguages, route_languages
from xstilts.study.merging import composition
from xstilts.study.phase import (
    EncoderRef,
    MergedCheckpoint,
    MixtureTask,
    Phase,
    PublishedAdapter,
    SettingChoice,
    Start,
    adapter_tasks,
    with_seed,
)
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import SweepPoint
from xstilts.study.sizes import number_of
from xstilts.study.strategies import RouteParts, Stage
from xstilts.study.training_lists import Setting, setting_title
from xstilts.study.translation import translations
from xstilts.study.tune import tuning, with_task_names
from xstilts.tasks.augmentation import Augmentation
from xstilts.tasks.base import Task, TrainingView

Decided = Callable[[SettingChoice], int | None]  # which setting was chosen; None: none yet


@dataclass(frozen=True, kw_only=True)
class Route:
    arm: str
    target: str
    seed: int
    end: Start
    # test language -> the phase whose language adapter takes the place of the training language's
    languages: tuple[tuple[str, Phase], ...] = ()
    # the other values of the target's sweep, and what is evaluated with each
    swept: tuple[tuple[SweepPoint, Start], ...] = ()
    # where a training has several settings: what is chosen among, first to last, and which one is, once that is known
    choices: tuple[tuple[SettingChoice, int | None], ...] = ()

    @property
    def is_open(self) -> bool:
        """Says whether something that its score stands on is still to be chosen."""
        return any(chosen is None for _, chosen in self.choices)

    @property
    def trainings(self) -> tuple[Phase, ...]:
        """All that the route's predictions stand on; the phase before them comes last."""
        return *(phase for _, phase in self.languages), *phases(self.end)

    @property
    def passed_over(self) -> tuple[Phase, ...]:
        """The trainings of this seed with settings that are not chosen."""
        settled = [choice.with_seed(self.seed) for choice, chosen in self.choices if chosen is not None]
        used = {*self.trainings, *(phase for end in self.ends for phase in phases(end))}
        return tuple(dict.fromkeys(phase for candidates in settled for phase in candidates if phase not in used))

    @property
    def candidates(self) -> tuple[Phase, ...]:
        """The trainings of this seed of which one is still to be chosen: the weights of all are waited for."""
        return tuple(
            phase for choice, chosen in self.choices if chosen is None for phase in choice.with_seed(self.seed)
        )

    @property
    def ends(self) -> tuple[Start, ...]:
        """What is evaluated, with the reported values first."""
        return self.end, *(end for _, end in self.swept)

    def only_swept(self, end: Start) -> tuple[Phase, ...]:
        """The phases of an end of the sweep that the route itself has not."""
        own = set(self.trainings)
        return tuple(phase for phase in phases(end) if phase not in own)


def phases(end: Start) -> Iterator[Phase]:
    """The phases of a route, first to last; those that are joined in their order, all candidates of an open choice."""
    if isinstance(end, MergedCheckpoint):
        for part in end.parts:
            yield from phases(part)
    if isinstance(end, Phase):
        yield from phases(end.start)
        yield from end.choice.with_seed(end.seed) if end.choice else (end,)


def phase_name(phase: Phase) -> str:
    """Name what one phase trains: "mnli + mnli[de] + squad1"."""
    return " + ".join(part.label for part in phase.mix)


def route_name(end: Start) -> str:
    """Name what a route trains up to here: "mnli + squad1 → xnli", "ties(mnli, squad1) → xnli", "adapter me/lora →
    xnli"; "" for the encoder."""
    if isinstance(end, MergedCheckpoint):
        return f"{identity_name(type(end.how)).lower()}({', '.join(route_name(part) for part in end.parts)})"
    if isinstance(end, Phase):
        return " → ".join(filter(None, (route_name(end.start), phase_name(end))))
    return f"adapter {end.name}" if isinstance(end, PublishedAdapter) else ""


def end_name(end: Start) -> str:
    """Name a checkpoint as plans and records do: "mnli → xnli · seed 1"."""
    if isinstance(end, EncoderRef):
        return "the encoder"
    if isinstance(end, PublishedAdapter):
        return f"the {route_name(end)}"
    if isinstance(end, MergedCheckpoint):
        return f"{route_name(end)} · seed {end.parts[0].seed}"
    return " · ".join(filter(None, (route_name(end), end.setting, f"seed {end.seed}")))


def before_target(end: Start) -> str:
    """Name what a route trains before its target; "" where nothing."""
    if isinstance(end, Phase) and end.role not in ("language", "intermediate"):
        return route_name(end.start)
    return route_name(end)


def expand(
    located: LocatedStudy,
    encoder: EncoderRef,
    precision: str,
    starts: Mapping[str, PublishedAdapter] | None = None,
    decided: Decided = lambda choice: None,
) -> list[Route]:
    """List the routes of all arms, targets and seeds that can run, in the order of the study. `starts`: of the arms
    that start from a published adapter, by name. `decided`: which setting was chosen, None where none was yet."""
    study, starts, made = located.study, starts or {}, _Made()
    routes = []
    for seed in study.seeds:
        for arm_name, arm in study.arms.items():
            if arm_name in located.missing_arms:
                continue
            for target in study.targets:
                if target in located.missing_targets:
                    continue
                perturbed = located.perturbed
                builder = _Builder(
                    study,
                    arm,
                    seed,
                    precision,
                    made,
                    perturbed.augmentations.get(arm_name),
                    perturbed.target_augmentations.get(arm_name),
                    decided,
                )
                route = builder.route(arm_name, located, encoder, target, starts.get(arm_name))
                routes.append(replace(route, choices=tuple(builder.choices.items())))
    return routes


@dataclass(frozen=True)
class _Made:
    """What the arms of a study share, each once: a study of many arms trains on few tasks, by few recipes."""

    parts: MadeOnce[MixtureTask] = field(default_factory=MadeOnce)
    settings: MadeOnce[Mapping[Setting, Recipe]] = field(default_factory=MadeOnce)
    phases: dict[Hashable, Phase] = field(default_factory=dict)

    def phase(self, made: Phase) -> Phase:
        """Return the very same object for the same phase, which whoever asks for it knows at once. Its role and the
        names in it are for people and no part of what it is equal to, but belong to the same phase here."""
        own = (made.role, made.setting, id(made.start), *map(id, made.mix))
        return self.phases.setdefault((made, own), made)


@dataclass(frozen=True)
class _Builder:
    """Builds the phases of one arm at one seed."""

    study: Study
    arm: ArmSpec
    seed: int
    precision: str
    made: _Made
    augmentation: Augmentation | None = None  # of the rows of intermediate tasks
    target_augmentation: Augmentation | None = None  # of the target's
    decided: Decided = lambda choice: None
    choices: dict[SettingChoice, int | None] = field(default_factory=dict)  # those that the route came by

    def route(
        self, name: str, located: LocatedStudy, encoder: EncoderRef, target: str, adapter: PublishedAdapter | None
    ) -> Route:
        if self.arm.language_adapters is None:
            return self.route_from(adapter or encoder, name, located, target)
        texts, languages = located.adapter_texts[name], languages_of_route(self.arm, located, target)
        start = self.language(encoder, texts[languages.training_language])
        others = [(code, self.language(encoder, texts[code])) for code in languages.others if code in texts]
        return replace(self.route_from(start, name, located, target), languages=tuple(others))

    def route_from(self, start: Start, name: str, located: LocatedStudy, target: str) -> Route:
        """The route to a target, with one more end for each other value of its sweep. Nothing is trained for a value of
        what is scored after another task, or as it stands."""
        task, sweep = located.finetuned_on(target), located.sweeps.get(target)
        end = self.end(located, start, task)
        is_trained = target not in located.finetuning_tasks and task.fit is not None
        swept = tuple(
            (point, self.end(located, start, task.replace(kind=point.kind)) if is_trained else end)
            for point in (sweep.others if sweep else ())
        )
        return Route(arm=name, target=target, seed=self.seed, end=end, swept=swept)

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

    def end(self, located: LocatedStudy, start: Start, task: Task) -> Start:
        """What is evaluated of a route that is fine-tuned on `task`."""
        take = number_of(self.arm.take or self.study.take.intermediate)
        # Two tasks of a stage may have the same substitute: it counts once.
        through = tuple(
            tuple(dict.fromkeys(part for name in stage for part in self.parts(located.intermediates[name], take)))
            for stage in stages(self.arm)
        )
        texts = self.masked(located)
        last = None
        if task.fit is not None:
            last = self.part(task, number_of(self.arm.take_target or self.study.take.target), self.target_augmentation)

        def phase(start: Start, mix: Stage, role: str) -> Phase:
            return self.phase(start, mix, role, texts if role != "target" else ())

        merge = composition(self.arm.join) if self.arm.join else None
        return self.arm.way.run(RouteParts(start=start, stages=through, target=last, build=phase, merge=merge))

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
        original, spec = self.part(task, take, self.augmentation), self.arm.translated
        if spec is None:
            return (original,)
        translated = [
            replace(original, fit=fit, language=language)
            for language, fit in sorted(translations(task, original.fit, spec, take).items())
        ]
        first, *others = [original, *translated] if spec.original else translated
        return (first, *(replace(part, is_auxiliary=True) for part in others))

    def part(self, task: Task, take: int | None, augmentation: Augmentation | None = None) -> MixtureTask:
        return self.made.parts.of(lambda: self._part(task, take, augmentation), task, augmentation, values=take)

    def _part(self, task: Task, take: int | None, augmentation: Augmentation | None) -> MixtureTask:
        fit = task.fit
        if fit is None:
            raise StudyError(f"The task '{task.name}' has no training data, so nothing can be trained on it.")
        length = max_length(self.study, task.name, task.kind)
        fit = replace(limit_training(fit, take), augmentation=augmentation)
        return MixtureTask(fit=fit, max_length=length, name=task.name)

    def phase(self, start: Start, mix: Stage, role: str, texts: Stage) -> Phase:
        """Build one phase of a mixture, with the texts of the arm's `mlm` on top of its tasks."""
        names = tuple(part.name for part in mix if not part.is_auxiliary)
        # A joint phase keeps the target last; in others the order in which tasks are written is no identity.
        tasks = mix if role == "joint" else _by_name(mix)
        tune = with_task_names(self.tune(start, role, mix), (part.name for part in (*tasks, *texts)))
        settings = self.made.settings.of(
            lambda: recipes(self.study, self.arm, role, names, self.precision), self.arm, values=(role, names)
        )
        leading = tuple(i for i, part in enumerate(tasks) if not part.is_auxiliary)
        steering = (len(mix) - 1,) if role == "joint" else leading
        phase = Phase(
            start=start,
            mix=(*tasks, *texts),
            recipe=next(iter(settings.values())),
            seed=self.seed,
            sampling=self.arm.sampling if len(mix) > 1 else PROPORTIONAL,
            tune=stack_over_language_adapter(start, tune),
            keep_head=self.arm.keep_head,
            selecting_tasks=() if len(steering) == len(tasks) and not texts else steering,
            role=role,
        )
        told_apart = adapter_tasks(phase)
        mix = tuple(replace(part, task=part.name) if part.name in told_apart else part for part in phase.mix)
        return self.made.phase(self.chosen(replace(phase, mix=mix) if told_apart else phase, settings))

    def chosen(self, phase: Phase, settings: Mapping[Setting, Recipe]) -> Phase:
        """The phase with the setting that dev sets choose, in the mean over the seeds; one that stands for it while it
        is not known."""
        if len(settings) == 1:
            return phase
        candidates = [replace(phase, recipe=one, setting=setting_title(setting)) for setting, one in settings.items()]
        choice = SettingChoice(
            settings=tuple(settings),
            candidates=tuple(tuple(with_seed(one, seed) for seed in self.study.seeds) for one in candidates),
        )
        self.choices[choice] = number = self.decided(choice)
        return replace(phase, choice=choice) if number is None else candidates[number]

    def tune(self, start: Start, role: str, mix: Stage) -> Tune:
        """Return what a phase trains: of a target that is a probe heads alone, whatever the arm says; with heads alone
        also the attention of a fresh fusion, still untrained."""
        is_probe = role == "target" and all(part.fit.kind.is_probe for part in mix)
        tune = FROZEN if is_probe else tuning(self.arm.tuned(role))
        fusion = start.fusion if isinstance(start, MergedCheckpoint) and tune == FROZEN else None
        return fusion or tune


def _by_name(mix: Stage) -> Stage:
    """Sort the tasks of a mixture by name, each with its translations behind it."""
    return tuple(sorted(mix, key=lambda part: (part.name, part.is_auxiliary, part.language)))


def languages_of_route(arm: ArmSpec, located: LocatedStudy, target: str) -> RouteLanguages:
    """The languages of an arm's route to a target, those without a test file here left out."""
    through = [located.intermediates[name] for stage in stages(arm) for name in stage]
    task = located.targets[target]
    return route_languages(through, located.finetuned_on(target), task, located.missing_languages.get(target, {}))


def stack_over_language_adapter(start: Start, tune: Tune) -> Tune:
    """Make the first adapter over a language adapter a new one, even where their settings are equal."""
    trained = [phase for phase in phases(start) if phase.tune != FROZEN]
    if isinstance(tune, str) or not trained or trained[-1].role != "language":
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
    """The number of trainings that a study needs, and that a run without sharing would do."""

    trainings: int
    naive: int


def sharing(routes: list[Route]) -> Sharing:
    chains = [
        (route.trainings, *(route.only_swept(end) for _, end in route.swept), route.passed_over) for route in routes
    ]
    distinct = {phase for of_route in chains for chain in of_route for phase in chain}
    naive = sum(len(chain) for of_route in chains for chain in of_route)
    return Sharing(trainings=len(distinct), naive=naive)
