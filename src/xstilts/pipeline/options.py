"""Options of a command: where data and the store are, and how much of the machine a run may use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import fingerprint
from xstilts.core.environment import is_set
from xstilts.core.errors import DataError, StoreError, StudyError, shortened
from xstilts.data.locate import Roots
from xstilts.engine.backends.catalog import is_elsewhere
from xstilts.engine.execute import DEVICES
from xstilts.engine.remote.cached_store import check_remote, make_cache, open_store
from xstilts.engine.remote.object_files import check_url

# Variables that forbid the network: ours, and those that libraries of the hub heed.
OFFLINE = ("XSTILTS_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def default_store() -> Path:
    """`XSTILTS_STORE` (a folder or a URL), else a folder in the user's cache."""
    named = os.environ.get("XSTILTS_STORE")
    return store_folder(named) if named else _user_cache() / "xstilts"


def store_folder(text: str) -> Path:
    """Return the folder of a store: of a URL (`s3://bucket/folder`), the one that caches it on this machine, which is
    made where it is missing, in `XSTILTS_STORE_CACHE` or the user's cache.

    Raises StoreError for a URL that nothing installed here can read, and for what can be no folder of a store."""
    if "://" not in text:
        check_store(Path(text))
        return Path(text)
    url = text.rstrip("/")
    check_url(url)
    name = re.sub(r"[^A-Za-z0-9.]+", "-", url.partition("://")[2])[-40:].strip("-.")
    folder = Path(os.environ.get("XSTILTS_STORE_CACHE") or _user_cache() / "xstilts-stores")
    folder = folder / f"{name}-{fingerprint(url, length=8)}"
    make_cache(folder, url)
    return folder


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def data_folders(named: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return the folders named, then those in `XSTILTS_DATA` (separated like PATH). Raises DataError when one does not
    exist."""
    folders = [*named, *(Path(part) for part in os.environ.get("XSTILTS_DATA", "").split(os.pathsep) if part)]
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"The data folder '{folder}' does not exist.")
    return tuple(folders)


def check_store(folder: Path) -> None:
    """Raises StoreError for what can be no folder of a store. Nothing is made."""
    if re.match(r"[a-z0-9]{2,}:/[^/]", str(folder)):
        raise StoreError(
            f"'{folder}' was a URL before it was made a path.", hint="In Python, `store_folder(URL)` is the path."
        )
    try:
        if "\0" in str(folder):  # which `exists` takes for a folder that is not there
            raise ValueError("embedded null byte")
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"The store '{folder}' is a file.", hint="Give a folder to `--store` or XSTILTS_STORE.")
    except (OSError, ValueError) as error:
        raise StoreError(f"'{shortened(str(folder))}' cannot be a store: {_reason(error)}.", where="--store") from error


def make_store(folder: Path) -> None:
    """Make the folder of a store. Raises StoreError where nothing can be written, here or where its artefacts go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "steps").mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"There can be no store in '{folder}': {_reason(error)}.",
            where="--store",
            hint="Give another folder to `--store` or XSTILTS_STORE.",
        ) from error
    check_remote(open_store(folder))


def _reason(error: OSError | ValueError) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The folders of data and store, and how much of the machine to use. Nothing but the device and the threads
    changes a number, and they only in its last digits."""

    data: tuple[Path, ...] = ()
    store: Path = field(default_factory=default_store)
    offline: bool = False
    jobs: int = 1
    threads: int | None = None  # of one step; None: all cores shared by the jobs
    data_parallel: int = 1  # processes that share the rows of each update of a training, a device each
    device: str | None = None  # None: CUDA where there is one
    tasks: tuple[str, ...] = ()  # "package.module:TASKS"
    lock: Path | None = None  # the lock of the study (`data.study_lock`), which its files are compared with
    backend: str | None = None  # a name of engine.backends.catalog; None: by the number of jobs

    @property
    def is_offline(self) -> bool:
        """Whether nothing may be fetched, by what was asked for or by the environment."""
        return any([self.offline, *map(is_set, OFFLINE)])

    @property
    def roots(self) -> Roots:
        check_store(self.store)
        return Roots(data=data_folders(self.data), store=self.store, offline=self.is_offline)


def device_name(device: str | None) -> str | None:
    """Return the name of a device as torch has it. Raises StudyError for a text that is none."""
    if device is None or re.fullmatch(r"cpu|cuda(:\d{1,3})?", device):
        return device
    raise StudyError(
        f"There is no device '{shortened(device)}'.",
        where="--device",
        value=device,
        allowed=("cpu", "cuda", "cuda:0", "cuda:1"),
    )


def device_teams(found: Sequence[str], options: Options) -> list[str]:
    """Return what each computing step takes of some devices: one, or as many as train together, with commas between.
    Raises StudyError where there are fewer."""
    size = options.data_parallel
    if size == 1:
        return list(found)
    if found[0] == "cpu":
        return [DEVICES.join(["cpu"] * size)]
    teams = [DEVICES.join(found[first : first + size]) for first in range(0, len(found) - size + 1, size)]
    if not teams:
        raise StudyError(
            f"A training on {size} GPUs is asked for, and there is {found[0]} alone."
            if len(found) == 1
            else f"A training on {size} GPUs is asked for, and there are {len(found)}.",
            where="--data-parallel",
            hint="Leave --device out to use all of them, or train on fewer.",
        )
    return teams


def devices(options: Options) -> list[str]:
    """Devices that steps may take: the one asked for, else every CUDA device, else the CPU. For steps that run on other
    machines the one asked for is taken on trust, without one the CPU. Raises StudyError for one that this machine does
    not have."""
    device = device_name(options.device)
    if device == "cpu" or is_elsewhere(options.backend):
        several = device == "cuda" and options.data_parallel > 1
        return [f"cuda:{number}" for number in range(options.data_parallel)] if several else [device or "cpu"]
    import torch

    if device is not None:
        number = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(device.partition(":")[2] or 0) >= number:
            here = f"{number} CUDA device{'s' if number > 1 else ''}" if number else "no CUDA device that torch can use"
            hint = "Leave --device out, or give cpu." if not number else f"They are cuda:0 to cuda:{number - 1}."
            raise StudyError(f"This machine has {here}, and '{device}' is asked for.", where="--device", hint=hint)
        return [device]
    return [f"cuda:{i}" for i in range(torch.cuda.device_count())] or ["cpu"]
