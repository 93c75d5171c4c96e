"""What `export --onnx` refuses before anything is read or written."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from xstilts.app.export import export_checkpoint
from xstilts.core.errors import EncoderError, StudyError
from xstilts.pipeline.options import Options
from xstilts.tasks.catalog import TASKS


def test_an_adapter_alone_has_no_onnx_file(tmp_path: Path) -> None:
    options, out = Options(store=tmp_path / "store"), tmp_path / "out"
    with pytest.raises(StudyError, match="give --onnx or --adapter"):
        export_checkpoint("train-1", out, TASKS["xnli"], options, adapter=True, onnx=True)
    assert not out.exists()


def test_a_missing_package_is_said_before_the_checkpoint_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if "onnx" in name else find(name, *more))
    with pytest.raises(EncoderError, match="ONNX needs onnx, onnxscript, onnxruntime, which are not installed"):
        export_checkpoint("no such", tmp_path / "out", TASKS["xnli"], Options(store=tmp_path / "store"), onnx=True)
    assert not (tmp_path / "out").exists()
