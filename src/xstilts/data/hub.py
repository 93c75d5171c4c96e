"""Fetching from the hub first, then from the original addresses. What comes is locked by revision and checksum.

A hub place asks for the commit it names, or for the one in the lock, or (the first time) for the newest, which is then
locked. Files go to the store's `data/` under the names `locate.layouts` gives them; archives are kept in `archives/`
there, so that several places can take their members from one download.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from xstilts.core.errors import DataError
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.io_errors import writing
from xstilts.data.archives import extract_member
from xstilts.data.hub_answer import understood
from xstilts.data.locate import Roots, place_addresses, place_layouts, plain_names, revision_key
from xstilts.data.lock import (
    Lock,
    add_to_lock,
    check_digest,
    checked_commit,
    data_folder,
    fingerprint_cache,
    lock_entry,
    read_lock,
)
from xstilts.data.look import check_fetched
from xstilts.data.source import Place
from xstilts.engine.drafts import draft

Announce = Callable[[str], None]
_TIMEOUT = 30  # seconds without an answer


class NoNetworkError(DataError):
    """Nothing answered, or fetching is switched off. Trying further places would only wait again."""

    no_network = True


class _RefusedError(Exception):
    """One way to fetch failed; `answered` when a server said no, as opposed to silence."""

    def __init__(self, reason: str, answered: bool) -> None:
        super().__init__(reason)
        self.answered = answered


@dataclass(frozen=True, slots=True)
class _FileToFetch:
    """A file to put at `name`, from `address` itself or from its `member` once it lies at `archive`."""

    name: str
    address: str
    member: str
    archive: str


PUBLIC_HUB = "https://huggingface.co"


def hub_address() -> str:
    """Return the address of the hub: `HF_ENDPOINT`, else the public one."""
    return os.environ.get("HF_ENDPOINT") or PUBLIC_HUB


def fetch_place(
    place: Place, roots: Roots, say: Announce = lambda text: None, endpoint: str | None = None
) -> tuple[Path, ...]:
    """Fetch the files of a place into the store and return their paths; files that are there already are checked.

    Arguments
        say: told, in words, what is being fetched.
        endpoint: address of the hub; None: `HF_ENDPOINT`, else the public hub.

    Raises NoNetworkError when offline or when nothing answered, DataError when every way was refused or a file differs
    from its lock, StoreError when the disk is full.
    """
    needed = ", ".join(place.files)
    if not place.can_be_fetched:
        raise DataError(f"'{needed}' cannot be fetched: its place has no address.")
    ways: list[Callable[[], tuple[Path, ...]]] = []
    if place.hub:
        ways.append(partial(_from_hub, place, roots, say, endpoint or os.environ.get("HF_ENDPOINT")))
    if place.urls:
        ways.append(partial(_from_urls, place, roots, say))
    refusals: list[_RefusedError] = []
    for way in ways:
        try:
            if roots.offline:
                raise _RefusedError("fetching is switched off", answered=False)
            with writing(data_folder(roots.store)):
                return way()
        except _RefusedError as refusal:
            refusals.append(refusal)
    reasons = "; ".join(dict.fromkeys(map(str, refusals)))
    kind = DataError if any(refusal.answered for refusal in refusals) else NoNetworkError
    raise kind(
        f"'{needed}' cannot be fetched from {' or '.join(place_addresses(place))}: {reasons}.",
        hint="Without a network, give a folder that holds the files with --data DIR or XSTILTS_DATA, or carry them "
        "here with `xstilts data pack` and `xstilts data unpack`.",
    )


def _from_hub(place: Place, roots: Roots, say: Announce, endpoint: str | None) -> tuple[Path, ...]:
    repo, lock = str(place.hub), read_lock(roots.store)
    with _hub_errors(repo):
        revision = lock.revisions.get(revision_key(place)) or _commit(place, endpoint)
    lock = Lock({**lock.revisions, revision_key(place): revision}, lock.files)
    files = [
        _FileToFetch(name, file, member, f"archives/hub/{repo}/{revision}/{file}" if member else "")
        for name, file, member in zip(next(place_layouts(place, lock)), place.files, _members(place), strict=True)
    ]

    def download(file: str, target: Path) -> str:
        import huggingface_hub

        say(f"fetching {file} of {repo}")
        with _hub_errors(repo):
            came = huggingface_hub.hf_hub_download(
                repo, file, repo_type="dataset", revision=revision, local_dir=target.parent, endpoint=endpoint
            )
        Path(came).replace(target)
        return f"hf://datasets/{repo}@{revision}/{file}"

    return _take(files, roots, Lock({revision_key(place): revision}), say, download)


def _commit(place: Place, endpoint: str | None) -> str:
    """Return the commit a place names, or the newest one."""
    if place.revision and re.fullmatch(r"[0-9a-f]{40}", place.revision):
        return place.revision
    from huggingface_hub import HfApi

    repo = str(place.hub)
    try:
        with understood(repo):
            answer = HfApi(endpoint=endpoint).dataset_info(repo, revision=place.revision, timeout=_TIMEOUT).sha
    except DataError as error:
        raise _RefusedError(error.what.rstrip("."), answered=True) from error
    return checked_commit(answer, repo)


@contextmanager
def _hub_errors(repo: str) -> Iterator[None]:
    """Turn what the hub's client raises into `_RefusedError`. The client's own error derives from that of its HTTP
    library, whichever this version uses."""
    from huggingface_hub.errors import HfHubHTTPError

    network: tuple[type[BaseException], ...] = (OSError, *HfHubHTTPError.__bases__)
    try:
        yield
    except network as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
            raise  # the disk
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise _RefusedError(f"{repo} ({first_line})", isinstance(error, HfHubHTTPError)) from error


def _from_urls(place: Place, roots: Roots, say: Announce) -> tuple[Path, ...]:
    names = plain_names(place)
    files = [
        _FileToFetch(name, url, member, _archive_of(url) if member else "")
        for name, url, member in zip(names, place.urls, _members(place), strict=True)
    ]

    def download(url: str, target: Path) -> str:
        say(f"fetching {url}")
        _download(url, target)
        return url

    return _take(files, roots, Lock(), say, download)


def _archive_of(url: str) -> str:
    return f"archives/{hashlib.sha256(url.encode()).hexdigest()[:12]}/{PurePosixPath(url).name}"


def _download(url: str, target: Path) -> None:
    if not url.startswith(("https://", "http://")):
        raise DataError(f"'{url}' is not a web address.")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, target.open("wb") as out:
            shutil.copyfileobj(answer, out)
            expected = answer.headers.get("Content-Length")
            if expected is not None and out.tell() != int(expected):
                raise _RefusedError(f"{url} ended after {out.tell()} of {expected} bytes", answered=True)
    except urllib.error.HTTPError as error:
        raise _RefusedError(f"{url} answered {error.code} {error.reason}", answered=True) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise _RefusedError(f"{url} did not answer ({error})", answered=False) from error


def _take(
    files: Sequence[_FileToFetch], roots: Roots, news: Lock, say: Announce, download: Callable[[str, Path], str]
) -> tuple[Path, ...]:
    """Put the wanted files into the data folder and lock each, with the revisions in `news`. A file that differs from
    its lock never reaches its place."""
    folder = data_folder(roots.store)

    def is_here(name: str) -> bool:
        entry = read_lock(roots.store).files.get(name)
        if entry is None or not (folder / name).is_file():
            return False
        digest = file_fingerprint(folder / name, fingerprint_cache(roots.store))
        check_digest(name, entry.sha256, digest, str(folder / name))
        return True

    def put_file(name: str, make: Callable[[Path], str]) -> None:
        if is_here(name):
            return
        with draft(folder, name, say) as home:
            if is_here(name):  # another process has fetched it meanwhile
                return
            origin = make(home / "file")
            check_fetched(home / "file", name, origin)
            entry = lock_entry(home / "file", origin)
            if locked_entry := read_lock(roots.store).files.get(name):
                check_digest(name, locked_entry.sha256, entry.sha256, origin)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (home / "file").replace(folder / name)
            add_to_lock(roots.store, Lock(news.revisions, {name: entry}))

    def unpack(file: _FileToFetch, target: Path) -> str:
        put_file(file.archive, partial(download, file.address))
        extract_member(folder / file.archive, file.member, target)
        return f"{read_lock(roots.store).files[file.archive].origin}#{file.member}"

    for file in files:
        put_file(file.name, partial(unpack, file) if file.archive else partial(download, file.address))
    add_to_lock(roots.store, news)
    return tuple(folder / file.name for file in files)


def _members(place: Place) -> tuple[str, ...]:
    return place.members or ("",) * len(place.files)
