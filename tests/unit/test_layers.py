"""Who may call whom, and what planning must not load."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "transformers", "scipy", "datasets", "peft", "matplotlib", "pandas")

LOADED = "import sys; print(*sorted(name for name in {heavy} if name in sys.modules), sep=',')"


def fresh(code: str, **environment: str) -> str:
    """Standard output of a new Python that runs `code`."""
    setting = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=setting, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(code: str, **environment: str) -> str:
    return fresh(f"{code}\n{LOADED.format(heavy=HEAVY)}", **environment).splitlines()[-1]


def test_the_check_can_fail():
    assert loaded_by("import scipy") == "scipy"


def test_layers_of_the_architecture_hold():
    if importlib.util.find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed (it is one of the development tools)")
    from importlinter.cli import lint_imports

    here = Path.cwd()
    os.chdir(ROOT)
    try:
        assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0
    finally:
        os.chdir(here)


def test_the_command_line_loads_nothing_heavy():
    modules = ("cli", "pipeline.session", "pipeline.forecast", "app.tasks", "app.data", "app.run")
    assert loaded_by(f"import {', '.join(f'xstilts.{name}' for name in modules)}") == ""


def test_the_package_costs_nothing_to_import():
    assert fresh("import sys, xstilts; print([name for name in sys.modules if name.startswith('xstilts.')])") == "[]\n"


def test_the_help_loads_no_study():
    heavy = "('numpy', 'pydantic', 'xstilts.pipeline.session')"
    found = fresh(f"import sys, xstilts.cli; print([n for n in {heavy} if n in sys.modules])")
    assert found == "[]\n"


@pytest.mark.parametrize("command", [["plan", "quickstart"], ["tasks"], ["studies"], ["data", "check", "quickstart"]])
def test_commands_that_only_look_load_no_torch(command: list[str], tmp_path: Path):
    call = f"from xstilts.cli import main; assert main({[*command]!r}) in (0, 1)"
    # A plan says what the study can see, and scipy has the distributions for it.
    allowed = ("", "scipy") if command[0] == "plan" else ("",)
    assert loaded_by(call, XSTILTS_STORE=str(tmp_path)) in allowed


def test_a_report_of_nothing_loads_no_torch(tmp_path: Path):
    call = "from xstilts.cli import main; assert main(['report', 'quickstart']) == 0"
    assert "torch" not in loaded_by(call, XSTILTS_STORE=str(tmp_path)).split(",")
