"""ONNX files of exported models: the logits of the model they are of, for any number and length of texts."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from toy_kinds import KINDS, checkpoint
from xstilts.core.errors import EncoderError
from xstilts.evaluate import onnx_export
from xstilts.evaluate.export import export
from xstilts.evaluate.onnx_export import FILE, NEEDED, check_packages, export_onnx

LACKING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
needs_packages = pytest.mark.skipif(bool(LACKING), reason=f"the extra `onnx` is not installed: {', '.join(LACKING)}")
EVERY_KIND = [("xlm-roberta", kind) for kind in KINDS]
OTHER_SHAPES = [("bert", "classification"), ("modernbert", "classification"), ("modernbert", "mlm")]
Export = Callable[[str, str], tuple[Path, str | None]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Exports a head of a shape; checkpoints are made once."""
    made: dict[str, Path] = {}

    def run(shape: str, kind: str) -> tuple[Path, str | None]:
        if shape not in made:
            made[shape] = checkpoint(tmp_path_factory.mktemp(shape), shape)
        out = tmp_path_factory.mktemp(f"{shape}-{kind}") / "out"
        return out, export(made[shape], KINDS[kind], out)

    return run


@needs_packages
@pytest.mark.parametrize(("shape", "kind"), [*EVERY_KIND, *OTHER_SHAPES])
def test_logits_are_those_of_the_model(exported: Export, shape: str, kind: str) -> None:
    import onnxruntime

    out, auto_class = exported(shape, kind)
    assert auto_class is not None
    assert 0 <= export_onnx(out, auto_class) <= 1e-4
    session = onnxruntime.InferenceSession(out / FILE, providers=["CPUExecutionProvider"])
    names = {one.name for one in session.get_inputs()}
    assert names == {"input_ids", "attention_mask", *(["token_type_ids"] if shape == "bert" else [])}
    outputs = ["start_logits", "end_logits"] if kind == "span_qa" else ["logits"]
    assert [one.name for one in session.get_outputs()] == outputs
    model: Any = getattr(transformers, auto_class).from_pretrained(out).eval()
    for sequences, tokens in ((1, 3), (4, 23)):
        size = (sequences, 3, tokens) if kind == "choice" else (sequences, tokens)
        inputs = {name: torch.ones(size, dtype=torch.long) for name in names}
        inputs["input_ids"] = torch.randint(5, 40, size, generator=torch.Generator().manual_seed(tokens))
        inputs["attention_mask"][0, ..., 2:] = 0
        if "token_type_ids" in names:
            inputs["token_type_ids"][..., :2] = 0
        with torch.no_grad():
            ours = [one for one in model(**inputs, return_dict=False) if isinstance(one, torch.Tensor)]
        theirs = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
        assert len(ours) == len(theirs) == len(outputs)
        real = ... if kind in ("classification", "choice") else inputs["attention_mask"].bool()
        for expected, found in zip(ours, theirs, strict=True):
            torch.testing.assert_close(torch.from_numpy(found)[real], expected[real], atol=1e-4, rtol=0)
            assert expected.std() > 0.01


@needs_packages
def test_a_file_with_other_logits_is_refused_and_goes(exported: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    out, auto_class = exported("xlm-roberta", "classification")
    before = sorted(out.iterdir())
    monkeypatch.setattr(onnx_export, "_difference", lambda *given, **how: float("nan"))
    with pytest.raises(EncoderError, match=r"other logits than the model: nan apart, of 0\.0001 allowed"):
        export_onnx(out, auto_class)
    assert sorted(out.iterdir()) == before


def test_what_has_no_class_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "check_packages", lambda: None)
    with pytest.raises(EncoderError, match="ONNX needs a class of transformers"):
        export_onnx(tmp_path, None)


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"onnxscript"}, "needs onnxscript, which is not"),
        ({"onnx", "onnxruntime"}, "needs onnx, onnxruntime, which are"),
    ],
)
def test_a_missing_package_is_named(lacking: set[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in lacking else object())
    with pytest.raises(EncoderError, match=rf"{said}.*pip install 'xstilts\[onnx\]'"):
        check_packages()
