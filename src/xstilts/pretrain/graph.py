"""A recipe as steps of the run graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.settings.training import Recipe
from xstilts.engine.step import Step
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.translation import TranslationRanking
from xstilts.pretrain import steps
from xstilts.pretrain.recipe import EncoderSpec, MineSpec, PartSpec, PhaseSpec, PretrainRecipe
from xstilts.pretrain.start import EncoderShape

# Versions of the steps: one more whenever the numbers they give change.
VERSIONS = {"start": 2, "rows": 2, "mined": 1, "pretrain": 3}


@dataclass(frozen=True, kw_only=True)
class Continued:
    """An encoder that is continued: the folder that is here, or the step that makes it."""

    identity: str
    folder: Path | None = None
    step: Step | None = None


@dataclass(frozen=True, kw_only=True)
class PretrainSteps:
    """The steps of a recipe: the corpus, the start (None where a folder is continued), the phases in order."""

    corpus: Step
    start: Step | None
    phases: tuple[Step, ...]
    mined: tuple[Step, ...] = field(default=())

    @property
    def goals(self) -> tuple[Step, ...]:
        """The last phase: everything else is an input of it, near or far."""
        return self.phases[-1:]


def lower(recipe: PretrainRecipe, corpus: Step, continued: Continued | None) -> PretrainSteps:
    """`continued` is given exactly where the recipe names an encoder."""
    spec = recipe.encoder
    start = continued.step if continued else None
    if isinstance(spec, EncoderSpec):
        settings = steps.StartSettings(
            vocabulary=recipe.tokenizer.vocabulary,
            lines=recipe.tokenizer.lines,
            weight=dict(recipe.tokenizer.weight),
            shape=EncoderShape(**spec.model_dump()),
            seed=recipe.seed,
        )
        start = Step(
            name="start",
            version=VERSIONS["start"],
            settings=settings,
            call=steps.start,
            inputs={"corpus": corpus},
            label="a tokenizer and token vectors",
            compute=True,
        )
    course = _Course(recipe, corpus, start, continued)
    for phase in recipe.phases:
        course.add(phase)
    return PretrainSteps(corpus=corpus, start=start, phases=tuple(course.phases), mined=tuple(course.mined))


class _Course:
    """Phases one after the other, each from the checkpoint of the one before."""

    def __init__(self, recipe: PretrainRecipe, corpus: Step, start: Step | None, continued: Continued | None) -> None:
        self.recipe, self.corpus, self.start, self.continued = recipe, corpus, start, continued
        self.phases: list[Step] = []
        self.mined: list[Step] = []

    def add(self, phase: PhaseSpec) -> None:
        if phase.mine:
            self.mined.append(self._mine(phase.mine, phase.name))
        before = self.phases[-1] if self.phases else self.start
        inputs = {f"rows/{i}": self._rows(part, phase.max_length) for i, part in enumerate(phase.parts)}
        inputs |= {"start": before} if before else {}
        settings = steps.PhaseSettings(
            parts=tuple(
                steps.PhasePart(
                    name=f"{part.learn} of {part.data}", kind=_kind(part), share=part.share, batch=part.batch
                )
                for part in phase.parts
            ),
            recipe=_numbers(phase),
            seed=self.recipe.seed if phase.seed is None else phase.seed,
            encoder="" if before else self._folder.identity,
            folder=None if before else self._folder.folder,
        )
        self.phases.append(
            Step(
                name="pretrain",
                version=VERSIONS["pretrain"],
                settings=settings,
                call=steps.phase,
                inputs=inputs,
                label=f"{phase.name}: {phase.updates} updates of {_spelt(phase.parts)}",
                compute=True,
            )
        )

    def _mine(self, spec: MineSpec, name: str) -> Step:
        before = self.phases[-1] if self.phases else self.start
        settings = steps.MineSettings(corpora=spec.corpora, layer=spec.layer, margin=spec.margin, most=spec.most)
        inputs: dict[str, Step] = {"corpus": self.corpus}
        inputs |= {"checkpoint": before} if before else {}
        return Step(
            name="mined",
            version=VERSIONS["mined"],
            settings=settings,
            call=steps.mine,
            inputs=inputs,
            label=f"{name}: translations found in {', '.join(spec.corpora)}",
            compute=True,
        )

    def _rows(self, part: PartSpec, max_length: int) -> Step:
        inputs: dict[str, Step] = {"corpus": self.corpus}
        inputs |= {"encoder": self.start} if self.start else {}
        inputs |= {"mined": self.mined[-1]} if part.data == "mined" else {}
        recipe = self.recipe
        own: dict[str, dict[str, Any]] = {
            "text": {"balance": recipe.balance, "repeat": tuple(sorted(recipe.repeat.items()))},
            "switched": {"switch": recipe.switch},
        }
        settings = steps.RowSettings(
            data=part.data,
            kind=_row_kind(part),
            max_length=max_length,
            **own.get(part.data, {}),
            seed=recipe.seed,
            tokenizer="" if self.start else self._folder.identity,
            encoder=None if self.start else self._folder.folder,
        )
        return Step(
            name="rows",
            version=VERSIONS["rows"],
            settings=settings,
            call=steps.make_rows,
            inputs=inputs,
            label=f"{part.data} for {part.learn}",
        )

    @property
    def _folder(self) -> Continued:
        assert self.continued is not None
        return self.continued


def _kind(part: PartSpec) -> MaskedLM | TranslationRanking:
    if part.learn == "mlm":
        return MaskedLM(rate=part.rate, candidates=part.candidates)
    return TranslationRanking(
        layer=part.layer,
        sentences=part.sentences,
        words=part.words if part.data in ("parallel", "mined") else 0.0,  # sentences, whose words can be aligned
        temperature=part.temperature,
        word_temperature=part.word_temperature,
    )


def _row_kind(part: PartSpec) -> MaskedLM | TranslationRanking:
    """A kind that gives the same rows: nothing that only the loss reads, so that phases share them."""
    if part.learn == "mlm":
        return MaskedLM()
    linked = part.data == "parallel" or (part.data == "mined" and part.words > 0)
    return TranslationRanking(layer=0, words=1.0 if linked else 0.0)


def _numbers(phase: PhaseSpec) -> Recipe:
    return Recipe(
        updates=phase.updates,
        batch=phase.batch,
        lr=phase.lr,
        warmup=phase.warmup,
        weight_decay=phase.weight_decay,
        clip=phase.clip,
        dropout=phase.dropout,
        precision=phase.precision,
    )


def _spelt(parts: Sequence[PartSpec]) -> str:
    total = sum(part.share for part in parts)
    return ", ".join(f"{part.learn} of {part.data} {part.share / total:.0%}" for part in parts)
