"""The catalogue of backends: where the steps of a run can be executed, by name.

A further backend is one file here with a class that is a `base.Backend`, and one line below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xstilts.core.catalog import Catalog
from xstilts.engine.backends.base import Backend, MachineShare
from xstilts.engine.backends.inline import Inline
from xstilts.engine.backends.subprocesses import Local


@dataclass(frozen=True)
class NamedBackend:
    """A backend by name, and how it is made for one run."""

    name: str
    make: Callable[[MachineShare], Backend]


BACKENDS: Catalog[NamedBackend] = Catalog(
    "backend",
    NamedBackend("inline", Inline.for_run),
    NamedBackend("local", Local.for_run),
)


def make_backend(share: MachineShare, name: str | None = None) -> Backend:
    """Return the backend of this name; without one, this process for one job and child processes for several.

    Raises StudyError for an unknown name."""
    return BACKENDS.find(name or ("inline" if share.jobs == 1 else "local"), where="backend").make(share)
