"""Version check of a step's process: with other versions than the run has, its results would pass for those of the run,
as an identity holds no versions."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from xstilts.core.errors import StudyError
from xstilts.core.versions import library_versions
from xstilts.engine.backends.node_check import COMPARED, differing_versions

VERSIONS = "XSTILTS_VERSIONS"  # those of the run, as its steps are told: `on=node1 xstilts=0.1.0 torch=2.13.0`
_HOST = "on"  # stands, in the place of a package, before the name of the machine that the run is on


def expected_versions() -> dict[str, str]:
    """Return the variable by which a run tells the processes of its steps which versions it has."""
    here = {_HOST: socket.gethostname(), **_versions_here()}
    return {VERSIONS: " ".join(f"{name}={version}" for name, version in here.items())}


def check_versions() -> None:
    """Raise StudyError where the run that this step belongs to has other versions; nothing is compared without one."""
    expected = dict(word.partition("=")[::2] for word in os.environ.get(VERSIONS, "").split())
    run_host = expected.pop(_HOST, "")
    if found := list(differing_versions(expected, _versions_here())):
        raise StudyError(
            f"node '{socket.gethostname()}' cannot run steps of this run, which was started on '{run_host}': "
            f"{'; '.join(found)}.",
            hint="Nodes need the same versions as the machine that the run was started on.",
        )


def _versions_here() -> Mapping[str, str]:
    """Return the versions that scores may depend on, without what follows a plus: builds for a CPU and for GPUs."""
    return {name: version.partition("+")[0] for name, version in library_versions().items() if name in COMPARED}
