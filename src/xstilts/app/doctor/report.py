"""The report of the doctor: everything that `xstilts doctor` looks at, at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from xstilts.app.doctor.installation import Installation, look_at_installation
from xstilts.app.doctor.machine import Machine, look_at_machine
from xstilts.app.doctor.places import (
    DataFolder,
    Network,
    StorePlace,
    StudyNeeds,
    look_at_data,
    look_at_network,
    look_at_store,
    needs_of_studies,
)
from xstilts.pipeline.options import Options


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is here to run studies with."""

    machine: Machine
    installation: Installation
    store: StorePlace
    data: tuple[DataFolder, ...]
    network: Network
    studies: tuple[StudyNeeds, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: what `xstilts doctor --json` prints."""
        studies = [{**asdict(one), "runs_offline": one.runs_offline} for one in self.studies]
        return {**asdict(self), "studies": studies}


def examine(options: Options) -> Findings:
    """Look at everything; nothing is run, written or fetched. Raises DataError for a data folder that is not there."""
    roots = options.roots
    return Findings(
        machine=look_at_machine(options),
        installation=look_at_installation(),
        store=look_at_store(roots.store),
        data=look_at_data(roots.data),
        network=look_at_network(roots.offline),
        studies=tuple(needs_of_studies(options)),
    )
