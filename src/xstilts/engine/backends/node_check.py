"""A check of a node before steps run there: does it have the same versions, and see the same files?

`look` is sent to nodes as text of its own, for the program may be missing there: it uses the standard library alone.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.core.io_errors import make_folder, writing
from xstilts.engine.leases import no_new_runs

COMPARED = ("xstilts", "torch", "transformers", "tokenizers")  # versions that scores may depend on
View = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a node is asked for: a lock file in the store, which the run holds, and folders with data."""

    lock: Path
    store: Path
    folders: tuple[Path, ...] = ()

    def words(self) -> tuple[Any, ...]:
        """The arguments of `look`."""
        return COMPARED, str(self.lock), tuple(map(str, self.folders))


@contextmanager
def ticket(store: Path, folders: Sequence[Path]) -> Iterator[Ticket]:
    """Hold a new lock in the store inside the block, for nodes to find. It lies among the leases, so that the next run
    removes that of one that was killed."""
    lock = (store / "locks" / "leases" / f"nodes-{uuid.uuid4().hex[:12]}.lock").absolute()
    make_folder(lock.parent)
    with no_new_runs(store):
        with writing(lock):
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield Ticket(lock=lock, store=store.absolute(), folders=tuple(folder.absolute() for folder in folders))
    finally:
        os.close(handle)
        lock.unlink(missing_ok=True)


def make_look() -> Callable[..., dict[str, Any]]:
    """Return the function that a node runs: (names of packages, lock file, folders) -> what it finds. Made here, as
    only a function without an importable name is sent as a whole."""

    def look(packages: Sequence[str], lock: str, folders: Sequence[str]) -> dict[str, Any]:
        import fcntl
        import importlib.metadata
        import socket
        from pathlib import Path

        versions: dict[str, str | None] = {}
        for package in packages:
            try:
                versions[package] = importlib.metadata.version(package).partition("+")[0]
            except importlib.metadata.PackageNotFoundError:
                versions[package] = None
        state = "missing"
        if Path(lock).exists():
            with Path(lock).open("rb+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    state = "not locked"
                except BlockingIOError:
                    state = "locked"
        unseen = [folder for folder in folders if not Path(folder).is_dir()]
        return {"node": socket.gethostname(), "versions": versions, "lock": state, "unseen": unseen}

    return look


def compare(here: View, there: Sequence[View], asked: Ticket, where: str) -> None:
    """Raise StudyError for nodes whose view differs from that of this machine, in one paragraph about the first."""
    refused = [(view, found) for view in there if (found := list(_differences(here, view, asked)))]
    if not refused:
        return
    view, found = refused[0]
    more = f" The same or like it on {len(refused) - 1} more." if refused[1:] else ""
    raise StudyError(
        f"node '{view['node']}' cannot run steps of this run, which was started on '{here['node']}': "
        f"{'; '.join(found)}.{more}",
        where=where,
        hint="Nodes need the same versions as this machine, and the store and the data under the same paths.",
    )


def _differences(here: View, there: View, asked: Ticket) -> Iterator[str]:
    yield from differing_versions(here["versions"], there["versions"])
    if there["lock"] == "missing":
        yield f"it does not see the store '{asked.store}'"
    elif there["lock"] == "not locked":
        yield f"locks of one machine do not hold on the other in the store '{asked.store}'"
    for folder in there["unseen"]:
        yield f"it does not see the data in '{folder}'"


def differing_versions(here: Mapping[str, str | None], there: Mapping[str, str | None]) -> Iterator[str]:
    """Yield, of each package in `here`, that its version is another one there; None or nothing: it is missing.

    >>> list(differing_versions({"torch": "2.1", "xstilts": "1"}, {"xstilts": "1"}))
    ['torch is missing there and 2.1 here']
    """
    for package, version in here.items():
        if (other := there.get(package)) != version:
            yield f"{package} is {other or 'missing'} there and {version or 'missing'} here"
