"""Configurations from outside: nothing they name runs, and what is refused says what is allowed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModel
from transformers.utils import import_utils

from tiny_encoders import config
from xstilts.core.errors import EncoderError
from xstilts.nn import loading
from xstilts.nn.encoder import Encoder
from xstilts.nn.published_config import IgnoredSettings, check_tokenizer_settings, tokenizer_settings

NAMES = ("xlm-roberta", "bert", "electra", "modernbert", "distilbert", "deberta-v2", "mpnet", "rembert", "eurobert")


def folder_of(folder: Path, name: str = "bert", **changes: Any) -> Path:
    AutoModel.from_config(config(name)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")
    return change(folder, **changes)


def change(folder: Path, **changes: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("published"))


@pytest.fixture
def bert(published: Path, tmp_path: Path) -> Path:
    for file in published.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_an_ordinary_configuration_is_read_as_transformers_reads_it(name: str, tmp_path: Path) -> None:
    config(name).save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    change(tmp_path, norm_rel_ebd="layer_norm|embedding", global_rope_theta=160000.0, id2label={"0": "a/b"})
    ours, theirs = loading.read_config(tmp_path), AutoConfig.from_pretrained(tmp_path)
    assert ours.to_dict() == {**theirs.to_dict(), "_name_or_path": ours.to_dict().get("_name_or_path")} or (
        ours.to_diff_dict() == theirs.to_diff_dict()
    )


@pytest.mark.parametrize("key", ["dtype", "torch_dtype"])
def test_types_of_numbers_may_be_said_as_torch_says_them(bert: Path, key: str) -> None:
    config = {name: value for name, value in json.loads((bert / "config.json").read_text()).items() if name != "dtype"}
    (bert / "config.json").write_text(json.dumps({**config, key: "torch.float16"}))
    assert loading.read_config(bert).dtype == torch.float16
    Encoder.load(bert)


@pytest.mark.parametrize("odd", [["owner/Model"], "x.y", 7, {"a": ["b:c"]}])
def test_architectures_say_nothing_about_the_weights(bert: Path, odd: Any) -> None:
    Encoder.load(change(bert, architectures=odd))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"_attn_implementation": "owner/kernel"}, "Allowed: eager"),
        ({"attn_implementation": "owner/kernel@main:f"}, "owner/kernel@main:f"),
        ({"attn_implementation": {"": "owner/kernel"}}, "owner/kernel"),
        ({"_attn_implementation": 3}, "'3'"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "quantised"),
        ({"compression_config": {"format": "x"}}, "quantised"),
        ({"model_type": "planted", "auto_map": {"AutoConfig": "planted.Config"}}, "is not run"),
        ({"model_type": "brt"}, "Did you mean 'bert'"),
        ({"model_type": ["bert"]}, "model_type"),
        ({"hidden_size": "many"}, "a whole number from 1 to 1,000,000 is allowed"),
        ({"hidden_act": "owner/act"}, "`hidden_act` is 'owner/act'; numbers, truth values and plain words are allowed"),
        ({"initializer_range": "x"}, "'initializer_range' expected float, got str"),
    ],
)
def test_what_would_run_code_or_is_none_is_refused(bert: Path, changes: dict[str, Any], said: str) -> None:
    change(bert, **changes)
    with pytest.raises(EncoderError) as caught:
        Encoder.load(bert)
    assert said in str(caught.value) and "config.json" in str(caught.value)


def test_an_adapter_of_another_model_is_not_fetched(bert: Path) -> None:
    (bert / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "owner/name"}))
    with pytest.raises(EncoderError, match=r"adapter_config\.json"):
        Encoder.load(bert)


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, "[]", "{", "\udcff".encode("utf-8", "surrogateescape")])
def test_no_configuration_at_all(bert: Path, text: str | bytes) -> None:
    (bert / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(EncoderError, match=r"config\.json"):
        Encoder.load(bert)


def test_code_beside_a_known_model_is_ignored_and_said(bert: Path) -> None:
    change(bert, auto_map={"AutoModel": "planted.Model"}, some_module="planted.py", hub="owner/name")
    (bert / "planted.py").write_text("raise SystemExit('ran')")
    with pytest.warns(IgnoredSettings, match="auto_map"):
        read = loading.read_config(bert)
    assert not {"auto_map", "some_module", "hub"} & read.to_dict().keys()


PLANTED = """
import sys, types
from pathlib import Path
def _ran(*args, **settings):
    Path({marker!r}).write_text("ran")
get_kernel = has_kernel = load_kernel = kernelize = get_local_kernel = _ran
class Anything(type):  # has any member, such as Mode.INFERENCE | Mode.TORCH_COMPILE
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self
    def __or__(self, other):
        return self
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    made = Anything(name, (), {{"__init__": lambda self, *args, **settings: None}})
    return made if name[0].isupper() else lambda *args, **settings: lambda decorated: decorated
"""

PROGRAM = """
import sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
if sys.argv[1] == "theirs":
    from transformers import AutoModel
    AutoModel.from_pretrained(sys.argv[2])
from xstilts.core.errors import XstiltsError
from xstilts.nn.encoder import Encoder
try:
    Encoder.load(Path(sys.argv[2]))
    print("loaded")
except XstiltsError as error:
    print("refused", error)
"""


def run_with_kernels(folder: Path, site: Path, marker: Path, who: str) -> subprocess.CompletedProcess[str]:
    """Load an encoder in a process in which a package `kernels` is installed that marks that it was asked."""
    version = getattr(import_utils, "KERNELS_MIN_VERSION", "0.11.0")
    (site / "kernels").mkdir(parents=True)
    (site / "kernels" / "__init__.py").write_text(PLANTED.format(marker=str(marker)))
    (site / f"kernels-{version}.dist-info").mkdir()
    text = f"Metadata-Version: 2.1\nName: kernels\nVersion: {version}\n"
    (site / f"kernels-{version}.dist-info" / "METADATA").write_text(text)
    path = os.pathsep.join([str(site), str(folder), *sys.path])
    return subprocess.run([sys.executable, "-c", PROGRAM, who, str(folder)],
                          env={**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"},
                          capture_output=True, text=True, timeout=120)  # fmt: skip


@pytest.mark.parametrize(
    "attention",
    [pytest.param("owner/kernel", marks=pytest.mark.versions), "kernels-community/flash-attn2", "flash_attention_2"],
)
def test_a_planted_kernel_does_not_run(bert: Path, tmp_path: Path, attention: str) -> None:
    marker = tmp_path / "ran"
    (bert / "planted.py").write_text(f"open({str(marker)!r}, 'w').write('ran')\nclass Config: ...\nclass Model: ...")
    change(
        bert, _attn_implementation=attention, auto_map={"AutoConfig": "planted.Config", "AutoModel": "planted.Model"}
    )
    ended = run_with_kernels(bert, tmp_path / "site", marker, "ours")
    assert ended.stdout.startswith("refused" if "/" in attention else "loaded"), ended.stderr[-2000:]
    assert not marker.exists()


@pytest.mark.versions
def test_the_planted_kernel_would_run(bert: Path, tmp_path: Path) -> None:
    """The test above has teeth: `transformers` alone asks the package for the kernel."""
    change(bert, _attn_implementation="kernels-community/flash-attn2")
    run_with_kernels(bert, tmp_path / "site", tmp_path / "ran", "theirs")
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"tokenizer_class": "PlantedTokenizer"},
        {"tokenizer_class": "os.system"},
        {"tokenizer_class": ["BertTokenizer"]},
        {"auto_map": {"AutoTokenizer": ["planted.T", None]}},
        {"tokenizer_class": "AutoModel"},
    ],
)
def test_tokenizers_of_other_classes_are_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(EncoderError, match="not run"):
        check_tokenizer_settings(tmp_path)


def test_a_tokenizers_settings_name_no_files_and_no_code(tmp_path: Path) -> None:
    kept = {"tokenizer_class": "BertTokenizer", "mask_token": "[MASK]", "do_lower_case": False}
    planted = {
        "auto_map": {"AutoTokenizer": ["planted.T", None]},
        "vocab_file": "/etc/passwd",
        "chat_template": "{{x}}",
    }
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(kept | planted))
    assert tokenizer_settings(tmp_path) == kept


def test_nothing_is_said_of_an_ordinary_folder(bert: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Encoder.load(bert)
