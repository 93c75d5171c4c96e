"""The catalogue of backends: where the steps of a run can be executed, by name.

A further backend is one file here with a class that is a `base.Backend`, and one line below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.engine.backends.base import OPTION, Backend, MachineShare
from xstilts.engine.backends.command import Command
from xstilts.engine.backends.inline import Inline
from xstilts.engine.backends.slurm import Slurm
from xstilts.engine.backends.subprocesses import Local


@dataclass(frozen=True)
class NamedBackend:
    """A backend by name, and how it is made for one run. `argument`: what stands after a colon behind the name, as it
    is shown; `make` gets it second. `is_optional`: the argument may be left out. `elsewhere`: steps run on other
    machines, whose devices cannot be looked at here.
    """

    name: str
    make: Callable[..., Backend]
    argument: str = ""
    is_optional: bool = False
    elsewhere: bool = False

    @property
    def form(self) -> str:
        """How it is written: `NAME`, `NAME:ARGUMENT` or `NAME[:ARGUMENT]`."""
        argument = f":{self.argument}" if self.argument else ""
        return f"{self.name}[{argument}]" if self.is_optional else f"{self.name}{argument}"


BACKENDS: Catalog[NamedBackend] = Catalog(
    "backend",
    NamedBackend("inline", Inline.for_run),
    NamedBackend("local", Local.for_run),
    NamedBackend("command", Command.for_run, argument="TEMPLATE", elsewhere=True),
    NamedBackend("slurm", Slurm.for_run, argument="FILE", is_optional=True, elsewhere=True),
)


def find_backend(text: str) -> tuple[NamedBackend, tuple[str, ...]]:
    """Return the backend that `NAME` or `NAME:ARGUMENT` stands for, and the arguments after the share.

    Raises StudyError for an unknown name, and for an argument where none belongs or where one is missing."""
    name, colon, argument = text.partition(":")
    found = BACKENDS.find(name, where=OPTION)
    is_missing = not argument and bool(colon or not found.is_optional)
    if is_missing if found.argument else colon:
        raise StudyError(f"it is written `{found.form}`.", where=OPTION, value=text)
    return found, (argument,) if argument else ()


def make_backend(share: MachineShare, text: str | None = None) -> Backend:
    """Return the backend of this name; without one, this process for one job and child processes for several.

    Raises StudyError as `find_backend` and the backend itself do."""
    found, arguments = find_backend(text or ("inline" if share.jobs == 1 else "local"))
    return found.make(share, *arguments)
