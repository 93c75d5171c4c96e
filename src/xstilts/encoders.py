"""Find an encoder by name: a packaged one, a local folder, or one on the hub.

What is found is a folder in the ordinary Hugging Face layout (config.json, safetensors, tokenizer.json) and a digest of
its content; a packaged encoder that is built on the machine is instead a step of the run graph, with its recipe as
identity.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import EncoderError
from xstilts.core.files import file_fingerprint, read_json, write_json
from xstilts.data.locate import Roots
from xstilts.run.step import Step
from xstilts.study.phase import EncoderRef

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


@dataclass(frozen=True, kw_only=True)
class FoundEncoder:
    """An encoder that can be used: a folder that is here, or the step that builds it."""

    ref: EncoderRef
    folder: Path | None = None
    step: Step | None = None

    def config(self) -> Mapping[str, Any]:
        """config.json as plain JSON; {} while the encoder is not built yet."""
        return read_json(self.folder / "config.json") if self.folder else {}


def find_encoder(name: str, roots: Roots, built: Mapping[str, Step], *, fetch: bool = False) -> FoundEncoder:
    """`name`: a packaged encoder (a key of `built`), a folder, or `owner/name[@revision]` on the hub.

    Raises EncoderError when it is none of them, or is on the hub and neither fetched nor (`fetch`) fetchable."""
    if name in built:
        step = built[name]
        return FoundEncoder(ref=EncoderRef(identity=step.id, name=name), step=step)
    if Path(name).is_dir():
        return from_folder(Path(name), name, roots)
    return from_folder(_from_hub(name, roots, built, fetch), name, roots)


def from_folder(folder: Path, name: str, roots: Roots) -> FoundEncoder:
    """An encoder in an ordinary Hugging Face folder; a checkpoint of ours is one too (its `encoder/`)."""
    inner = folder / "encoder"
    if not (folder / "config.json").is_file() and (inner / "config.json").is_file():
        folder = inner
    needed = {"config.json": ["config.json"], "weights": ["*.safetensors"], "tokenizer.json": ["tokenizer.json"]}
    for what, patterns in needed.items():
        if not any(next(folder.glob(pattern), None) for pattern in patterns):
            wanted = "safetensors weights" if what == "weights" else what
            raise EncoderError(f"The folder '{name}' is not an encoder: it has no {wanted}.", where=str(folder))
    files = sorted(path for pattern in WANTED for path in folder.glob(pattern))
    cache = roots.store / "cache" / "fingerprints.json"
    identity = fingerprint({path.name: file_fingerprint(path, cache) for path in files}, length=20)
    return FoundEncoder(ref=EncoderRef(identity=identity, name=name), folder=folder)


def _from_hub(name: str, roots: Roots, built: Mapping[str, Step], fetch: bool) -> Path:
    repo, _, revision = name.partition("@")
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", repo):
        raise EncoderError(f"'{name}' is neither a folder nor the name of an encoder.", value=name, allowed=built)
    lock = roots.store / "encoders" / "lock.json"
    locked = read_json(lock) if lock.is_file() else {}
    revision = revision or locked.get(repo, "")
    folder = roots.store / "encoders" / repo.replace("/", "--") / revision if revision else None
    if folder is not None and (folder / "done.json").is_file():
        return folder
    if not fetch or roots.offline:
        raise EncoderError(
            f"The encoder '{name}' is not here: it is not a folder, not packaged, and not yet in the store.",
            value=name,
            allowed=built,
            hint="`xstilts run` fetches it from the hub where there is a network; without one, give a local folder.",
        )
    return _download(repo, revision, roots, lock, locked)


def _download(repo: str, revision: str, roots: Roots, lock: Path, locked: dict[str, str]) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    endpoint = os.environ.get("HF_ENDPOINT") or None
    try:
        sha = HfApi(endpoint=endpoint).model_info(repo, revision=revision or None).sha or revision
        folder = roots.store / "encoders" / repo.replace("/", "--") / sha
        snapshot_download(repo, revision=sha, local_dir=folder, allow_patterns=list(WANTED), endpoint=endpoint)
    except Exception as error:
        raise EncoderError(
            f"The encoder '{repo}' could not be fetched from the hub: {_said(error)}",
            hint="Give a local folder as `encoder:`, or try again with a network.",
        ) from error
    if not (folder / "tokenizer.json").is_file():
        _convert_tokenizer(folder, repo)
    files = {path.name: file_fingerprint(path, None) for path in sorted(folder.iterdir()) if path.is_file()}
    write_json(folder / "done.json", {"repo": repo, "revision": sha, "files": files})
    write_json(lock, {**locked, repo: sha})
    return folder


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _convert_tokenizer(folder: Path, repo: str) -> None:
    """Encoders published with a SentencePiece file or a vocabulary alone get a tokenizer.json, once."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise EncoderError(f"The tokenizer of '{repo}' has no fast form, which this program needs.", where=str(folder))
    backend.save(str(folder / "tokenizer.json"))
