"""Versions of Python and of the libraries that results may depend on."""

from __future__ import annotations

import contextlib
import platform
from functools import cache

LIBRARIES = ("xstilts", "torch", "transformers", "tokenizers", "safetensors", "numpy", "scipy", "pyarrow")


@cache
def library_versions() -> dict[str, str]:
    """The version of Python, and of each of `LIBRARIES` that is installed."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and plans do not need it

    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
