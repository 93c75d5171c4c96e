"""Arms: what a study may say of one route, and which of its keys go together."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from xstilts.core.settings.sampling import Sampling
from xstilts.study.field_types import Languages, LanguagesAsWritten
from xstilts.study.language_adapters import LanguageAdapters
from xstilts.study.merging import JoinField
from xstilts.study.perturbations import PerturbedSpec
from xstilts.study.sizes import SizesField
from xstilts.study.strategies import Strategy, strategy_named, strategy_names
from xstilts.study.strict_model import StrictModel, one_of
from xstilts.study.training_numbers import TrainNumbers, refuse_max_length
from xstilts.study.tune import FULL, TuneField, TuneSpec


def _named_sampling(value: Any) -> Any:
    if value == "proportional":
        return {}
    return {"uniform": True} if value == "uniform" else value


class MlmSpec(StrictModel):
    """Masked-LM batches on text of many languages beside the tasks of every intermediate phase.

    text: tasks of text (`xstilts tasks` lists them as masked-lm). languages: theirs, or all of them. ratio: masked-LM
    updates for each update of the tasks; they come on top.
    """

    text: tuple[str, ...] = Field(min_length=1)
    languages: Languages | None = None
    ratio: float = Field(1.0, gt=0, le=1_000)


def _named_source(value: Any) -> Any:
    if isinstance(value, str) and value != "files":
        raise ValueError("'source' is `files` (published translations) or a mapping with the key 'model'")
    return {} if value == "files" else value


class TranslationSpec(StrictModel):
    """The source of translations: `files`, those published with a task, or a model that makes them.

    model: a folder, or `owner/name[@revision]` on the hub; "{language}" in it stands for the language's code. beams: of
    its beam search; 1 is greedy.
    """

    model: str = ""
    beams: int = Field(4, ge=1, le=1_000)

    @model_validator(mode="after")
    def beams_of_a_model(self) -> TranslationSpec:
        if "beams" in self.model_fields_set and not self.model:
            raise ValueError("'beams' are a model's; name it under 'model'")
        return self


class TranslatedSpec(StrictModel):
    """The intermediate tasks of an arm in machine translation.

    languages: those they are translated into. original: train on the tasks' own rows (English, for nearly all) as well.
    """

    languages: LanguagesAsWritten = Field(min_length=1)
    source: Annotated[TranslationSpec, BeforeValidator(_named_source)] = TranslationSpec()
    original: bool = True


class TranslateTestSpec(StrictModel):
    """The test sets of an arm's targets in machine translation into the language that the target is trained in.

    model: a folder, or `owner/name[@revision]` on the hub; "{language}" in it stands for the code of the test set's
    language. beams: of its beam search; 1 is greedy.
    """

    model: str = Field(min_length=1)
    beams: int = Field(4, ge=1, le=1_000)


class ArmSpec(StrictModel):
    """One named route. `through` lists intermediate tasks; a list inside the list is a mixture trained at once."""

    strategy: Annotated[str, one_of(strategy_names)]
    through: tuple[str | tuple[str, ...], ...] = ()
    join: JoinField = None  # of strategy `compose`
    start: Annotated[str, Field(min_length=1)] | None = None  # an adapter of peft over the encoder: a folder, or a name
    sampling: Annotated[Sampling, BeforeValidator(_named_sampling)] = Sampling()
    tune: TuneField = FULL  # of the intermediate phases
    tune_target: TuneField = FULL  # of the target phase, and of a joint one
    take: SizesField = None  # of each intermediate task
    take_target: SizesField = None  # of the target's training set
    keep_head: bool = False
    mlm: MlmSpec | None = None
    translated: TranslatedSpec | None = None
    translate_test: TranslateTestSpec | None = None
    perturbed: PerturbedSpec | None = None  # of the rows of intermediate tasks
    perturbed_target: PerturbedSpec | None = None  # of the target's, in a joint phase too
    language_adapters: LanguageAdapters | None = None
    train: TrainNumbers = TrainNumbers()
    train_target: TrainNumbers = TrainNumbers()  # of the target phase

    @model_validator(mode="after")
    def route_fits(self) -> ArmSpec:
        refuse_max_length(self.train)
        refuse_max_length(self.train_target)
        if not self.way.needs_through:
            self._has_no_intermediate_phase()
        elif not self.through:
            raise ValueError(f"strategy '{self.strategy}' needs 'through', a list of intermediate tasks")
        if self.join and not self.way.merges:
            raise ValueError(f"'join' is of strategy 'compose'; strategy '{self.strategy}' joins nothing")
        for check in self.way.checks:
            check(self)
        self._tells_tasks_apart()
        return self

    def _has_no_intermediate_phase(self) -> None:
        """Raises ValueError for a key that is about intermediate tasks."""
        name = self.strategy
        if self.through:
            raise ValueError(f"strategy '{name}' has no intermediate phase; remove 'through' or use 'sequential'")
        if self.mlm:
            raise ValueError(f"'mlm' stands beside intermediate tasks; strategy '{name}' has none")
        if self.tune != FULL:
            raise ValueError(f"'tune' is of intermediate phases; strategy '{name}' has none: give 'tune_target'")
        for key in ("translated", "perturbed"):
            if getattr(self, key):
                raise ValueError(f"'{key}' is about intermediate tasks; strategy '{name}' has none")

    @model_validator(mode="after")
    def one_change_of_rows(self) -> ArmSpec:
        if self.perturbed and self.translated:
            raise ValueError("'perturbed' rows are the tasks' own; it cannot stand beside 'translated'")
        return self

    @model_validator(mode="after")
    def starts_once(self) -> ArmSpec:
        if self.start and self.join is not None:
            raise ValueError("'join' is about what was trained apart from the encoder; 'start' puts an adapter over it")
        if self.start and self.language_adapters is not None:
            raise ValueError("'start' is an adapter over the encoder, and so are 'language_adapters': give one of them")
        return self

    @model_validator(mode="after")
    def languages_can_be_changed(self) -> ArmSpec:
        """Above language adapters the encoder stays what it was when they were trained."""
        if self.language_adapters is None:
            return self
        for key in ("tune", "tune_target") if self.through else ("tune_target",):
            if getattr(self, key).mode == "full":
                raise ValueError(
                    f"with 'language_adapters' the encoder must stay what they were trained over, but '{key}' is full: "
                    "give it an adapter, or frozen"
                )
        if self.translate_test is not None:
            raise ValueError("'translate_test' leaves no test set in another language; 'language_adapters' have no use")
        for key in ("mlm", "translated"):
            if getattr(self, key) is not None:
                raise ValueError(
                    f"'{key}' trains on other languages through the adapter of the training language; it cannot stand "
                    "beside 'language_adapters'"
                )
        if self.join is not None:
            raise ValueError(
                "'join' is about what was trained apart from the encoder; 'language_adapters' lie below all"
            )
        return self

    def _tells_tasks_apart(self) -> None:
        """Raises ValueError where adapters that tell tasks apart would only ever see one."""
        names = {name for stage in self.through for name in ([stage] if isinstance(stage, str) else stage)}
        before = len(names) + len(self.mlm.text if self.mlm else ())
        goes_on = self.tune == self.tune_target
        seen = {
            "tune": before + goes_on,
            "tune_target": 1 + (before if goes_on or self.way.mixes_target else 0),
        }
        for key, tasks in seen.items():
            if (mode := getattr(self, key).tasks) != "shared" and tasks < 2:
                raise ValueError(f"'tasks: {mode}' tells several tasks apart, and '{key}' sees one here; leave it out")

    @property
    def way(self) -> Strategy:
        return strategy_named(self.strategy)

    def tuned(self, role: str) -> TuneSpec:
        """Return what a phase of a role ("language", "intermediate", "target" or "joint") trains."""
        if role == "language" and self.language_adapters is not None:
            return self.language_adapters.tune
        return self.tune if role == "intermediate" else self.tune_target

    @property
    def fuses(self) -> bool:
        return self.join is not None and self.join.way == "fuse"


def stage_tasks(through: tuple[str | tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(name for stage in through for name in ((stage,) if isinstance(stage, str) else stage))


def trained_tasks(arm: ArmSpec) -> tuple[str, ...]:
    """The tasks that an arm trains before its target, its texts included."""
    return (*stage_tasks(arm.through), *(arm.mlm.text if arm.mlm else ()))
