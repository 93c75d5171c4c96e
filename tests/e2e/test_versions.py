"""Versions of what the program stands on: which the ranges promise, and that every module can be imported with them."""

from __future__ import annotations

import importlib
import os
import pkgutil
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import xstilts

ROOT = Path(__file__).resolve().parents[2]
OLDEST = "XSTILTS_OLDEST_VERSIONS"  # set by .ci/versions where the lower bounds are installed
OPTIONAL = {"anyascii", "pandas", "polars", "sentencepiece"}  # of extras
# extras of people who change the program, and large ones; constraints.txt alone says what they are tested with
ONE_VERSION = ("dev", "docs", "onnx", "tensorboard", "mlflow", "wandb", "trackio", "ray")


def promised() -> dict[str, Requirement]:
    """Return what pyproject.toml asks for where the program runs, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].items()
    tried = [line for name, lines in extras if name not in ONE_VERSION for line in lines]
    return {(found := Requirement(line)).name: found for line in [*project["dependencies"], *tried]}


def pinned(file: str) -> dict[str, Version]:
    lines = [Requirement(line) for line in (ROOT / file).read_text("utf-8").split("\n") if line and line[0] != "#"]
    return {line.name.lower(): Version(str(line.specifier).removeprefix("==")) for line in lines}


def test_the_oldest_versions_are_the_lower_bounds():
    oldest = {name: Version(str(found.specifier).removeprefix(">=")) for name, found in promised().items()}
    assert pinned("constraints-oldest.txt") == oldest


def test_what_the_tests_run_with_is_within_the_ranges():
    newer = pinned("constraints.txt")
    assert {name for name, found in promised().items() if name in newer and newer[name] not in found.specifier} == set()
    assert newer.keys() >= promised().keys() - {"pandas", "polars", "huggingface_hub"}


@pytest.mark.versions
def test_every_module_can_be_imported():
    modules = [found.name for found in pkgutil.walk_packages(xstilts.__path__, "xstilts.")]
    assert len(modules) > 200
    for name in modules:
        if not name.endswith("__main__"):
            importlib.import_module(name)


@pytest.mark.versions
def test_what_is_installed_is_within_the_ranges_and_the_oldest_where_that_is_asked_for():
    optional = set() if OLDEST in os.environ else OPTIONAL
    installed = {name: Version(version(name)) for name in promised() if name not in optional}
    assert {name: found for name, found in installed.items() if found not in promised()[name].specifier} == {}
    if OLDEST in os.environ:
        assert {name: Version(found.public) for name, found in installed.items()} == pinned("constraints-oldest.txt")
