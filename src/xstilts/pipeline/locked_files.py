"""Files that the lock of a study lists: data, models, lexicons, each by a name that is the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from xstilts.core.errors import DataError, EncoderError
from xstilts.core.fingerprints import file_fingerprint
from xstilts.data.locate import Roots, locate_files, place_addresses, plain_names, revision_key
from xstilts.data.lock import Lock, LockEntry, fingerprint_cache, read_lock
from xstilts.data.read import resolve_source
from xstilts.data.source import Source
from xstilts.data.study_lock import FilesRead, LockEntries, encoder_key, translator_key
from xstilts.models.encoders import ChangedEncoderError, encoder_files, find_encoder
from xstilts.models.store import ModelContent
from xstilts.models.translators import find_translator, translator_files
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.study.needs import needed_sources, needed_translators
from xstilts.study.resolve import ResolvedStudy

ENCODER_FILES, TRANSLATOR_FILES, NOISE_FILES = "encoder/", "translators/", "noise/"


def files_read(resolved: ResolvedStudy, roots: Roots, *, planning: bool = False) -> FilesRead:
    """Return the files that a study reads and that are here, and what of the others can be fetched.

    planning: what is not here yet is expected, where it can be had. Raises DataError and EncoderError for a file that
    was fetched and has changed."""
    collected = _Collected(roots, planning)
    for source in needed_sources(resolved):
        collected.add_source(source)
    collected.add_encoder(resolved.study.encoder.name)
    for name in needed_translators(resolved):
        collected.add_translator(name)
    collected.add_noise(resolved.perturbed.files_read())
    return FilesRead(
        lock=Lock(collected.revisions, collected.entries.files),
        expected=tuple(collected.expected),
        expected_models=tuple(collected.expected_models),
    )


class _Collected:
    """What is found of a study's files."""

    def __init__(self, roots: Roots, planning: bool) -> None:
        self.roots, self.planning = roots, planning and not roots.offline
        self.entries, self.revisions = LockEntries(), dict[str, str]()
        self.expected: list[tuple[tuple[str, ...], ...]] = []
        self.expected_models: list[str] = []

    def add_source(self, source: Source) -> None:
        try:
            located = locate_files(source, self.roots)
        except DataError:
            fetchable = [plain_names(place) for place in source.places if place.can_be_fetched]
            if self.planning and fetchable:
                self.expected.append(tuple(fetchable))
            return
        place, digests = located.place, resolve_source(source, self.roots).files
        published = "; ".join(place_addresses(place))
        origin = "comes with the program" if located.kind == "sample" else published or "a file of the study's own"
        for name, path, digest in zip(plain_names(place), located.paths, digests, strict=True):
            self.entries.add(name, LockEntry(digest, path.stat().st_size, origin))
        commits = read_lock(self.roots.store).revisions
        if place.hub and located.kind == "store" and (key := revision_key(place)) in commits:
            self.revisions[key] = commits[key]

    def add_encoder(self, name: str) -> None:
        try:
            encoder = find_encoder(name, self.roots, packaged_encoders())
        except EncoderError as error:
            self._expect(ENCODER_FILES, error)
            return
        content = encoder_files(encoder, self.roots)
        origin = "comes with the program" if encoder.folder is None else _origin(name, encoder.origin)
        self._add_model(ENCODER_FILES, encoder_key(name), content, origin)

    def add_translator(self, name: str) -> None:
        prefix = f"{TRANSLATOR_FILES}{_plain(name)}/"
        try:
            translator = find_translator(name, self.roots)
        except EncoderError as error:
            self._expect(prefix, error)
            return
        self._add_model(prefix, translator_key(name), translator_files(translator, self.roots), _origin(name))

    def add_noise(self, paths: Iterable[Path]) -> None:
        for path in paths:
            digest = file_fingerprint(path, fingerprint_cache(self.roots.store))
            entry = LockEntry(digest, path.stat().st_size, "a file of the study's own")
            self.entries.add(f"{NOISE_FILES}{_below(path, self.roots.data)}", entry)

    def _add_model(self, prefix: str, key: str, content: ModelContent, origin: str) -> None:
        for file, digest in content.files.items():
            size = (content.folder / file).stat().st_size
            self.entries.add(f"{prefix}{file}", LockEntry(digest, size, origin))
        if content.commit:
            self.revisions[key] = content.commit

    def _expect(self, prefix: str, error: EncoderError) -> None:
        if isinstance(error, ChangedEncoderError):
            raise error
        if self.planning:
            self.expected_models.append(prefix)


def _origin(name: str, origin: str = "") -> str:
    """Say where a model comes from, without a path of this machine."""
    return "a folder of the study's own" if Path(name).is_dir() else origin or name


def _plain(name: str) -> str:
    """Return the name of a model as a part of a file's name; of a folder its last part."""
    return Path(name).resolve().name if Path(name).is_dir() else re.sub(r"[^\w.@-]+", "--", name)


def _below(path: Path, folders: Iterable[Path]) -> str:
    """Return the path below the folder of the study or of its data; of a file from elsewhere its name alone."""
    for folder in (*folders, Path()):
        if path.resolve().is_relative_to(folder.resolve()):
            return path.resolve().relative_to(folder.resolve()).as_posix()
    return path.name
