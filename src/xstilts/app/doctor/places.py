"""Places: the store, data folders, the network, and what packaged studies would need of them."""

from __future__ import annotations

import os
import shutil
import socket
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from xstilts.core.errors import DataError, EncoderError
from xstilts.data.hub import hub_address
from xstilts.data.locate import Roots, locate_files
from xstilts.engine.store import Store
from xstilts.models.encoders import find_encoder
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.study.load import apply_scale, load_study, packaged_studies
from xstilts.study.needs import needed_sources
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study

CONNECT_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class StorePlace:
    """The store: bytes and steps in it, bytes free on its disk; writable: whether it, or what it would be made in,
    may be written to."""

    folder: str
    exists: bool
    writable: bool
    bytes: int
    steps: int
    free: int


@dataclass(frozen=True, kw_only=True)
class DataFolder:
    """A data folder, and how many files and folders lie directly in it."""

    folder: str
    entries: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """Whether the hub is reached. state: "forbidden", "reached" or "not reached"; address: what was asked."""

    state: str
    address: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class StudyNeeds:
    """What a packaged study, or a scale of it, needs: files of so many tasks and languages (`sources`), of which some
    are here, some are packaged samples, some can be fetched and some are only had by hand."""

    study: str
    scale: str
    encoder: str
    encoder_is_here: bool
    sources: int
    here: int
    samples: int
    to_fetch: int
    missing: int

    @property
    def runs_offline(self) -> bool:
        return self.encoder_is_here and self.here + self.samples == self.sources


def look_at_store(folder: Path) -> StorePlace:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    used = Store(folder).du() if folder.is_dir() else {}
    return StorePlace(
        folder=str(folder),
        exists=folder.is_dir(),
        writable=os.access(existing, os.W_OK),
        bytes=sum(usage.bytes for usage in used.values()),
        steps=sum(usage.steps for usage in used.values()),
        free=shutil.disk_usage(existing).free,
    )


def look_at_data(folders: Iterable[Path]) -> tuple[DataFolder, ...]:
    return tuple(DataFolder(folder=str(folder), entries=sum(1 for _ in folder.iterdir())) for folder in folders)


def look_at_network(offline: bool, seconds: float = CONNECT_SECONDS) -> Network:
    """Return whether a connection to the hub, or to the proxy before it, opens in time. Nothing is sent or fetched."""
    address = hub_address()
    if offline:
        return Network(state="forbidden", address=address, reason="by --offline or the environment")
    through = urllib.request.getproxies().get(urlsplit(address).scheme)
    parts = urlsplit(through if through and "://" in through else f"//{through}" if through else address)
    try:
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
        with socket.create_connection((parts.hostname or "", port), timeout=seconds):
            return Network(state="reached", address=address, reason="through a proxy" if through else "")
    except (OSError, ValueError) as error:
        said = (
            "no answer in time" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or str(error)
        )
        return Network(state="not reached", address=address, reason=said)


def needs_of_studies(options: Options) -> Iterator[StudyNeeds]:
    """Yield what each packaged study needs as it stands, and at each of its scales. Nothing is fetched."""
    for name in packaged_studies():
        study = load_study(name)
        for scale in ("", *study.scale):
            yield _needs(name, scale, apply_scale(study, scale or None), options)


def _needs(name: str, scale: str, study: Study, options: Options) -> StudyNeeds:
    roots, encoder = options.roots, study.encoder.name
    sources = needed_sources(resolve_study(study, catalog_for(study, options), roots.data))
    counts = {"data": 0, "store": 0, "sample": 0, "to fetch": 0, "missing": 0}
    for source in sources:
        try:
            counts[locate_files(source, roots).kind] += 1
        except DataError:
            counts["to fetch" if any(place.can_be_fetched for place in source.places) else "missing"] += 1
    return StudyNeeds(
        study=name,
        scale=scale,
        encoder=encoder,
        encoder_is_here=_is_here(encoder, roots),
        sources=len(sources),
        here=counts["data"] + counts["store"],
        samples=counts["sample"],
        to_fetch=counts["to fetch"],
        missing=counts["missing"],
    )


def _is_here(encoder: str, roots: Roots) -> bool:
    try:
        find_encoder(encoder, roots, packaged_encoders())
    except EncoderError:
        return False
    return True
