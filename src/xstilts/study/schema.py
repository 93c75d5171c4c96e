"""What a user writes: the study file, checked key by key.

Every section is a frozen pydantic model that forbids unknown keys; `study.load` turns a violation into an error that
names the place in the file, what is allowed and the nearest valid key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from xstilts.kinds.catalog import user_kinds
from xstilts.study.language_adapters import LanguageAdapters
from xstilts.study.merging import JoinField
from xstilts.study.merging import check as check_join
from xstilts.study.strict_model import StrictModel
from xstilts.study.tune import FULL, TuneField, TuneSpec


class TrainNumbers(StrictModel):
    """Numbers of a phase that a study may set; what is left out comes from the wider section, then the defaults."""

    updates: int | None = Field(None, ge=1)
    epochs: float | None = Field(None, gt=0)
    batch: int | None = Field(None, ge=1)
    lr: float | None = Field(None, gt=0)
    head_lr: float | None = Field(None, gt=0)
    warmup: float | None = Field(None, ge=0, le=1)
    weight_decay: float | None = Field(None, ge=0)
    clip: float | None = Field(None, gt=0)
    patience: int | None = Field(None, ge=1)
    evaluate_every: int | None = Field(None, ge=1)
    dev_examples: int | None = Field(None, ge=1)
    max_length: int | None = Field(None, ge=8)
    dropout: float | None = Field(None, ge=0, lt=1)
    attention_dropout: float | None = Field(None, ge=0, lt=1)
    retries: int | None = Field(None, ge=0)
    forward_tokens: int | None = Field(None, ge=64)
    checkpointing: bool | None = None
    compile: bool | None = None

    @model_validator(mode="after")
    def one_length(self) -> TrainNumbers:
        if self.updates is not None and self.epochs is not None:
            raise ValueError("give either 'updates' or 'epochs', not both")
        return self


class IntermediateNumbers(TrainNumbers):
    """Numbers of the intermediate phases. Two more ways to say how long they are, so that arms compare at equal cost:
    updates of all phases of an arm together, which a chain splits equally, or updates for every task of a phase."""

    updates_an_arm: int | None = Field(None, ge=1)
    updates_a_task: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def one_way(self) -> IntermediateNumbers:
        given = [key for key in LENGTHS if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of '{given[0]}' and '{given[1]}', not both")
        return self


LENGTHS = ("updates", "epochs", "updates_an_arm", "updates_a_task")


class Train(TrainNumbers):
    """Numbers for all phases, and for some of them."""

    intermediate: IntermediateNumbers = IntermediateNumbers()
    target: TrainNumbers = TrainNumbers()
    tasks: Mapping[str, TrainNumbers] = {}

    @model_validator(mode="after")
    def lengths_of_tasks(self) -> Train:
        _no_length(self.intermediate)
        _no_length(self.target)
        return self


def _no_length(numbers: TrainNumbers) -> None:
    """A task is tokenised once, for all phases and its test sets."""
    if numbers.max_length is not None:
        raise ValueError("'max_length' belongs to a task, not to a phase: give it in train or train.tasks.<task>")


def _named_sampling(value: Any) -> Any:
    if value == "proportional":
        return {}
    return {"uniform": True} if value == "uniform" else value


class SamplingSpec(StrictModel):
    """`proportional`, `uniform`, or a temperature and a size cap (2**17 in the published multi-task phase)."""

    temperature: float = Field(1.0, gt=0)
    cap: int | None = Field(None, ge=1)
    uniform: bool = False


class MlmSpec(StrictModel):
    """Masked-LM batches on text of many languages beside the tasks of every intermediate phase.

    text: tasks of text (`xstilts tasks` lists them as masked-lm). languages: theirs, or all of them. ratio: masked-LM
    updates for each update of the tasks; they come on top.
    """

    text: tuple[str, ...] = Field(min_length=1)
    languages: tuple[str, ...] | None = None
    ratio: float = Field(1.0, gt=0)


def _named_source(value: Any) -> Any:
    if isinstance(value, str) and value != "files":
        raise ValueError("'source' is `files` (published translations) or a mapping with the key 'model'")
    return {} if value == "files" else value


class TranslationSpec(StrictModel):
    """Where translations come from: `files`, those published with a task, or a model that makes them.

    model: a folder, or `owner/name[@revision]` on the hub; "{language}" in it stands for the language's code. beams: of
    its beam search; 1 is greedy.
    """

    model: str = ""
    beams: int = Field(4, ge=1)

    @model_validator(mode="after")
    def beams_of_a_model(self) -> TranslationSpec:
        if "beams" in self.model_fields_set and not self.model:
            raise ValueError("'beams' are a model's; name it under 'model'")
        return self


class TranslatedSpec(StrictModel):
    """The intermediate tasks of an arm in machine translation.

    languages: those they are translated into. original: train on the tasks' own rows (English, for nearly all) as well.
    """

    languages: tuple[str, ...] = Field(min_length=1)
    source: Annotated[TranslationSpec, BeforeValidator(_named_source)] = TranslationSpec()
    original: bool = True

    @model_validator(mode="after")
    def each_language_once(self) -> TranslatedSpec:
        if twice := [name for name in self.languages if self.languages.count(name) > 1]:
            raise ValueError(f"the language '{twice[0]}' stands twice in 'languages'")
        return self


StrategyName = Literal["direct", "sequential", "multitask", "multitask-then-target", "joint", "compose"]


class ArmSpec(StrictModel):
    """One named route. `through` lists intermediate tasks; a list inside the list is a mixture trained at once."""

    strategy: StrategyName
    through: tuple[str | tuple[str, ...], ...] = ()
    join: JoinField = None  # of strategy `compose`
    sampling: Annotated[SamplingSpec, BeforeValidator(_named_sampling)] = SamplingSpec()
    tune: TuneField = FULL  # of the intermediate phases
    tune_target: TuneField = FULL  # of the target phase, and of a joint one
    take: int | None = Field(None, ge=1)
    keep_head: bool = False
    mlm: MlmSpec | None = None
    translated: TranslatedSpec | None = None
    language_adapters: LanguageAdapters | None = None
    train: TrainNumbers = TrainNumbers()

    @model_validator(mode="after")
    def route_fits(self) -> ArmSpec:
        _no_length(self.train)
        if self.strategy == "direct" and self.through:
            raise ValueError("strategy 'direct' has no intermediate phase; remove 'through' or use 'sequential'")
        if self.strategy != "direct" and not self.through:
            raise ValueError(f"strategy '{self.strategy}' needs 'through', a list of intermediate tasks")
        if self.mlm and self.strategy == "direct":
            raise ValueError("'mlm' stands beside intermediate tasks; strategy 'direct' has none")
        if self.tune != FULL and self.strategy == "direct":
            raise ValueError("'tune' is of intermediate phases; strategy 'direct' has none: give 'tune_target'")
        if self.translated and self.strategy == "direct":
            raise ValueError("'translated' is about intermediate tasks; strategy 'direct' has none")
        if self.strategy == "compose":
            check_join(self.join, len(self.through), self.tune)
            if self.keep_head:
                raise ValueError("'keep_head' needs one phase before the target; strategy 'compose' joins several")
        elif self.join:
            raise ValueError(f"'join' is of strategy 'compose'; strategy '{self.strategy}' joins nothing")
        self._tells_tasks_apart()
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
            "tune_target": 1 + (before if goes_on or self.strategy == "joint" else 0),
        }
        for key, tasks in seen.items():
            if (said := getattr(self, key).tasks) != "shared" and tasks < 2:
                raise ValueError(f"'tasks: {said}' tells several tasks apart, and '{key}' sees one here; leave it out")

    def tuned(self, role: str) -> TuneSpec:
        """What a phase of a role ("language", "intermediate", "target" or "joint") trains."""
        if role == "language" and self.language_adapters is not None:
            return self.language_adapters.tune
        return self.tune if role == "intermediate" else self.tune_target

    @property
    def fuses(self) -> bool:
        return self.join is not None and self.join.way == "fuse"


class TakeSpec(StrictModel):
    """How many examples at most: of each intermediate task, each target's training set, each test language."""

    intermediate: int | None = Field(None, ge=1)
    target: int | None = Field(None, ge=1)
    test: int | None = Field(None, ge=2)


class ScaleSpec(StrictModel):
    """A named profile, chosen with `--scale`: the same study, smaller."""

    encoder: str | None = None
    take: TakeSpec = TakeSpec()
    seeds: tuple[int, ...] | None = None
    train: Train = Train()
    substitute: Mapping[str, str] = {}
    targets: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    settings: Mapping[str, Mapping[str, Any]] = {}
    allow_missing: bool | None = None


def _known_kind(name: Any) -> Any:
    """A literal whose values are the kinds of `kinds.catalog`, so that a new kind is declared nowhere else."""
    names = list(user_kinds())
    if name in names:
        return name
    *others, last = [repr(kind) for kind in names]
    expected = f"{', '.join(others)} or {last}"
    raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})


UserKind = Annotated[str, BeforeValidator(_known_kind)]


class UserTask(StrictModel):
    """A task declared from files, without Python (docs/add-a-task.md).

    Files lie below a data folder or beside the study file; layouts of several files (`parallel`, `props`) name all.
    """

    kind: UserKind
    reader: Literal[
        "tsv", "csv", "jsonl", "json", "conllu", "squad", "bio", "parallel", "parquet", "props", "propbank", "conllup"
    ]
    labels: tuple[str, ...] = ()  # in the order of their ids: of classification, tagging, relations, roles
    columns: Mapping[str, str | tuple[str, ...]] = {}  # role -> column of the file
    header: bool = True  # of a tsv or csv file
    fields: tuple[str, ...] = ()  # names of the file's columns where no header says them
    separator: str = "\t"  # between the columns of a bio file
    answer: Literal["index", "number", "letter", "text"] = "index"  # how a choice file gives the answer
    form: Literal["spans", "heads"] = "spans"  # roles: what an argument is
    no_answer: bool = False  # span QA: some questions have none
    train: str | tuple[str, ...] | None = None
    dev: str | tuple[str, ...] | None = None
    test: Mapping[str, str | tuple[str, ...]] = {}
    translations: Mapping[str, str | tuple[str, ...]] = {}  # of the training data: language -> file
    holdout: float = Field(0.1, gt=0, lt=1)  # share of the training data that selects where there is no dev file
    language: str = "en"  # of the training data
    licence: str = "not stated"
    cite: str = "the study's own data"


class Study(StrictModel):
    """One question, and how it is to be answered. See docs/studies.md for every key."""

    name: str = Field("study", pattern=r"^[A-Za-z0-9._-]+$")
    question: str
    encoder: str
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    tasks: Mapping[str, UserTask] = {}
    arms: Mapping[str, ArmSpec] = Field(min_length=1)
    baseline: str | None = None
    contrasts: Mapping[str, Mapping[str, float]] = {}
    targets: tuple[str, ...] = Field(min_length=1)
    languages: tuple[str, ...] | None = None
    settings: Mapping[str, Mapping[str, Any]] = {}  # task -> settings of its kind (`tatoeba: {layer: 14}`)
    train: Train = Train()
    take: TakeSpec = TakeSpec()
    substitute: Mapping[str, str] = {}
    seeds: tuple[int, ...] = Field((1,), min_length=1)
    scale: Mapping[str, ScaleSpec] = {}
    keep: Literal["intermediate", "all", "none"] = "intermediate"
    forgetting: Literal["none", "intermediate", "all"] = "none"  # after which phases earlier tasks are scored again
    allow_missing: bool = False

    @classmethod
    def load(cls, study: str, scale: str | None = None) -> Study:
        """A study by path or packaged name, with a scale profile applied. Raises StudyError."""
        from xstilts.study.load import load_study

        return load_study(study, scale)

    @property
    def base(self) -> str:
        """The arm the others are compared with: `baseline`, else the first direct arm, else the first arm."""
        if self.baseline:
            return self.baseline
        return next((name for name, arm in self.arms.items() if arm.strategy == "direct"), next(iter(self.arms)))
