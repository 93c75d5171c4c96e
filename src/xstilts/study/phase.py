"""A phase: one training run, as a frozen value. A route through training is a chain of them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.settings.merging import AdapterFusion, Composition
from xstilts.core.settings.training import Training
from xstilts.core.settings.tuning import FROZEN, FULL, Bottleneck, Fuse, Multitask
from xstilts.tasks.base import TrainingView


@dataclass(frozen=True, kw_only=True)
class EncoderRef:
    """A pretrained encoder. `identity` is a digest of its content (or of the recipe that builds it); the name and
    the place it is loaded from are execution."""

    identity: str
    name: str = field(default="", metadata=NOT_IDENTITY, compare=False)


@dataclass(frozen=True, kw_only=True)
class PublishedAdapter:
    """An adapter in the files of peft that a route starts from, over the pretrained encoder. `identity` is a digest of
    its files; the name is for people."""

    encoder: EncoderRef
    identity: str
    name: str = field(default="", metadata=NOT_IDENTITY, compare=False)


def hash_once(value: Any) -> int:
    """The hash of a frozen dataclass, remembered by the object: a study asks every chain of phases for it, over and
    over, and each asks the one below it."""
    remembered: dict[str, Any] = value.__dict__
    if "_hash" not in remembered:
        remembered["_hash"] = hash(tuple(getattr(value, spec.name) for spec in fields(value) if spec.compare))
    return remembered["_hash"]


@dataclass(frozen=True, kw_only=True)
class MixtureTask:
    """One task of a mixture, by its training view. `name` is for people and never identity."""

    fit: TrainingView
    max_length: int = 256  # tokens of a sequence, special tokens included
    # updates for each update of the other tasks, on top of theirs; such a task never steers selection
    extra_update_ratio: float | None = None
    task: str = field(default="", metadata=OMIT_DEFAULT)  # which of its adapters' tasks it is, if any
    name: str = field(default="", metadata=NOT_IDENTITY, compare=False)
    language: str = field(default="", metadata=NOT_IDENTITY, compare=False)  # of a translation
    # True: a translation beside its task's own rows, or beside another translation of them, which steers for it
    is_auxiliary: bool = field(default=False, metadata=NOT_IDENTITY, compare=False)

    def __hash__(self) -> int:
        return hash_once(self)

    @property
    def label(self) -> str:
        """ "mnli", "mnli[de]" for its translation, "mnli[perturbed]" where a share of its rows is."""
        which = self.language or ("perturbed" if self.fit.augmentation else "")
        return f"{self.name}[{which}]" if which else self.name


@dataclass(frozen=True, kw_only=True)
class Phase(Training):
    """One training run: where it starts, on what it trains, and how."""

    start: EncoderRef | PublishedAdapter | Phase | MergedCheckpoint
    mix: tuple[MixtureTask, ...]
    # "language", "intermediate", "target" or "joint": for people and for what may be trimmed
    role: str = field(default="target", metadata=NOT_IDENTITY, compare=False)
    # the values by which it differs from other settings that are tried, in words
    setting: str = field(default="", metadata=NOT_IDENTITY, compare=False)
    # None: trained as it says. Else it stands for the setting that is chosen, which is not known yet
    choice: SettingChoice | None = field(default=None, metadata=OMIT_DEFAULT)

    __hash__ = hash_once


@dataclass(frozen=True, kw_only=True)
class SettingChoice:
    """Settings of one training among which its dev sets choose, one for all seeds.

    settings: the values of each. candidates: for each setting its training with each seed of the study.
    """

    settings: tuple[tuple[tuple[str, Any], ...], ...]
    candidates: tuple[tuple[Phase, ...], ...]

    __hash__ = hash_once

    def with_seed(self, seed: int) -> tuple[Phase, ...]:
        """The candidates of one seed, setting by setting."""
        return tuple(next(phase for phase in seeds if phase.seed == seed) for seeds in self.candidates)


@dataclass(frozen=True, kw_only=True)
class MergedCheckpoint:
    """Phases that were trained apart, each from the same start with the same tuning, made one without training."""

    parts: tuple[Phase, ...]
    how: Composition

    __hash__ = hash_once

    @property
    def fusion(self) -> Fuse | None:
        """The adapter that attends over those of the parts, None where they are joined in another way."""
        if not isinstance(self.how, AdapterFusion):
            return None
        return Fuse(adapters=tuple(part.tune for part in self.parts if isinstance(part.tune, Bottleneck)), stack=False)


Start = EncoderRef | PublishedAdapter | Phase | MergedCheckpoint


def with_seed(phase: Phase, seed: int) -> Phase:
    """Return a phase as it is with another seed, and all that it stands on with it."""
    start = phase.start
    match start:
        case Phase():
            start = with_seed(start, seed)
        case MergedCheckpoint():
            start = replace(start, parts=tuple(with_seed(part, seed) for part in start.parts))
    return replace(phase, seed=seed, start=start)


def holds_encoder(start: Start) -> bool:
    """Return whether a checkpoint has the encoder's weights: one of an adapter phase, or of frozen ones after it, has
    not."""
    if isinstance(start, MergedCheckpoint):
        return holds_encoder(start.parts[0])
    if isinstance(start, PublishedAdapter):
        return False
    if isinstance(start, EncoderRef) or start.tune == FULL:
        return True
    return start.tune == FROZEN and holds_encoder(start.start)


def encoder_checkpoint(start: Start) -> Start:
    """The checkpoint, or the pretrained encoder, whose encoder weights a checkpoint stands on; itself where it has
    them."""
    while not isinstance(start, EncoderRef) and not holds_encoder(start):
        match start:
            case MergedCheckpoint():
                start = start.parts[0].start
            case PublishedAdapter():
                start = start.encoder
            case Phase():
                start = start.start
    return start


def adapter_tasks(start: Start) -> frozenset[str]:
    """The tasks that the adapters of a checkpoint tell apart."""
    tasks: frozenset[str] = frozenset()
    while isinstance(start, Phase):  # what is joined tells no tasks apart
        tasks |= set(start.tune.tasks if isinstance(start.tune, Multitask) else ())
        start = start.start
    return tasks
