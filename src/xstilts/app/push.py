"""Push an exported model to a hub, as one commit: a repository that is private, unless it is asked for in public.

The token is that of the environment, `HF_TOKEN`. It is sent to the hub (`HF_ENDPOINT`) and nowhere else, and neither
written nor shown; a token that another program has saved on this machine is not used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, EncoderError, XstiltsError, reason_of
from xstilts.data.hub_answer import understood
from xstilts.models.store import Say

TOKEN = "HF_TOKEN"
HUB = "https://huggingface.co"
# What an export writes, and what is known beside it; a file of another name stays where it is.
_PUSHED = (
    "README.md", "config.json", "*.safetensors", "adapter.json", "adapters/*.safetensors", "adapter_config.json",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt",
    "vocab.json", "merges.txt", "*.model", "*.onnx", "LICENSE", "LICENCE",
)  # fmt: skip
_MODELS = (("config.json", "model.safetensors"), ("adapter_config.json", "adapter_model.safetensors"))
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class PushPlan:
    """What would be sent. files: name -> bytes. left_out: names of files in the folder that are not sent."""

    folder: Path
    repository: str
    endpoint: str
    is_public: bool
    files: dict[str, int]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "repository": self.repository,
            "endpoint": self.endpoint,
            "private": not self.is_public,
            "files": self.files,
            "bytes": sum(self.files.values()),
            "left_out": list(self.left_out),
        }


def plan_push(folder: Path, repository: str, *, public: bool = False) -> PushPlan:
    """Say what a push would send; nothing is asked of the hub.

    Raises DataError for a repository that is not `owner/name`, EncoderError for a folder that holds no model."""
    if not _REPOSITORY.fullmatch(repository):
        raise DataError(
            f"'{repository}' is not the name of a repository.", value=repository, hint="Give it as `owner/name`."
        )
    if not any(all((folder / name).is_file() for name in names) for names in _MODELS):
        needed = " or ".join(" and ".join(names) for names in _MODELS)
        raise EncoderError(
            f"'{folder}' holds no model that can be pushed: {needed} should be there.",
            where=str(folder),
            hint="`xstilts export` writes such a folder.",
        )
    files, left_out = {}, []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_file() and not path.is_symlink() and any(_matches(name, pattern) for pattern in _PUSHED):
            files[name] = path.stat().st_size
        else:
            left_out.append(name)
    endpoint = os.environ.get("HF_ENDPOINT") or HUB
    return PushPlan(
        folder=folder,
        repository=repository,
        endpoint=endpoint,
        is_public=public,
        files=files,
        left_out=tuple(left_out),
    )


def push(plan: PushPlan, message: str, *, offline: bool, say: Say) -> str:
    """Create the repository where there is none, send the files as one commit, and return the commit's address.

    Args:
        message: of the commit.
        offline: the network may not be used.
        say: announces what is done.

    Raises DataError where the network may not be used, there is no token, the hub refuses or cannot be reached, and
    where the repository is public and the plan is not."""
    if offline:
        raise DataError("The network may not be used, and a push is nothing else.", hint="Leave `--offline` out.")
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise DataError(
            f"There is no token: {TOKEN} is not set.",
            hint=f"Set the environment variable {TOKEN} to a token of the hub that may write. It is not stored.",
        )
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(endpoint=plan.endpoint, token=token)
    with _explained(plan, token):
        say(f"creating {plan.repository} on {plan.endpoint}, where it is not there")
        api.create_repo(plan.repository, private=not plan.is_public, exist_ok=True)
        if not plan.is_public and not api.model_info(plan.repository).private:
            raise DataError(
                f"The repository '{plan.repository}' is public.",
                where=plan.endpoint,
                hint="Add --public to push into it, or make it private first. Nothing was sent.",
            )
        say(f"sending {len(plan.files)} files")
        added = [CommitOperationAdd(name, str(plan.folder / name)) for name in plan.files]
        return str(api.create_commit(plan.repository, added, commit_message=message).commit_url)


@contextmanager
def _explained(plan: PushPlan, token: str) -> Iterator[None]:
    """Turn what the hub's client raises into DataError, without the token."""
    try:
        with understood(plan.repository):
            yield
    except XstiltsError:
        raise
    except Exception as error:
        reason = reason_of(error).replace(token, "…")
        raise DataError(
            f"'{plan.folder}' could not be pushed to '{plan.repository}': {reason}",
            where=plan.endpoint,
            hint=f"{TOKEN} must be a token that may write there.",
        ) from error


def _matches(name: str, pattern: str) -> bool:
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern) and not name.startswith(".")
