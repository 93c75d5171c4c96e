"""Check a store: every artefact, fetched file and model against the checksums that were written with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import XstiltsError
from xstilts.core.files import read_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.data.lock import data_folder, read_lock
from xstilts.engine.remote.cached_store import open_store


@dataclass(frozen=True, kw_only=True)
class CheckedItem:
    """One thing in a store. `problem` is what is wrong, in words; "" where nothing is."""

    name: str  # "steps/<key>", "data/<file>", "encoders/<folder>/<file>"
    problem: str


def check_store(root: Path) -> Iterator[CheckedItem]:
    """Yield every artefact, fetched data file and file of a fetched model. Reads all of them."""
    for key, problem in open_store(root).check():
        yield CheckedItem(name=f"steps/{key}", problem=problem)
    try:
        for name, entry in read_lock(root).files.items():
            yield _checked(root, f"data/{name}", data_folder(root) / name, entry.sha256)
    except XstiltsError as error:
        yield CheckedItem(name="data/lock.json", problem=error.what)
    for models in ("encoders", "translators", "adapters"):
        for record_file in sorted((root / models).glob("*.json")):
            yield from _models(root, models, record_file)


def _models(root: Path, models: str, record_file: Path) -> Iterator[CheckedItem]:
    try:
        record = read_json(record_file)
        files = [(f"{record['folder']}/{file}", digest) for file, digest in record["files"].items()]
    except (XstiltsError, KeyError, TypeError, AttributeError):
        yield CheckedItem(name=f"{models}/{record_file.name}", problem="is no record of a model")
        return
    for name, digest in files:
        yield _checked(root, f"{models}/{name}", root / models / name, digest)


def _checked(root: Path, name: str, path: Path, digest: str) -> CheckedItem:
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return CheckedItem(name=name, problem="lies outside the store")
        if not path.is_file():
            return CheckedItem(name=name, problem="is gone")
        same = file_fingerprint(path) == digest
    except (XstiltsError, OSError) as error:
        return CheckedItem(name=name, problem=f"cannot be read: {error}")
    return CheckedItem(name=name, problem="" if same else "has other content than was written")
