"""The workflow for a public CI: it runs what the pages tell people to run, on Pythons that the package allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "ci.yml"
WORKFLOW: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
COMMANDS = sorted({step["run"] for step in STEPS if "run" in step})
PAGES = "".join((ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md"))


def has_word_for_word(command: str, text: str) -> bool:
    """Whether a command stands in a text, not as the part of a word or path."""
    return re.search(rf"(?<![\w./-]){re.escape(command)}(?![\w/-])", text) is not None


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_the_pages_name(command: str) -> None:
    assert has_word_for_word(command, PAGES)
    if (script := ROOT / command.split()[0]).suffix == "" and "/" in command.split()[0]:
        assert script.stat().st_mode & 0o111


def test_what_a_change_must_pass_is_the_same_as_in_one_go() -> None:
    in_one_go = (ROOT / ".ci" / "run").read_text("utf-8").replace(" -q", "")
    checks = [command for command in COMMANDS if not command.startswith("pip ")]
    assert set(checks) == {"ruff check .", "mypy", "lint-imports", "mkdocs build --strict", "pytest", ".ci/versions"}
    assert [command for command in checks if not has_word_for_word(command, in_one_go)] == []


def test_the_pythons_are_two_that_the_package_allows_and_the_oldest_is_among_them() -> None:
    pythons = WORKFLOW["jobs"]["tests"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    least = project["requires-python"].removeprefix(">=")
    as_numbers = [tuple(map(int, python.split("."))) for python in pythons]
    assert len(set(pythons)) == 2 and least in pythons
    assert min(as_numbers) == tuple(map(int, least.split(".")))
    named = {step["with"]["python-version"] for step in STEPS if "with" in step}
    assert named == {least, "${{ matrix.python }}"}


def test_it_holds_no_secret_and_may_only_read() -> None:
    assert "secrets." not in FILE.read_text("utf-8")
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert {step["uses"].partition("@")[0] for step in STEPS if "uses" in step} == {
        "actions/checkout",
        "actions/setup-python",
    }
    assert all("timeout-minutes" in job for job in WORKFLOW["jobs"].values())
