"""What a newcomer meets first: the overview, the version, and a mistyped command."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from xstilts.cli import main


@pytest.mark.versions
def test_the_overview_groups_the_commands_and_names_the_exit_codes(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    said = capsys.readouterr().out
    for heading in ("Studies", "Tasks and data", "Checkpoints and results", "Exit codes"):
        assert heading in said
    assert " step " not in said  # for schedulers, not for people


@pytest.mark.versions
def test_the_version(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"xstilts {version('xstilts')}\n"


@pytest.mark.versions
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nope"], "No such option"),
        (["plam", "quickstart"], "No such command 'plam'"),
        (["plan"], "Missing argument 'STUDY'"),
        (["--nope"], "--nope"),
        (["run", "quickstart", "--jobs", "0"], "--jobs"),
        (["plan", "quickstrt"], "Did you mean 'quickstart'"),
        (["tasks", "xnly"], "Did you mean 'xnli'"),
        (["tasks", "--tasks", "no_such_module:TASKS"], "cannot be imported"),
        (["tasks", "--data", "no/such/folder"], "no/such/folder"),
        (["store", "gc"], "Missing option '--keep'"),
    ],
)
def test_a_mistake_is_a_paragraph_and_exit_code_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.out == ""
    assert "Traceback" not in captured.err
