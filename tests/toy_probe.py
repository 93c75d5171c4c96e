"""A toy probe of minimal pairs: `pairs.tsv` with the columns "right" and "wrong"."""

from __future__ import annotations

from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import PairChoiceRow
from xstilts.data.source import Place, Source
from xstilts.kinds.pair_probe import PairProbe
from xstilts.tasks.base import Origin, Task

_PAIRS = Source(
    places=(Place(read=Tsv(header=True), row=PairChoiceRow(good="right", bad="wrong"), files=("pairs.tsv",)),)
)
TASKS = (
    Task(name="probe", kind=PairProbe(), train=_PAIRS, test={"en": _PAIRS}, origin=Origin(licence="none", cite="none")),
)
