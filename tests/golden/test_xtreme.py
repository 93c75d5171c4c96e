"""Our numbers against those that XTREME's own evaluator prints for its own mock submission (seqeval 0.0.12)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from xstilts.cli import main
from xstilts.core.errors import DataError
from xstilts.xtreme.layout import SUBMISSION_TASKS, XTREME_VERSIONS
from xstilts.xtreme.score import score_folder


def close(ours: Any, official: Any) -> None:
    if isinstance(official, dict):
        assert list(ours) == list(official)
        for name, value in official.items():
            close(ours[name], value)
    else:
        assert ours == pytest.approx(official, abs=1e-9)


def score(*more: str) -> int:
    return main(["xtreme", "score", *more])


def test_every_value_of_every_language_the_means_the_groups_and_the_total(
    shared_golden: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_golden / "xtreme"
    assert score("--predictions", str(folder / "predictions"), "--labels", str(folder / "labels"), "--json") == 0
    close(json.loads(capsys.readouterr().out), json.loads((folder / "official.json").read_text()))


def test_the_plain_numbers_stand_beside_the_odd_ones(shared_golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_golden / "xtreme"
    assert score("--predictions", str(folder / "predictions"), "--labels", str(folder / "labels")) == 0
    said = capsys.readouterr().out
    assert "total 62.2" in said and "(mean of 9 tasks)" in said
    assert "accuracy 74.2" in said and "runs of equal tags count as one chunk" in said.replace("\n", " ")


def test_mewslix_is_ranked_as_the_other_version_does(shared_golden: Path) -> None:
    target, found = SUBMISSION_TASKS["mewslix"], {}
    for language in XTREME_VERSIONS["xtreme-r"].languages["mewslix"]:
        sides = (
            shared_golden / "xtreme" / side / "mewslix" / f"test-{language}.json" for side in ("labels", "predictions")
        )
        (gold, guess), *others = target.read(*sides)
        assert not others and len(gold) == 1
        found[language] = target.metric.tally(gold, guess, language)[0]
        assert found[language] == (1 / (guess.index(gold[0]) + 1) if gold[0] in guess[:20] else 0.0)
    assert len(set(found.values())) > 1


@pytest.fixture
def copy(shared_golden: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared_golden / "xtreme", tmp_path / "copy"))


def test_a_task_that_is_missing_is_named_and_no_total_is_given(copy: Path) -> None:
    shutil.rmtree(copy / "predictions/panx")
    scores = score_folder(copy / "predictions", copy / "labels", XTREME_VERSIONS["xtreme"])
    assert scores.total is None and "tagging" not in scores.groups and "qa" in scores.groups
    assert "predictions" in scores.missing["panx"] and "all_task" not in scores.official


@pytest.mark.parametrize("side", ["predictions", "labels"])
def test_a_language_that_is_missing_makes_no_smaller_average(copy: Path, side: str) -> None:
    (copy / side / "xnli/test-sw.tsv").unlink()
    with pytest.raises(DataError, match=rf"{side}.xnli.test-sw.tsv: no {side} in 'sw': the mean of xnli is over 15"):
        score_folder(copy / "predictions", copy / "labels", XTREME_VERSIONS["xtreme"])


def test_folders_that_hold_no_task_are_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score("--predictions", str(copy), "--labels", str(copy / "labels")) == 2
    assert "no task of XTREME is in both folders" in capsys.readouterr().err
    assert score("--predictions", str(copy / "nowhere"), "--labels", str(copy)) == 2
    assert score("--predictions", str(copy), "--labels", str(copy), "--version", "xtreme-2") == 2
    assert "no version 'xtreme-2'" in capsys.readouterr().err


def test_the_total_of_xtreme_r_is_ours_and_called_so(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = XTREME_VERSIONS["xtreme-r"]
    for name, languages in version.languages.items():
        target = SUBMISSION_TASKS[name]
        for side in ("predictions", "labels"):
            (copy / side / name).mkdir(exist_ok=True)
            for language in languages:
                path = copy / side / name / f"test-{language}.{target.suffix}"
                if name == "xcopa":
                    path.write_text('{"label": 1}\n{"label": 0}\n')
                elif not path.exists():
                    shutil.copy(copy / side / name / f"test-{'tr' if name != 'mlqa' else 'en'}.{target.suffix}", path)
    folders = ["--predictions", str(copy / "predictions"), "--labels", str(copy / "labels"), "--version", "xtreme-r"]
    assert score(*folders) == 0
    said = capsys.readouterr().out.replace("\n", " ")
    assert "our total" in said and "without lareqa" in said and "No score for lareqa" in said
    assert score(*folders, "--json") == 0
    official = json.loads(capsys.readouterr().out)
    assert "all_task" not in official and official["multi_choice"] == 100.0 and "map@20" in official["mewslix"]
