"""A step: one node of the run graph, a frozen value with an identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from xstilts.core.canonical import canonical_json, object_text, text_fingerprint


class Progress(Protocol):
    def __call__(self, done: float, total: float, unit: str = "", text: str = "") -> None:
        """`done` of `total` `unit`s; `text` is a short live remark ("loss 1.31, dev 64.2")."""


@dataclass(frozen=True, kw_only=True)
class Team:
    """Processes that may work on one step together, a device each. rank: which of them this one is; port: where the
    first one, of rank 0, waits for the others on this machine; command: what starts one."""

    devices: tuple[str, ...]
    rank: int = 0
    port: int = 0
    command: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Context:
    """The folders and resources that a step's function gets. It writes its artefact into `out` and nowhere else."""

    out: Path  # an empty folder, renamed into the store when the function returns
    scratch: Path  # survives an interruption; deleted when the step is done
    inputs: Mapping[str, Path]  # artefact folders of the inputs, by the names used in Step.inputs
    progress: Progress
    threads: int  # compute threads this step may use
    device: str  # "cpu", "cuda:0"; of a team, this process's
    team: Team | None = None  # None: the step works alone


StepFunction = Callable[[Any, Context], None]


@dataclass(frozen=True, kw_only=True)
class Step:
    """identity = hash(name, version, canonical(settings), identities of inputs).

    `call(settings, context)` does the work. What it needs beyond its settings (file paths, worker counts) is bound into
    `call` with functools.partial: that is execution and never reaches the hash. `label` is for people and is never
    taken apart; what a program wants to know of a step is in `about`.
    """

    name: str  # "prepare", "train", "predict", "score", "encoder"
    version: int
    settings: Any
    call: StepFunction
    inputs: Mapping[str, Step] = field(default_factory=dict)
    label: str = ""
    about: Mapping[str, str] = field(default_factory=dict)  # {"task": "mnli", "use": "dev"}; execution, as the label
    needs: tuple[str, ...] = ()  # parts of an artefact that may be trimmed, which this step reads ("weights")
    compute: bool = False  # takes the device: runs one at a time on each

    @cached_property
    def id(self) -> str:
        inputs = {name: f'"{step.id}"' for name, step in self.inputs.items()}  # text at once: there may be dozens
        texts = {
            "step": canonical_json(self.name),
            "version": canonical_json(self.version),
            "settings": canonical_json(self.settings),
            "inputs": object_text(inputs),
        }
        return text_fingerprint(object_text(texts), length=20)

    @cached_property
    def key(self) -> str:
        """Folder name in the store: readable and unique."""
        return f"{self.name}-{self.id}"

    def __hash__(self) -> int:
        return hash(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and other.id == self.id
