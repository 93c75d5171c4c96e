"""An export is what `transformers` would load: the same logits from `from_pretrained`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import AutoTokenizer

from tiny_encoders import padded
from toy_kinds import KINDS, checkpoint, examples, tokenizer
from xstilts.core.errors import EncoderError
from xstilts.evaluate.export import export
from xstilts.evaluate.predict import load_model
from xstilts.heads.registry import head_key
from xstilts.kinds.classification import Classification
from xstilts.nn.batch import Batch
from xstilts.train.checkpoint import encoder_folder
from xstilts.train.job import Compute

SHAPES = ("xlm-roberta", "bert", "modernbert")
_made: dict[str, Path] = {}


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shape = request.param
    if shape not in _made:
        _made[shape] = checkpoint(tmp_path_factory.mktemp(shape), shape)
    return _made[shape]


def ours(made: Path, kind: Any, rows: list[Any]) -> tuple[Batch, Any]:
    model = load_model(made, kind, Compute()).eval()
    columns = kind.encode(rows, tokenizer(), 30).columns
    batch = model.by_key[head_key(kind)].collate(
        [{name: column[i] for name, column in columns.items()} for i in range(len(columns["ids"]))]
    )
    with torch.inference_mode():
        return batch, model(batch, head_key(kind))


def theirs(model: Any, batch: Batch, name: str) -> torch.Tensor:
    inputs = padded(batch, model.config.pad_token_id)
    real = inputs["attention_mask"].bool()
    if getattr(model.config, "type_vocab_size", 0) < 2:
        del inputs["token_type_ids"]
    if name == "choice":
        inputs = {key: value.unflatten(0, (-1, 2)) for key, value in inputs.items()}
    with torch.inference_mode():
        output = model(**inputs)
    if name == "span_qa":
        return torch.stack([output.start_logits, output.end_logits], dim=-1)[real]
    return output.logits if name in ("classification", "choice") else output.logits[real]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("made", SHAPES, indirect=True)
def test_the_class_of_transformers_gives_our_logits(made: Path, name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    auto_class = export(made, kind, tmp_path)
    assert auto_class is not None and auto_class.startswith("AutoModelFor")
    model, info = getattr(transformers, auto_class).from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["mismatched_keys"]
    beside = {key.partition(".")[0] for key in info["unexpected_keys"]}  # the encoder's own language-model head
    assert beside <= ({"lm_head", "cls"} if name != "mlm" else set())
    batch, scores = ours(made, kind, examples(name, 4))
    logits = theirs(model.eval(), batch, name)
    if name == "choice":
        logits = logits.log_softmax(-1)
    if name == "tagging":
        logits = logits[batch.extra["first_W"]]
    if name == "mlm":
        logits = logits[batch.extra["places_M"]]
    if name == "span_qa":
        scores = torch.stack(scores, dim=-1)
    assert scores.shape == logits.shape and scores.std() > 0.01
    assert (scores - logits).abs().max() < 1e-5
    assert AutoTokenizer.from_pretrained(tmp_path).vocab_size == tokenizer().get_vocab_size()


@pytest.mark.parametrize("made", ["xlm-roberta"], indirect=True)
def test_labels_and_dropouts_are_written(made: Path, tmp_path: Path) -> None:
    export(made, KINDS["classification"], tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["id2label"] == {"0": "no", "1": "yes", "2": "maybe"} and config["label2id"]["maybe"] == 2
    assert config["architectures"] == ["XLMRobertaForSequenceClassification"]
    assert config["attention_probs_dropout_prob"] == 0.1, "a phase's dropout is not the encoder's"


@pytest.mark.parametrize("made", ["eurobert"], indirect=True)
def test_a_shape_without_a_known_class_gives_encoder_and_head(made: Path, tmp_path: Path) -> None:
    assert export(made, KINDS["classification"], tmp_path) is None
    assert (tmp_path / "head.safetensors").is_file()
    _, info = transformers.AutoModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"]


@pytest.mark.parametrize("made", ["xlm-roberta"], indirect=True)
def test_what_was_not_trained_cannot_be_exported(made: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"no head for 'classification-\w+'.*Allowed: choice-"):
        export(made, Classification(labels=("x",)), tmp_path)
    with pytest.raises(EncoderError, match="no head"):
        export(encoder_folder(made), KINDS["classification"], tmp_path)


@pytest.mark.parametrize(
    ("name", "pipeline", "text"),
    [
        ("classification", "text-classification", {"text": "rain sun", "text_pair": "snow"}),
        ("tagging", "token-classification", "rain sun snow"),
        ("mlm", "fill-mask", "rain {mask} snow"),
    ],
)
@pytest.mark.parametrize("made", ["xlm-roberta"], indirect=True)
def test_a_pipeline_of_transformers_loads_it_in_one_line(
    made: Path, name: str, pipeline: str, text: Any, tmp_path: Path
) -> None:
    export(made, KINDS[name], tmp_path)
    everything = {"ignore_labels": []} if name == "tagging" else {}  # which leaves "O" out otherwise
    model = transformers.pipeline(pipeline, model=str(tmp_path), device="cpu", **everything)
    written = text.format(mask=model.tokenizer.mask_token) if isinstance(text, str) else text
    found = model(written)
    scores = [one["score"] for one in (found if isinstance(found, list) else [found])]
    assert scores and all(0 < score <= 1 for score in scores)
