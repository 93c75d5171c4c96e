"""Reports of two studies with one name lie side by side, and say nothing of this machine."""

from __future__ import annotations

from pathlib import Path

from xstilts.app.report_folders import claim, own_folder
from xstilts.app.run import report_folder
from xstilts.core.local_paths import without_local_paths
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study

STUDY = (
    "name: nli\nquestion: q\nencoder: tiny-e5\narms: {none: {strategy: direct}}\ntargets: [udpos]\nscale: {small: {}}\n"
)


def test_two_files_of_one_name_have_two_folders_and_each_keeps_its_own(tmp_path: Path):
    files = [tmp_path / name / "nli.yaml" for name in ("a", "b")]
    for file in files:
        file.parent.mkdir()
        file.write_text(STUDY, "utf-8")
    options = Options(store=tmp_path / "store")
    folders = []
    for file in (*files, *files):
        study = load_study(str(file), "small")
        folder = report_folder(study, options, "small", None)
        folder.mkdir(parents=True, exist_ok=True)
        claim(folder, study.origin)
        folders.append(folder)
    assert folders[:2] == folders[2:] and folders[0] != folders[1]
    assert folders[0].name == "nli-small" and folders[1].name.startswith("nli-small-")
    assert str(tmp_path) not in (tmp_path / "store/reports/.owners/nli-small").read_text("utf-8")


def test_a_packaged_study_and_an_older_report_keep_the_plain_name(tmp_path: Path):
    (tmp_path / "nli").mkdir()
    assert own_folder(tmp_path, "nli", "") == own_folder(tmp_path, "nli", "0123456789") == tmp_path / "nli"
    assert load_study("quickstart").origin == ""


def test_paths_of_the_machine_are_cut_and_addresses_stay():
    said = "ValueError: no (traceback in /srv/a b/store-1/work/train-01/error.txt), ~/x/y.tsv:3, a/b/c, http://h/p/q"
    assert without_local_paths(said).endswith("…/y.tsv:3, a/b/c, http://h/p/q")
    assert "store-1" not in without_local_paths("in /srv/store-1/work/error.txt") and "1/2" in without_local_paths(
        "1/2"
    )
