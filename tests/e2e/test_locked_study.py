"""A study with its lock: what `data lock` writes on one machine, `plan` and `run` compare with on another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_study import TinyStudy

from xstilts import Study, plan
from xstilts.cli import main
from xstilts.core.errors import DataError
from xstilts.pipeline.options import Options

Make = Callable[..., TinyStudy]


def locked(study: TinyStudy, *more: str) -> dict:
    assert main(["data", "lock", str(study.file), *more, "--store", str(study.store)]) == 0
    return json.loads((study.folder / "tiny.lock").read_text("utf-8"))


def test_the_lock_has_every_file_by_a_name_that_is_the_same_elsewhere(study: Make, tmp_path: Path):
    here = study("here")
    lock = locked(here)
    read = {name for name in lock["files"] if not name.startswith("encoder/")}
    weather, places = (f"{task}-{{}}.{ending}" for task, ending in (("weather", "tsv"), ("places", "json")))
    assert read == {name.format(code) for name in (weather, places) for code in ("en", "de", "sw")} | {"words-en.bio"}
    assert {"encoder/config.json", "encoder/tokenizer.json", "encoder/model.safetensors"} <= lock["files"].keys()
    assert str(tmp_path) not in json.dumps(lock)
    there = study("there")
    assert locked(there) == lock


def test_a_study_whose_files_are_as_locked_is_planned_and_run_elsewhere(study: Make, tmp_path: Path):
    here = study("here", seeds=[1])
    locked(here)
    shutil.copytree(here.folder, tmp_path / "moved", ignore=shutil.ignore_patterns("store"))
    there = TinyStudy(folder=tmp_path / "moved", encoder=here.encoder, changes=here.changes)
    assert there.call("plan") == 0
    assert there.call("run", "--offline") == 0
    assert there.records("train")


def changed(study: TinyStudy) -> str:
    (study.folder / "weather-de.tsv").write_text("text\tsky\nx\tfair\n", "utf-8")
    return "'weather-de.tsv' is not what was locked: found sha256 "


def missing(study: TinyStudy) -> str:
    (study.folder / "weather-de.tsv").unlink()
    return "'weather-de.tsv' is locked and not read: found no file, expected sha256 "


def additional(study: TinyStudy) -> str:
    study.write(targets=["weather", "places", "pairs"])
    return "'pairs-de.txt' is read and not locked: found sha256 "


def other_encoder(study: TinyStudy) -> str:
    copy = shutil.copytree(study.encoder, study.folder / "other")
    config = json.loads((copy / "config.json").read_text("utf-8"))
    (copy / "config.json").write_text(json.dumps(config | {"note": "another"}), "utf-8")
    study.write(encoder=str(copy))
    return "'encoder/config.json' is not what was locked: found sha256 "


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize("change", [changed, missing, additional, other_encoder])
def test_files_that_are_not_as_locked_stop_before_anything_is_done(
    study: Make, change: Callable[[TinyStudy], str], command: str, capsys: pytest.CaptureFixture[str]
):
    here = study()
    locked(here)
    said = change(here)
    capsys.readouterr()
    assert here.call(command) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "tiny.lock: " in error and said in error and "expected" in error
    assert not list(here.store.glob("steps/*/done.json"))
    locked(here, "--allow-missing")
    assert here.call("plan", "--allow-missing") == 0


def test_what_the_new_lock_has_otherwise_is_said(study: Make, capsys: pytest.CaptureFixture[str]):
    here = study()
    locked(here)
    changed(here)
    here.write(targets=["weather", "pairs"])
    capsys.readouterr()
    assert main(["data", "lock", str(here.file), "--store", str(here.store), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["changes"] == {"added": 3, "removed": 3, "changed": 1, "same": said["files"] - 4}
    locked(here)
    assert "0 added, 0 removed, 0 changed." in capsys.readouterr().out


def test_a_check_of_the_data_compares_with_the_lock_too(study: Make, capsys: pytest.CaptureFixture[str]):
    here = study()
    count = len(locked(here)["files"])
    check = ["data", "check", str(here.file), "--store", str(here.store)]
    assert main(check) == 0
    assert f"ok lock tiny.lock: {count} files" in " ".join(capsys.readouterr().out.split())
    said = changed(here)
    additional(here)
    assert main([*check, "--json"]) == 1
    found = [one for one in json.loads(capsys.readouterr().out) if one["task"] == "lock"]
    assert len(found) == 4 and not any(one["ok"] for one in found)
    assert said in found[0]["said"] and "'pairs-de.txt' is read and not locked" in found[1]["said"]


def test_lexicons_and_lists_are_locked(study: Make, capsys: pytest.CaptureFixture[str]):
    here = study(stress={"noise": [{"switch": "dictionary", "into": "en", "lexicons": "lexicons"}], "rates": [0.5]})
    (here.folder / "lexicons").mkdir()
    for pair in ("en-de", "en-sw", "de-sw"):
        (here.folder / "lexicons" / f"{pair}.tsv").write_text("the\tx\n", "utf-8")
    lock = locked(here)
    noise = {name for name in lock["files"] if name.startswith("noise/")}
    assert noise == {"noise/lexicons/en-de.tsv", "noise/lexicons/en-sw.tsv"}
    assert here.call("plan") == 0
    (here.folder / "lexicons" / "en-sw.tsv").write_text("the\ty\n", "utf-8")
    assert here.call("plan") == 2
    assert "'noise/lexicons/en-sw.tsv' is not what was locked" in " ".join(capsys.readouterr().err.split())


def test_a_profile_has_a_lock_of_its_own(study: Make):
    here = study(scale={"small": {"targets": ["weather"]}})
    locked(here)
    assert main(["data", "lock", str(here.file), "--scale", "small", "--store", str(here.store)]) == 0
    small = json.loads((here.folder / "tiny-small.lock").read_text("utf-8"))
    assert "places-de.json" not in small["files"] and "weather-de.tsv" in small["files"]
    (here.folder / "places-de.json").unlink()
    assert here.call("plan", "--scale", "small") == 0
    assert here.call("plan", "--allow-missing") == 2


def test_python_compares_with_the_lock_beside_a_study_file(study: Make):
    here = study()
    locked(here)
    options = Options(store=here.store)
    assert plan(str(here.file), options=options).seconds > 0
    changed(here)
    with pytest.raises(DataError, match="is not what was locked"):
        plan(str(here.file), options=options)
    loaded = Study.load(str(here.file))
    assert plan(loaded, options=Options(store=here.store, data=(here.folder,))).seconds > 0  # knows no file, nor a lock


def test_a_packaged_study_is_locked_where_one_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    lock, store = tmp_path / "q.lock", str(tmp_path / "store")
    assert main(["data", "lock", "quickstart", "--store", store]) == 2
    assert "'quickstart' comes with the program" in " ".join(capsys.readouterr().err.split())
    assert main(["data", "lock", "quickstart", "--out", str(lock), "--store", store]) == 0
    assert main(["plan", "quickstart", "--lock", str(lock), "--store", store]) == 0
    value = json.loads(lock.read_text("utf-8"))
    name = next(name for name in value["files"] if name.startswith("encoder/"))
    value["files"][name]["sha256"] = "0" * 64
    lock.write_text(json.dumps(value), "utf-8")
    capsys.readouterr()
    assert main(["plan", "quickstart", "--lock", str(lock), "--store", store]) == 2
    assert f"'{name}' is not what was locked" in " ".join(capsys.readouterr().err.split())


def test_a_named_lock_must_be_there_and_other_files_are_not_overwritten(
    study: Make, capsys: pytest.CaptureFixture[str]
):
    here = study()
    assert here.call("plan", "--lock", str(here.folder / "gone.lock")) == 2
    assert "gone.lock: there is no such file" in " ".join(capsys.readouterr().err.split())
    before = here.file.read_bytes()
    assert main(["data", "lock", str(here.file), "--out", str(here.file), "--store", str(here.store)]) == 2
    assert here.file.read_bytes() == before
    (here.folder / "weather-en.tsv").unlink()
    assert main(["data", "lock", str(here.file), "--store", str(here.store)]) == 2
    assert not (here.folder / "tiny.lock").exists()
