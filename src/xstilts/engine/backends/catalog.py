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
from xstilts.engine.backends.ray import Ray
from xstilts.engine.backends.slurm import Slurm
from xstilts.engine.backends.subprocesses import Local


@dataclass(frozen=True)
class NamedBackend:
    """A backend by name, and how it is made for one run.

    argument: what stands after a colon behind the name, as it is shown; `make` gets it second.
    is_optional: the name may stand alone as well.
    elsewhere: steps run on other machines, whose devices cannot be looked at here; of one whose name alone means this
        machine (`is_here_alone`) with its argument.
    """

    name: str
    make: Callable[..., Backend]
    argument: str = ""
    is_optional: bool = False
    elsewhere: bool = False
    is_here_alone: bool = False

    @property
    def forms(self) -> tuple[str, ...]:
        """The ways in which it is written."""
        alone = (self.name,) if self.is_optional or not self.argument else ()
        return (*alone, f"{self.name}:{self.argument}") if self.argument else alone


BACKENDS: Catalog[NamedBackend] = Catalog(
    "backend",
    NamedBackend("inline", Inline.for_run),
    NamedBackend("local", Local.for_run),
    NamedBackend("command", Command.for_run, argument="TEMPLATE", elsewhere=True),
    NamedBackend("slurm", Slurm.for_run, argument="FILE", is_optional=True, elsewhere=True),
    NamedBackend("ray", Ray.for_run, argument="HOST:PORT", is_optional=True, elsewhere=True, is_here_alone=True),
)


def find_backend(text: str) -> tuple[NamedBackend, tuple[str, ...]]:
    """Return the backend that `NAME` or `NAME:ARGUMENT` stands for, and the arguments after the share.

    Raises StudyError for an unknown name, and for an argument where none belongs or where one is missing."""
    name, colon, argument = text.partition(":")
    found = BACKENDS.find(name, where=OPTION)
    is_written_so = bool(found.argument and argument) if colon else found.name in found.forms
    if not is_written_so:
        forms = " or ".join(f"`{form}`" for form in found.forms)
        raise StudyError(f"it is written {forms}.", where=OPTION, value=text)
    return found, (argument,) if argument else ()


def is_elsewhere(text: str | None) -> bool:
    """Say whether steps of this backend run on other machines. Raises StudyError as `find_backend` does."""
    if text is None:
        return False
    found, arguments = find_backend(text)
    return found.elsewhere and (bool(arguments) or not found.is_here_alone)


def make_backend(share: MachineShare, text: str | None = None) -> Backend:
    """Return the backend of this name; without one, this process for one job and child processes for several.

    Raises StudyError as `find_backend` and the backend itself do."""
    found, arguments = find_backend(text or ("inline" if share.jobs == 1 else "local"))
    return found.make(share, *arguments)
