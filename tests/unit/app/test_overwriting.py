"""Nothing that is there is overwritten without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xstilts.app import pretrain
from xstilts.app.export import export_checkpoint
from xstilts.app.predict import predict_file
from xstilts.core.errors import DataError, StoreError
from xstilts.core.free_places import check_free_folder
from xstilts.pipeline.options import Options


def test_predictions_do_not_overwrite_their_input(tmp_path: Path) -> None:
    file, task, options = tmp_path / "a.txt", Any, Any
    file.write_text("one\n")
    (tmp_path / "link.txt").symlink_to(file)
    for out in (file, tmp_path / "link.txt", tmp_path / "x" / ".." / "a.txt"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(DataError, match="would overwrite it"):
            predict_file("none", file, task, options, out)
    assert file.read_text() == "one\n"


def test_an_export_goes_into_a_new_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_free_folder(tmp_path / "empty")
    check_free_folder(tmp_path / "new")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "config.json").write_text("{}")
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for taken in ("full", "file", "dangling"):
        with pytest.raises(StoreError, match="delete this one"):
            check_free_folder(tmp_path / taken)


def test_a_taken_folder_is_refused_before_the_checkpoint_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="delete this one"):
        export_checkpoint("no such checkpoint", tmp_path, Any, Options(store=tmp_path / "store"))


def test_a_folder_that_the_command_wrote_itself_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    check_free_folder(tmp_path, mark="report.json")
    with pytest.raises(StoreError, match="not empty"):
        check_free_folder(tmp_path, mark="packed.json")


def test_what_a_kill_left_of_a_pretrained_encoder_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    encoder, out = tmp_path / "encoder", tmp_path / "out"
    encoder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (encoder / name).write_text(name)
    monkeypatch.setattr(pretrain, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        pretrain._publish(encoder, out, {})
    monkeypatch.undo()
    check_free_folder(out, mark="pretraining.json")
    pretrain._publish(encoder, out, {"seed": 1})
    assert sorted(path.name for path in out.iterdir()) == ["config.json", "model.safetensors", "pretraining.json"]


def test_pretraining_does_not_write_into_a_folder_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain, "prepare", lambda *arguments: (Any, Any))
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "config.json").write_text("{}")
    for taken in ("file", "full"):
        with pytest.raises(StoreError, match="delete this one"):
            pretrain.pretrain("scratch", options=Options(store=tmp_path / "store"), out=tmp_path / taken)


def test_predictions_go_into_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no file"):
        predict_file("none", tmp_path / "a.txt", Any, Any, tmp_path)
