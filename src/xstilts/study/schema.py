"""The schema of a study file: what a user writes, checked key by key.

Every section is a frozen pydantic model (or a class of `core.settings`) that forbids unknown keys; `study.load` turns a
violation into an error that names the place in the file, what is allowed and the nearest valid key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from xstilts.study.arms import ArmSpec
from xstilts.study.claims import Claims
from xstilts.study.encoder_section import EncoderSection
from xstilts.study.field_types import EachOnce, Labels, Languages, ScaleNames, Seed, StudyNameField, TaskNames
from xstilts.study.positions import Positions
from xstilts.study.sizes import MOST_ROWS, SizesField
from xstilts.study.stress import StressSpec
from xstilts.study.strict_model import StrictModel
from xstilts.study.task_section import Texts, UserTask
from xstilts.study.training_numbers import Train


class TakeSpec(StrictModel):
    """The number of examples at most: of each intermediate task, each target's training set, each test language. A list
    of sizes is an axis (`study.sizes`), and `budget` says what is equal along it."""

    intermediate: SizesField = None
    target: SizesField = None
    budget: Literal["updates", "epochs", "matched"] | None = None
    test: int | None = Field(None, ge=2, le=MOST_ROWS)


class ScaleSpec(StrictModel):
    """A named profile, chosen with `--scale`: the same study, smaller. `arms` names those that it keeps, with the
    contrasts that are among them."""

    arms: Annotated[tuple[str, ...], EachOnce] | None = Field(None, min_length=1)
    encoder: EncoderSection | None = None
    take: TakeSpec = TakeSpec()
    seeds: Annotated[tuple[Seed, ...], EachOnce] | None = None
    train: Train = Train()
    substitute: Mapping[str, str] = {}
    targets: Annotated[tuple[str, ...], EachOnce] | None = None
    languages: Languages | None = None
    settings: Mapping[str, Mapping[str, Any]] = {}
    stress: StressSpec | None = None
    allow_missing: bool | None = None


class Study(StrictModel):
    """One question, and how it is to be answered. See docs/studies.md for every key."""

    name: StudyNameField = "study"
    question: str
    encoder: EncoderSection
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    tasks: Annotated[Mapping[str, UserTask], TaskNames] = {}
    arms: Annotated[Mapping[str, ArmSpec], Labels] = Field(min_length=1)
    baseline: str | None = None
    contrasts: Annotated[Mapping[str, Mapping[str, float]], Labels] = {}
    margin: float | None = Field(None, ge=0, le=100)  # points within which two arms are called equivalent
    targets: Annotated[tuple[str, ...], EachOnce] = Field(min_length=1)
    languages: Languages | None = None
    settings: Mapping[str, Mapping[str, Any]] = {}  # task -> settings of its kind (`tatoeba: {layer: 14}`)
    metrics: Mapping[str, Texts] = {}  # task -> its metrics, the first of them its score
    train: Train = Train()
    take: TakeSpec = TakeSpec()
    substitute: Mapping[str, str] = {}
    seeds: Annotated[tuple[Seed, ...], EachOnce] = Field((1,), min_length=1)
    scale: Annotated[Mapping[str, ScaleSpec], ScaleNames] = {}
    keep: Literal["auto", "intermediate", "all", "none"] = "auto"
    keep_gb: float = Field(10.0, ge=0, le=10**6)  # of `auto`: gigabytes that the weights of all targets may take
    forgetting: Literal["none", "intermediate", "all"] = "none"  # after which phases earlier tasks are scored again
    stress: StressSpec | None = None  # perturbed test inputs that targets are scored on as well
    allow_missing: bool = False
    claims: Claims = {}  # what is judged by the scores; no part of what is run
    _positions: Positions = PrivateAttr(default_factory=Positions)
    _whole: Study | None = PrivateAttr(default=None)
    _origin: str = PrivateAttr(default="")

    @property
    def positions(self) -> Positions:
        """Where each key stands in the file that the study was read from."""
        return self._positions

    @property
    def whole(self) -> Study:
        """The study without its scale profile, of which that may leave arms and targets out."""
        return self._whole or self

    def cut_from(self, whole: Study) -> Study:
        """Return this study, knowing the one that a scale profile was applied to."""
        self._whole = whole
        return self

    @property
    def origin(self) -> str:
        """Which file the study was read from, as a digest of its path; "" for a packaged one, or one made in Python."""
        return self._origin

    def read_from(self, positions: Positions, origin: str = "") -> Study:
        """Return this study, knowing where its keys stand, and which file it was read from."""
        self._positions, self._origin = positions, origin
        return self

    @classmethod
    def load(cls, study: str, scale: str | None = None) -> Study:
        """A study by path or packaged name, with a scale profile applied. Raises StudyError."""
        from xstilts.study.load import load_study

        return load_study(study, scale)

    @property
    def base(self) -> str:
        """The arm the others are compared with: `baseline`, else the first direct arm without a start of its own,
        else the first arm."""
        if self.baseline:
            return self.baseline
        plain = (name for name, arm in self.arms.items() if not arm.way.needs_through and arm.start is None)
        return next(plain, next(iter(self.arms)))
