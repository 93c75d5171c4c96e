"""Files of a model repository of the hub, fetched into a folder and moved from there to their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def is_plain_name(name: object) -> bool:
    """Say whether this is the plain name of a file in a folder."""
    return isinstance(name, str) and re.fullmatch(r"[\w+@=-][\w.+@=-]*", name) is not None


def fetch_files(repo: str, commit: str, names: Sequence[str], folder: Path, endpoint: str | None) -> None:
    """Fetch files of a commit into a folder, but those that an earlier attempt has fetched whole."""
    from huggingface_hub import snapshot_download

    for left in folder.rglob("*.incomplete"):  # the client begins each file in a new one, and leaves the old
        left.unlink(missing_ok=True)
    snapshot_download(repo, revision=commit, local_dir=folder, allow_patterns=list(names), endpoint=endpoint)


def move_files(source: Path, folder: Path) -> None:
    """Move the files of a folder into another, each in one step; what the hub's client keeps for itself stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_file():
            path.replace(folder / path.name)
