"""The run graph of a recipe: its phases, and the rows, minings and start that they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xstilts.engine.step import Step
from xstilts.kinds.distillation import Distillation
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.translation import TranslationRanking
from xstilts.pretrain.recipe import EncoderShape, MineSpec, PartSpec, PhaseSpec, PretrainRecipe, StudentShape
from xstilts.pretrain.steps.base import Continued, Objective
from xstilts.pretrain.steps.mine import MineSettings, mine_step
from xstilts.pretrain.steps.phase import PhasePart, PhaseSettings, phase_step
from xstilts.pretrain.steps.rows import RowSettings, row_step
from xstilts.pretrain.steps.start import StartSettings, start_step
from xstilts.pretrain.steps.student import StudentSettings, student_step
from xstilts.pretrain.steps.teacher import TeacherSettings, teacher_step


@dataclass(frozen=True, kw_only=True)
class PretrainSteps:
    """The steps of a recipe: the corpus, the start (None where a folder is continued), the teacher (None where there is
    none), the phases in order."""

    corpus: Step
    start: Step | None
    phases: tuple[Step, ...]
    mined: tuple[Step, ...] = field(default=())
    teacher: Step | None = None

    @property
    def goals(self) -> tuple[Step, ...]:
        """The last phase: everything else is an input of it, near or far."""
        return self.phases[-1:]


def recipe_steps(recipe: PretrainRecipe, corpus: Step, continued: Continued | None) -> PretrainSteps:
    """Return the steps of a recipe. `continued` is given exactly where the recipe names an encoder: one to go on with,
    or a teacher."""
    start, teacher = continued.step if continued else None, None
    if isinstance(recipe.encoder, StudentShape):
        assert continued is not None
        teacher = _teacher(recipe, corpus, continued)
        start = student_step(StudentSettings(layers=recipe.encoder.layers), teacher)
    if isinstance(recipe.encoder, EncoderShape):
        settings = StartSettings(
            vocabulary=recipe.tokenizer.vocabulary,
            lines=recipe.tokenizer.lines,
            weight=dict(recipe.tokenizer.weight),
            shape=recipe.encoder,
            seed=recipe.seed,
        )
        start = start_step(settings, corpus)
    builder = _PhaseBuilder(recipe, corpus, start, continued, teacher)
    for phase in recipe.phases:
        builder.add(phase)
    return PretrainSteps(
        corpus=corpus, start=start, phases=tuple(builder.phases), mined=tuple(builder.mined), teacher=teacher
    )


def _teacher(recipe: PretrainRecipe, corpus: Step, encoder: Continued) -> Step:
    settings = TeacherSettings(
        vocabulary=recipe.tokenizer.vocabulary,
        lines=recipe.tokenizer.lines,
        weight=dict(recipe.tokenizer.weight),
        encoder="" if encoder.step else encoder.identity,
        folder=encoder.folder,
    )
    return teacher_step(settings, corpus, encoder)


class _PhaseBuilder:
    """Builds phases one after the other, each from the checkpoint of the one before."""

    def __init__(
        self,
        recipe: PretrainRecipe,
        corpus: Step,
        start: Step | None,
        continued: Continued | None,
        teacher: Step | None,
    ) -> None:
        self.recipe, self.corpus, self.start, self.continued = recipe, corpus, start, continued
        self.teacher = teacher
        self.phases: list[Step] = []
        self.mined: list[Step] = []

    def add(self, phase: PhaseSpec) -> None:
        if phase.mine:
            self.mined.append(self._mine(phase.mine, phase.name))
        before = self._latest
        settings = PhaseSettings(
            parts=tuple(_part(part) for part in phase.parts),
            recipe=phase.recipe,
            seed=self.recipe.seed if phase.seed is None else phase.seed,
            encoder="" if before else self._continued.identity,
            folder=None if before else self._continued.folder,
        )
        self.phases.append(
            phase_step(
                settings,
                rows=[self._rows(part, phase.max_length) for part in phase.parts],
                start=before,
                teacher=self.teacher,
                phase=phase.name,
                label=f"{phase.name}: {phase.updates} updates of {_shares(phase.parts)}",
            )
        )

    def _mine(self, spec: MineSpec, phase: str) -> Step:
        settings = MineSettings(corpora=spec.corpora, layer=spec.layer, margin=spec.margin, sentence_limit=spec.most)
        return mine_step(settings, corpus=self.corpus, checkpoint=self._latest, phase=phase)

    def _rows(self, part: PartSpec, max_length: int) -> Step:
        recipe = self.recipe
        options_by_data: dict[str, dict[str, Any]] = {
            "text": {"balance": recipe.balance, "repeat": tuple(sorted(recipe.repeat.items()))},
            "switched": {"switch": recipe.switch},
        }
        settings = RowSettings(
            data=part.data,
            kind=_row_kind(part),
            max_length=max_length,
            **options_by_data.get(part.data, {}),
            seed=recipe.seed,
            limit=part.examples,
            tokenizer="" if self.start else self._continued.identity,
            encoder=None if self.start else self._continued.folder,
        )
        mined = self.mined[-1] if part.data == "mined" else None
        return row_step(settings, corpus=self.corpus, encoder=self.start, mined=mined, objective=part.learn)

    @property
    def _latest(self) -> Step | None:
        """The step whose encoder the next one starts from; None: the folder that is continued."""
        return self.phases[-1] if self.phases else self.start

    @property
    def _continued(self) -> Continued:
        assert self.continued is not None
        return self.continued


def _part(part: PartSpec) -> PhasePart:
    kind = _kind(part)
    return PhasePart(
        name=f"{part.learn} of {part.data}",
        kind=kind,
        share=part.share,
        batch=part.batch,
        training_version=kind.training_version,
    )


def _kind(part: PartSpec) -> Objective:
    if part.learn == "distillation":
        return Distillation(layers=tuple(sorted(part.layers.items())), sentences=part.sentences)
    if part.learn == "mlm":
        return MaskedLM(rate=part.rate, candidates=part.candidates)
    return TranslationRanking(
        layer=part.layer,
        sentences=part.sentences,
        words=part.words if part.data in ("parallel", "mined") else 0.0,  # sentences, whose words can be aligned
        temperature=part.temperature,
        word_temperature=part.word_temperature,
    )


def _row_kind(part: PartSpec) -> Objective:
    """Return a kind that gives the same rows: nothing that only the loss reads, so that phases share them."""
    if part.learn == "distillation":
        return Distillation()
    if part.learn == "mlm":
        return MaskedLM()
    is_linked = part.data == "parallel" or (part.data == "mined" and part.words > 0)
    return TranslationRanking(layer=0, words=1.0 if is_linked else 0.0)


def _shares(parts: Sequence[PartSpec]) -> str:
    """Return the share of the updates that each part has, in words: "mlm of text 40%, ..."."""
    total = sum(part.share for part in parts)
    return ", ".join(f"{part.learn} of {part.data} {part.share / total:.0%}" for part in parts)
