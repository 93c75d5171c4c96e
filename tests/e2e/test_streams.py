"""The program behind a pipe, with closed or full streams, and where only ASCII can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "xstilts"]


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which `$X` is the program, with the exit code of each part of a pipe at the end."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True, text=True, timeout=120, encoding="utf-8", errors="replace",
        env={**os.environ, "X": " ".join(PROGRAM), **environment},
    )  # fmt: skip


def test_a_reader_that_goes_away_is_no_error():
    found = shell("$X tasks | head -1")
    assert found.returncode == 0, found.stderr
    assert "Error" not in found.stderr and "Exception" not in found.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("where", ["2>/dev/full", ">/dev/full", ">&-", "2>&-", ">&- 2>&-"])
def test_closed_and_full_streams_end_nothing(where: str):
    assert shell(f"$X tasks {where}").returncode == 0


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_where_only_ascii_can_be_written_everything_is_still_said(locale: dict[str, str]):
    for command in ("$X tasks", "$X plan quickstart --store /tmp/xstilts-ascii", "$X tasks xnli"):
        found = shell(command, **locale)
        assert found.returncode == 0, found.stderr
        assert found.stdout.isascii() and len(found.stdout) > 300


def test_an_impossible_width_prints_as_without_one():
    assert len(shell("$X tasks", COLUMNS="0").stdout) > 1000


def test_a_defect_is_called_one_and_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path):
    import tempfile

    from xstilts.cli import main
    from xstilts.study import load

    def broken(*arguments: object) -> None:
        raise TypeError("an \x1b[31mescape")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(load, "find_study", broken)
    assert main(["plan", "quickstart"]) == 70
    said = " ".join(capsys.readouterr().err.split())
    assert "a defect of xstilts" in said and "TypeError: an ␛[31mescape" in said and "Traceback" not in said
    (kept,) = tmp_path.glob("xstilts-defect-*.txt")
    assert "in broken" in kept.read_text("utf-8")
    monkeypatch.setenv("XSTILTS_DEBUG", "false")
    main(["plan", "quickstart"])
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv("XSTILTS_DEBUG", "1")
    main(["plan", "quickstart"])
    assert "Traceback" in capsys.readouterr().err
