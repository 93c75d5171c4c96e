"""The part of the run graph that trains: rows to prepare and to translate, phases to train, checkpoints to merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple

from xstilts.core.made_once import MadeOnce
from xstilts.data.locate import Roots
from xstilts.data.read import ResolvedSource, resolve_source
from xstilts.data.source import MachineTranslation, Source
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.kinds.base import Kind
from xstilts.models.encoders import LocatedEncoder
from xstilts.models.peft_adapters import LocatedAdapter
from xstilts.models.translators import LocatedTranslator
from xstilts.perturb.base import Perturbation
from xstilts.pipeline.steps.attach import attach_step
from xstilts.pipeline.steps.base import BASE, ENCODER, EncoderAt
from xstilts.pipeline.steps.choose import ChooseSettings, candidate, choose_step, read_choice
from xstilts.pipeline.steps.merge import MergeSettings, merge_step
from xstilts.pipeline.steps.prepare import RELEVANCE, TRANSLATION, PrepareSettings, prepare_step
from xstilts.pipeline.steps.relevance import RelevanceSettings, relevance_step
from xstilts.pipeline.steps.train import (
    START,
    TrainPart,
    TrainSettings,
    dev_rows,
    perturbed_rows,
    train_rows,
    train_step,
)
from xstilts.pipeline.steps.translate import TranslateSettings, translate_step
from xstilts.study.expand import end_name, phase_name, route_name
from xstilts.study.phase import (
    EncoderRef,
    MergedCheckpoint,
    MixtureTask,
    Phase,
    PublishedAdapter,
    SettingChoice,
    encoder_checkpoint,
    holds_encoder,
)
from xstilts.study.strategies import Start
from xstilts.tasks.augmentation import Augmentation


class _PartSteps(NamedTuple):
    """What all trainings on one part of a mixture share: the steps that prepare its rows, and its settings."""

    rows: Mapping[str, Step]
    settings: TrainPart


@dataclass
class TrainingSteps:
    """Remembers what it has built, so that equal values become one step. `resolver` finds the files of a source."""

    roots: Roots
    encoder: LocatedEncoder
    precision: str
    translators: Mapping[str, LocatedTranslator] = field(default_factory=dict)  # by the names the study calls them
    adapters: Mapping[str, LocatedAdapter] = field(default_factory=dict)  # by their identities
    resolver: Callable[[Source, Roots], ResolvedSource] = resolve_source  # for a plan: `expected`
    _prepared: dict[str, Step] = field(default_factory=dict)
    _trained: dict[Phase, Step] = field(default_factory=dict)
    _merged: dict[MergedCheckpoint, Step] = field(default_factory=dict)
    _resolved: dict[Source, ResolvedSource] = field(default_factory=dict)
    _of_parts: MadeOnce[_PartSteps] = field(default_factory=MadeOnce)

    def resolve(self, source: Source) -> ResolvedSource:
        """The source as its files are here, their content as identity, without views."""
        plain = replace(source, views=(), translation=None)
        if plain not in self._resolved:
            self._resolved[plain] = self.resolver(plain, self.roots)
        return self._resolved[plain]

    def chosen(self, source: Source) -> ResolvedSource:
        """The rows of a source that its views choose, to be perturbed as they are read, or translated."""
        return replace(self.resolve(source), views=source.views)

    def encoder_at(self) -> EncoderAt:
        return self._encoder_at

    @cached_property
    def _encoder_at(self) -> EncoderAt:
        return EncoderAt(identity=self.encoder.ref.identity, folder=self.encoder.folder)

    def encoder_input(self) -> dict[str, Step]:
        return {ENCODER: self.encoder.step} if self.encoder.step else {}

    def prepare(
        self,
        source: Source,
        kind: Kind,
        length: int,
        *,
        task: str,
        use: str,
        label: str,
        perturbation: Perturbation | None = None,
        augmentation: Augmentation | None = None,
    ) -> Step:
        """The rows of a source, whatever its views choose; perturbed ones are those that they choose alone."""
        inputs = self.encoder_input()
        settings = PrepareSettings(
            source=self.chosen(source) if perturbation or augmentation else self.resolve(source),
            kind=kind.as_encoded,
            max_length=length,
            encoder=self.encoder_at(),
            perturbation=perturbation,
            augmentation=augmentation,
        )
        if source.translation is not None:
            translation = self.translate(source, source.translation, task, use, label)
            inputs[TRANSLATION] = translation
            settings = replace(settings, source=translation.settings.source, translated=source.translation.language)
        if augmentation is not None and augmentation.preference:
            inputs[RELEVANCE] = self.relevance(source, augmentation, length, task)
        step = prepare_step(settings, inputs, task=task, use=use, label=label)
        return self._prepared.setdefault(step.id, step)

    def relevance(self, source: Source, augmentation: Augmentation, length: int, task: str) -> Step:
        """How relevant the words of perturbed rows are: the same for all stages, noises, arms and seeds."""
        settings = RelevanceSettings(
            source=self.chosen(source),
            share=augmentation.share,
            seed=augmentation.seed,
            max_length=length,
            encoder=self.encoder_at(),
            precision=self.precision,
        )
        step = relevance_step(settings, self.encoder_input(), task=task, label=f"{task} words")
        return self._prepared.setdefault(step.id, step)

    def translate(self, source: Source, translation: MachineTranslation, task: str, use: str, label: str) -> Step:
        """The rows that the views of `source` choose, through a translation model."""
        model = self.translators[translation.model]
        settings = TranslateSettings(
            source=self.chosen(source),
            language=translation.language,
            model=model.identity,
            beams=translation.beams,
            every_row=use == "test",
            folder=model.folder,
        )
        return translate_step(settings, task=task, use=use, label=f"{label} by {model.name}")

    def checkpoint(self, checkpoint: Phase | MergedCheckpoint | PublishedAdapter) -> Step:
        match checkpoint:
            case Phase():
                return self.train(checkpoint)
            case MergedCheckpoint():
                return self.merge(checkpoint)
        return self.attach(checkpoint)

    def attach(self, adapter: PublishedAdapter) -> Step:
        """The checkpoint of a published adapter over the pretrained encoder."""
        return attach_step(self.adapters[adapter.identity], self.encoder_at(), self.encoder_input())

    def train(self, phase: Phase) -> Step:
        """The training of a phase; of one that stands for an open choice the step that chooses."""
        if phase.choice is not None:
            return self.choose(phase.choice, phase.seed)
        if phase not in self._trained:
            self._trained[phase] = self._train(phase)
        return self._trained[phase]

    def choose(self, choice: SettingChoice, seed: int) -> Step:
        """The choice of a setting, as it is made for the checkpoint of one seed: from the trainings of all seeds."""
        first = choice.with_seed(seed)[0]
        trainings: dict[str, Step] = {}
        for number, seeds in enumerate(choice.candidates):
            trainings |= {candidate(number, phase.seed): self.train(phase) for phase in seeds}
        settings = ChooseSettings(
            settings=choice.settings, seeds=tuple(phase.seed for phase in choice.candidates[0]), seed=seed
        )
        label = f"{len(choice.settings)} settings of {end_name(replace(first, setting=''))}"
        return choose_step(settings, trainings, task=phase_name(first), label=label)

    def decided(self, store: Store) -> Callable[[SettingChoice], int | None]:
        """Return what says which setting of a choice was chosen, as the store has it; None where it was not yet. What
        was chosen for the first seed holds for all."""

        def chosen(choice: SettingChoice) -> int | None:
            step = self.choose(choice, choice.candidates[0][0].seed)
            return int(read_choice(store.path(step))["chosen"]) if store.is_sound(step) else None

        return chosen

    def _train(self, phase: Phase) -> Step:
        starts_fresh = isinstance(phase.start, EncoderRef)
        inputs = self.encoder_input() if isinstance(phase.start, EncoderRef) else {START: self.checkpoint(phase.start)}
        base_at, base_input = self.adapter_base(phase.start)
        inputs |= base_input
        parts = [
            self._of_parts.of(partial(self._part_steps, i, part), part, values=i) for i, part in enumerate(phase.mix)
        ]
        for part in parts:
            inputs |= part.rows
        settings = TrainSettings(
            parts=tuple(part.settings for part in parts),
            **phase.training_fields(),
            encoder=self.encoder_at() if starts_fresh else None,
            base=base_at,
        )
        return train_step(settings, inputs, task=phase_name(phase), role=phase.role, label=end_name(phase))

    def _part_steps(self, i: int, part: MixtureTask) -> _PartSteps:
        rows = {**self._prepare_train(i, part), dev_rows(i): self._prepare_dev(part)}
        return _PartSteps(rows, self._train_part(part))

    def _prepare_train(self, i: int, part: MixtureTask) -> dict[str, Step]:
        """The rows that are trained on, by the names of the inputs that they are."""
        augmentation = part.fit.augmentation
        if augmentation is None or not augmentation.stands_beside:
            return {train_rows(i): self._prepare_rows(part, f"{part.label} train", augmentation)}
        rows = {train_rows(i): self._prepare_rows(part, f"{part.name} train", None)}
        for stage, view in enumerate(augmentation.views):
            number = f" {stage + 1}/{augmentation.stages}" if augmentation.stages > 1 else ""
            rows[perturbed_rows(i, stage)] = self._prepare_rows(part, f"{part.label} train{number}", view)
        return rows

    def _prepare_rows(self, part: MixtureTask, label: str, augmentation: Augmentation | None) -> Step:
        fit, length = part.fit, part.max_length
        return self.prepare(
            fit.train, fit.kind, length, task=part.name, use="train", label=label, augmentation=augmentation
        )

    def _prepare_dev(self, part: MixtureTask) -> Step:
        fit = part.fit
        dev = fit.train if fit.dev is None else fit.dev
        name = part.label if part.language == dev.language else part.name  # a translation has the original's dev set
        return self.prepare(dev, fit.kind, part.max_length, task=part.name, use="dev", label=f"{name} dev")

    def _train_part(self, part: MixtureTask) -> TrainPart:
        fit, augmentation = part.fit, part.fit.augmentation
        dev = fit.train if fit.dev is None else fit.dev
        beside = augmentation if augmentation is not None and augmentation.stands_beside else None
        return TrainPart(
            kind=fit.kind,
            select=fit.select,
            # a translation, or rows of which a share is perturbed, hold what they chose
            train_views=() if fit.train.translation or (augmentation and not beside) else fit.train.views,
            dev_views=dev.views,
            dev=self.resolve(dev),
            language=dev.language,
            version=fit.version,
            name=part.label,
            added=part.extra_update_ratio,
            apart=fit.exclude_dev_ids,
            task=part.task,
            training_version=fit.kind.training_version,
            stages=beside.stages if beside else 0,
            consistency=beside.consistency if beside else 0.0,
        )

    def merge(self, merged: MergedCheckpoint) -> Step:
        if merged not in self._merged:
            settings = MergeSettings(
                how=merged.how,
                parts=len(merged.parts),
                seed=merged.parts[0].seed,
                encoder=self.encoder_at(),
                adapters=not holds_encoder(merged),
            )
            parts = [self.train(part) for part in merged.parts]
            self._merged[merged] = merge_step(
                settings, parts, self.encoder_input(), task=route_name(merged), label=end_name(merged)
            )
        return self._merged[merged]

    def adapter_base(self, start: Start) -> tuple[EncoderAt | None, dict[str, Step]]:
        """The encoder below a checkpoint of adapters: the pretrained one, or the input "base". Nothing for others."""
        base = encoder_checkpoint(start)
        if base == start:
            return None, {}
        if not isinstance(base, EncoderRef):
            return None, {BASE: self.checkpoint(base)}
        return self.encoder_at(), {BASE: self.encoder.step} if self.encoder.step else {}
