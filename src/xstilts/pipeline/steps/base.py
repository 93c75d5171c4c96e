"""What the base of every kind of step is: its name and version, what it runs, what it costs, how it is made."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.files import read_json
from xstilts.data.read import ResolvedSource, apply_views
from xstilts.data.source import Key, View
from xstilts.engine.step import Context, Step, StepFunction
from xstilts.kinds.base import Kind
from xstilts.perturb.base import Perturbation
from xstilts.pipeline.estimates import Size, Speed

ENCODER = "encoder"  # the input that is the pretrained encoder, where a step makes it
BASE = "base"  # the input that is the encoder below adapters, where an earlier phase or a step makes it
WEIGHTS = "weights"  # the part of a checkpoint that may be trimmed


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate for one step. `updates`: of a training; `dev_tokens`: of the dev sets it scores, as many tokens of
    training as are the same work. `flops`: its floating-point operations (`pipeline.flops`), None where nobody counts
    them. `counted`: its tokens were counted, not estimated from the size of files."""

    tokens: float = 0.0
    dev_tokens: float = 0.0
    updates: int = 0
    seconds: float = 0.0
    bytes: float = 0.0
    flops: float | None = None
    counted: bool = True


class Estimator(Protocol):
    """The facts that an estimate may ask for."""

    @property
    def device(self) -> str: ...

    @property
    def encoder_config(self) -> Mapping[str, Any]:
        """config.json of the study's encoder, {} while it is not known."""

    @property
    def encoder_bytes(self) -> float:
        """Bytes of the encoder's weights."""

    def size(self, step: Step) -> Size:
        """Rows and tokens of a prepare step: counted where it is done."""

    def speed(self, kind: StepKind, nominal: Speed, key: Hashable = ()) -> Speed:
        """Return how fast steps of this kind went in this store, `nominal` where none says. Steps with another `key`
        (see `StepKind.speed_key`) are not looked at."""


class FileUse(NamedTuple):
    """Files that a step trains on ("train"), selects with ("dev") or scores ("test"), through views; `prepared` is the
    step that reads them. `without`: rows that translate one of these are left out."""

    use: str
    task: str
    source: ResolvedSource
    prepared: Step
    views: tuple[View, ...] = ()
    without: FileUse | None = None


def tokens_in(file: str) -> Callable[[Path, Mapping[str, Path]], float]:
    """Return a `tokens_done` that reads "tokens" in a JSON file of the artefact; 0 where that is not there."""

    def tokens_done(artefact: Path, inputs: Mapping[str, Path]) -> float:
        path = artefact / file
        return float(read_json(path)["tokens"]) if path.is_file() else 0.0

    return tokens_done


@dataclass(frozen=True, kw_only=True)
class StepKind:
    """All that the program asks of a kind of step, once for all steps of it.

    Attributes:
        name: part of every step's identity, and the beginning of its folder's name.
        version: part of the identity; one more whenever the numbers that its golden run gives change.
        run: what a step does.
        estimate: what a step will cost, before it is run.
        takes_device: it runs alone on its device.
        is_training: its time counts as training.
        reads_files: it reads the user's files, and is run before anything is trained.
        is_on_route: it is drawn where the whole run graph is too large to be followed.
        speed_depends_on_encoder: its speed tells nothing about another encoder, or another device.
        speed_key: what of a step's settings, as they are recorded, its speed depends on besides.
        tokens_done: how many tokens a done step took, from its artefact and the artefacts of its inputs (by the names
            of these); None where its speed is not measured in tokens.
        flops_done: the floating-point operations of a done step, from its artefact; None where nobody counts them.
        labelled_inputs: names of the inputs that must have gold, and whether every row must (else some).
        paired_inputs: pairs of inputs, a translation and its original, whose rows are paired by their number.
        file_uses: what files its rows come from, and what they are for.
    """

    name: str
    version: int
    run: StepFunction
    estimate: Callable[[Step, Estimator], Cost] = lambda step, estimator: Cost()
    takes_device: bool = False
    is_training: bool = False
    reads_files: bool = False
    is_on_route: bool = False
    speed_depends_on_encoder: bool = False
    speed_key: Callable[[Mapping[str, Any]], Hashable] = lambda settings: ()
    tokens_done: Callable[[Path, Mapping[str, Path]], float] | None = None
    flops_done: Callable[[Step, Path, Estimator], float | None] | None = None
    labelled_inputs: Callable[[Step], Mapping[str, bool]] = lambda step: {}
    paired_inputs: Callable[[Step], Iterable[tuple[str, str]]] = lambda step: ()
    file_uses: Callable[[Step], Iterable[FileUse]] = lambda step: ()

    def step(
        self,
        settings: Any,
        inputs: Mapping[str, Step] | None = None,
        *,
        label: str,
        about: Mapping[str, str],
        needs: tuple[str, ...] = (),
    ) -> Step:
        """A step of this kind. `label` is for people; whatever a program wants to know of the step is in `about`."""
        return Step(
            name=self.name,
            version=self.version,
            settings=settings,
            call=self.run,
            inputs=inputs or {},
            label=label,
            about=about,
            needs=needs,
            compute=self.takes_device,
        )


@dataclass(frozen=True, kw_only=True)
class EncoderAt:
    """The pretrained encoder that a step starts from: a folder, or (None) the input "encoder"."""

    identity: str
    folder: Path | None = field(default=None, metadata=NOT_IDENTITY)

    def path(self, context: Context) -> Path:
        return self.folder or context.inputs[ENCODER]


def base_path(base: EncoderAt | None, context: Context) -> Path | None:
    """The encoder below the adapters that a step starts from, None where it starts from none."""
    return base.folder if base and base.folder else context.inputs.get(BASE)


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """One language of a task, prepared as the input "test/<language>"; or the pool that all search, as "pool"; or a dev
    set, as "dev/<language>", whose examples without gold are left out.

    perturbation: of the texts of its examples. translated: the language that a model translates them into; gold stays
    that of the original. A set with one of them is prepared by itself, of the rows that are evaluated alone: the views
    are the source's."""

    identity_name: ClassVar[str] = "TestSet"

    language: str
    source: ResolvedSource
    views: tuple[View, ...]
    use: str = field(default="test", metadata=OMIT_DEFAULT)
    perturbation: Perturbation | None = field(default=None, metadata=OMIT_DEFAULT)
    translated: str = field(default="", metadata=OMIT_DEFAULT)

    @cached_property
    def input(self) -> str:
        return f"{self.use}/{self.language}"

    def example_indices(self, examples: list[Any], kind: Kind) -> list[int]:
        """Indices of the examples that are evaluated, into all of the file."""
        indices = apply_views(self.views, [Key.of(example) for example in examples])
        return indices if self.use == "test" else [i for i in indices if kind.gold(examples[i]) is not None]

    def evaluated(self, examples: list[Any], kind: Kind) -> list[Any]:
        """The examples that are evaluated, of all those of the file."""
        return [examples[i] for i in self.example_indices(examples, kind)]
