"""Find an encoder by name: a packaged one, a local folder, or one on the hub.

What is found is a folder in the ordinary Hugging Face layout (config.json, safetensors, tokenizer.json) and a digest of
its content; a packaged encoder that is built on the machine is instead a step of the run graph, with its recipe as
identity.

What was fetched, or carried here by `xstilts data unpack`, lies in the store's `encoders/`: the files in
`<owner>--<name>/<commit>/`, and for each name a study calls it by a record that locks the commit and the content,
`{"name", "folder", "files": {file: sha-256}}`. The record is written last.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.canonical import fingerprint
from xstilts.core.disk import writing
from xstilts.core.errors import EncoderError, XstiltsError
from xstilts.core.files import file_fingerprint, read_json, write_atomic
from xstilts.data.locate import Roots
from xstilts.engine.step import Step
from xstilts.study.phase import EncoderRef

Say = Callable[[str], None]

HOME = "encoders"  # below the store
MODEL = {"config.json": "config.json", "safetensors weights": "*.safetensors"}
WANTED = (
    "config.json",
    "*.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentencepiece.bpe.model",
    "vocab.txt",
    "spiece.model",
)


class ChangedEncoderError(EncoderError):
    """A file of a fetched encoder is not what was fetched."""


@dataclass(frozen=True, kw_only=True)
class FoundEncoder:
    """An encoder that can be used: a folder that is here, or the step that builds it."""

    ref: EncoderRef
    folder: Path | None = None
    step: Step | None = None

    def config(self) -> Mapping[str, Any]:
        """config.json as plain JSON; {} while the encoder is not built yet."""
        return read_json(self.folder / "config.json") if self.folder else {}


def find_encoder(name: str, roots: Roots, built: Mapping[str, Step], *, fetch: Say | None = None) -> FoundEncoder:
    """`name`: a packaged encoder (a key of `built`), a folder, or `owner/name[@revision]` on the hub. With `fetch`, one
    that is not here is fetched from the hub (`HF_ENDPOINT`), announced through it.

    Raises EncoderError when it is none of them, is on the hub and cannot be fetched, or is not what was fetched."""
    if name in built:
        step = built[name]
        return FoundEncoder(ref=EncoderRef(identity=step.id, name=name), step=step)
    if Path(name).is_dir():
        return from_folder(Path(name), name, roots)
    folder = _in_store(name, roots)
    if folder is None:
        repo = name.partition("@")[0]
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", repo):
            raise EncoderError(f"'{name}' is neither a folder nor the name of an encoder.", value=name, allowed=built)
        if fetch is None or roots.offline:
            raise EncoderError(
                f"The encoder '{name}' is not here: it is not a folder, not packaged, and not yet in the store.",
                value=name,
                allowed=built,
                hint="`xstilts run` and `xstilts data get` fetch it from the hub. Without a network, give a folder, "
                "or carry it here with `xstilts data pack` and `xstilts data unpack`.",
            )
        fetch(f"fetching the encoder {name}")
        folder = _download(name, roots, built)
    return from_folder(folder, name, roots)


def from_folder(folder: Path, name: str, roots: Roots) -> FoundEncoder:
    """An encoder in an ordinary Hugging Face folder; a checkpoint of ours is one too (its `encoder/`)."""
    inner = folder / "encoder"
    if not (folder / "config.json").is_file() and (inner / "config.json").is_file():
        folder = inner
    _require(folder, name, {**MODEL, "tokenizer.json": "tokenizer.json"})
    identity = fingerprint(_digests(folder, roots), length=20)
    return FoundEncoder(ref=EncoderRef(identity=identity, name=name), folder=folder)


def _require(folder: Path, name: str, needed: Mapping[str, str]) -> None:
    for what, pattern in needed.items():
        if not any(folder.glob(pattern)):
            raise EncoderError(
                f"'{name}' is not an encoder that can be used: it has no {what}.",
                where=str(folder),
                hint="Needed: config.json, weights as safetensors (no other format is read), and a tokenizer.",
            )


def carried(found: FoundEncoder, roots: Roots) -> dict[str, Path | bytes]:
    """All that another machine's store needs to find this encoder by the same name: path below the store -> a file, or
    its content. {} for a packaged encoder, which every installation has."""
    if found.folder is None:
        return {}
    home = roots.store.resolve() / HOME
    here = found.folder.resolve()
    place = here.relative_to(home).as_posix() if here.is_relative_to(home) else f"folders/{found.ref.identity}"
    digests = _digests(found.folder, roots)
    files: dict[str, Path | bytes] = {f"{HOME}/{place}/{name}": found.folder / name for name in digests}
    record = _record_file(found.ref.name, roots).relative_to(roots.store).as_posix()
    return {**files, record: _record(found.ref.name, place, digests).encode()}


def _digests(folder: Path, roots: Roots) -> dict[str, str]:
    """sha-256 of every file of an encoder folder that matters, by name."""
    cache = roots.store / "cache" / "fingerprints.json"
    files = sorted({path for pattern in WANTED for path in folder.glob(pattern)})
    return {path.name: file_fingerprint(path, cache) for path in files}


def _record_file(name: str, roots: Roots) -> Path:
    readable = re.sub(r"[^\w.@-]+", "-", name).strip("-")[-60:]
    return roots.store / HOME / f"{readable}.{fingerprint(name, length=8)}.json"


def _record(name: str, place: str, digests: Mapping[str, str]) -> str:
    return json.dumps({"name": name, "folder": place, "files": dict(digests)}, ensure_ascii=False, indent=1) + "\n"


def _in_store(name: str, roots: Roots) -> Path | None:
    """The folder of an encoder that was fetched or unpacked, None where there is none. Raises EncoderError when a file
    is not what its record says."""
    path = _record_file(name, roots)
    if not path.is_file():
        return None
    record = read_json(path)
    folder = roots.store / HOME / record["folder"]
    found = _digests(folder, roots)
    for file, digest in record["files"].items():
        if file not in found:
            return None
        if found[file] != digest:
            raise ChangedEncoderError(
                f"'{file}' of the encoder '{name}' is not what was fetched first: sha256 {found[file]}, locked as "
                f"{digest}.",
                where=str(folder),
                hint=f"Restore the file, or delete {path.name} beside the folder to accept a new version.",
            )
    return folder


def _download(name: str, roots: Roots, built: Mapping[str, Step]) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    repo, _, revision = name.partition("@")
    endpoint = os.environ.get("HF_ENDPOINT") or None
    home = roots.store / HOME / repo.replace("/", "--")
    try:
        with writing(home):
            commit = HfApi(endpoint=endpoint).model_info(repo, revision=revision or None).sha or revision
            folder = home / commit
            snapshot_download(repo, revision=commit, local_dir=folder, allow_patterns=list(WANTED), endpoint=endpoint)
            _require(folder, name, MODEL)
            if not (folder / "tokenizer.json").is_file():
                _convert_tokenizer(folder)
    except XstiltsError:
        raise
    except Exception as error:
        raise EncoderError(
            f"The encoder '{name}' could not be fetched from the hub: {_said(error)}",
            value=name,
            allowed=built,
            hint="Give a local folder as `encoder:`, or try again with a network.",
        ) from error
    place = folder.relative_to(roots.store / HOME).as_posix()
    write_atomic(_record_file(name, roots), _record(name, place, _digests(folder, roots)))
    return folder


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _convert_tokenizer(folder: Path) -> None:
    """Encoders published with a SentencePiece file or a vocabulary alone get a tokenizer.json, once."""
    from transformers import AutoTokenizer

    try:
        backend = AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
        backend.save(str(folder / "tokenizer.json"))
    except Exception as error:
        raise EncoderError(
            f"This encoder has no tokenizer.json, and none can be made of its files: {_said(error)}",
            where=str(folder),
            hint="Only encoders with a fast tokenizer can be used.",
        ) from error
