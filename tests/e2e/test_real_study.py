"""The packaged study on real files in their published formats: all of it can be planned, nothing has to be fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main


def test_the_small_profile_finds_everything_it_needs(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSTILTS_OFFLINE", "1")  # what could be fetched is not counted as here
    arguments = ["plan", "intermediates", "--scale", "smoke", "--data", str(shared_data), "--store", str(tmp_path)]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["missing_targets"] == found["missing_arms"] == {}
    assert found["missing_languages"]["xquad"] == ["el", "ro", "tr"]  # Romanian, Turkish and Greek are not in the copy
    assert (found["trainings"], found["trainings_without_sharing"]) == (58, 110)
    assert any("substitute squad1-36-articles" in note for note in found["notes"])
    assert not (tmp_path / "steps").exists()


def test_without_its_files_the_study_is_refused_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSTILTS_OFFLINE", "1")
    assert main(["plan", "intermediates", "--store", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "The target 'xnli' cannot run" in said
    assert "--allow-missing" in said
    assert "substitute" in said
